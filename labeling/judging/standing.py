"""Where an assignment stands, said to whoever wants to go on with it."""

from labeling.models import Assignment
from projects.errors import Conflict

ENDED = {
    Assignment.State.SUBMITTED: "This task was already submitted.",
    Assignment.State.SKIPPED: "You skipped this task, so it went to others.",
    Assignment.State.FLAGGED: "You flagged this task, so its owner looks at it first.",
}


def require_unfinished(held: Assignment) -> None:
    """Open, lapsed or being corrected; otherwise Conflict says what became of it."""
    if held.state in ENDED:
        raise Conflict(ENDED[Assignment.State(held.state)])

"""Where an assignment stands, said to whoever wants to go on with it."""

from django.db.models import Exists, OuterRef, Q

from labeling.models import Assignment, Review
from projects.errors import Conflict
from projects.models import Membership

ENDED = {
    Assignment.State.SUBMITTED: "This task was already submitted.",
    Assignment.State.SKIPPED: "You skipped this task, so it went to others.",
    Assignment.State.FLAGGED: "You flagged this task, so its owner looks at it first.",
}


def require_unfinished(held: Assignment) -> None:
    """Open, lapsed or being corrected; otherwise Conflict says what became of it."""
    if held.state in ENDED:
        raise Conflict(ENDED[Assignment.State(held.state)])


def returned_since(*, assignment: str, moment: str) -> Exists:
    """That the last verdict on this assignment, given at `moment` or later, returned it.

    Both name columns of the query it stands in. Looked up by the assignment and nothing else, so
    that its cost does not hang on what the planner knows of the table.
    """
    later = Review.objects.filter(reviewed=OuterRef("reviewed"), pk__gt=OuterRef("pk"))
    returns = Review.objects.filter(verdict=Review.Verdict.RETURN).exclude(Exists(later))
    return Exists(returns.filter(reviewed=OuterRef(assignment), created_at__gte=OuterRef(moment)))


def is_waiting_for_author() -> Q:
    """Of assignments: returned, not corrected yet, and its labeler still is a member."""
    author = Membership.objects.filter(user=OuterRef("labeler"), project=OuterRef("task__project"))
    return Q(returned_since(assignment="pk", moment="ended_at")) & Q(Exists(author))

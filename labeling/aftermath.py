"""What follows from a submission, in its own transaction."""

from labeling.models import Submission


def submitted(row: Submission) -> None:
    """Called once after every new judgement row."""

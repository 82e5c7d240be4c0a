"""What votes weigh now, and the tallies after flags have changed."""

from collections.abc import Collection

from arena.boards import counting
from arena.integrity import prompts
from arena.models import VoteFlag
from projects.models import Project


def weights_of(votes: Collection[int]) -> dict[int, float]:
    """By vote: nothing while a flag stands, else what its prompt leaves it."""
    flagged = set(
        VoteFlag.objects.filter(vote__in=votes, lifted_at=None).values_list("vote_id", flat=True)
    )
    free = prompts.weights_of(sorted(set(votes) - flagged))
    return dict.fromkeys(sorted(flagged), 0.0) | free


def weigh_again(*, project: Project, votes: Collection[int]) -> None:
    """Give these votes the weight that their flags leave them. Call inside the transaction in
    which the flags changed."""
    if votes:
        counting.reweigh(project=project, weights=weights_of(votes))

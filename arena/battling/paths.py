"""Which of a battle's turns make up the conversation: its turns are a tree, see `Turn`."""

from collections.abc import Sequence

from arena.models import Turn


def path(turns: Sequence[Turn]) -> list[Turn]:
    """From the first message to the one sent last; what else was tried is left out.

    A turn that could not be finished is nobody's parent. Where it came last it stands at the end,
    after the conversation as it was before, so that nobody loses that by having tried.
    """
    by_pk = {turn.pk: turn for turn in turns}
    in_order = sorted(turns, key=lambda turn: turn.number)
    whole = [turn for turn in in_order if turn.state != Turn.State.VOID]
    found: list[Turn] = []
    step = whole[-1] if whole else None
    while step is not None:
        found.append(step)
        step = by_pk.get(step.parent_id) if step.parent_id else None
    found.reverse()
    if in_order and in_order[-1].state == Turn.State.VOID:
        found.append(in_order[-1])
    return found


def judged(turns: Sequence[Turn]) -> list[Turn]:
    """The whole turns of the path: what a verdict is about."""
    return [turn for turn in path(turns) if turn.state == Turn.State.COMPLETE]

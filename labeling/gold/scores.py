"""How right a judgement of a gold task is, from 0 to 1. Pure."""

from collections.abc import Collection, Sequence

from labeling.reviewing.disputes import strict_pairs


def comparison_score(
    preference: int | None,
    *,
    accepted: Collection[int],
    accepts_both_bad: bool,
    is_turned: bool = False,
    is_simple: bool = False,
) -> float:
    """1 where the judgement is one of the accepted ones, else 0.

    `preference` is as the labeler saw the sides, None for both bad; `is_turned` says that the
    labeler saw them the other way round. The simple scale tells only which side is better.
    """
    if preference is None:
        return float(accepts_both_bad)
    meant = -preference if is_turned else preference
    if is_simple:
        return float(_sign(meant) in {_sign(right) for right in accepted})
    return float(meant in accepted)


def ranking_score(
    tiers: Sequence[Sequence[int]],
    *,
    expected: Sequence[Sequence[int]],
    all_bad: bool = False,
    expects_all_bad: bool = False,
) -> float:
    """The share of the pairs that are expected in an order which stand in that order.

    Where no order is expected, only "all bad" can be right or wrong.
    """
    wanted = strict_pairs(expected)
    if not wanted:
        return float(all_bad == expects_all_bad)
    return len(wanted & strict_pairs(tiers)) / len(wanted)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)

"""When judgements of one task contradict each other. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

SPREAD = 3
"""Points of the scale between two judgements: one sees no difference, the other a great one."""
MOST_CONTRARY = 1 / 3
"""Two rankings may differ in this share of the pairs that both put in an order, not in more."""


@dataclass(frozen=True)
class Judged:
    """One comparison: `preference` from -3 (`side_a`) to 3 (`side_b`), None when both are bad."""

    side_a: int
    side_b: int
    preference: int | None
    is_simple: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        return min(self.side_a, self.side_b), max(self.side_a, self.side_b)

    @property
    def turned(self) -> int | None:
        """The preference with the lower id as side A, so that sides of two labelers compare."""
        if self.preference is None or self.side_a < self.side_b:
            return self.preference
        return -self.preference


def comparisons_disputed(judgements: Iterable[Judged]) -> bool:
    """Whether any two judgements of the same pair of responses contradict each other.

    They do when they prefer different sides; when one says that both are bad and the other has a
    clear preference (two points or more; on the simple scale any); or when they lie three points
    apart, that is, one calls equal what the other calls much better.
    """
    return any(
        _contradict(one, other)
        for one, other in combinations(judgements, 2)
        if one.pair == other.pair
    )


def rankings_disputed(rankings: Iterable[Sequence[Sequence[int]]]) -> bool:
    """Whether any two rankings (tiers of ids, best first) contradict each other.

    They do when more than a third of the pairs that both put in an order stand the other way
    round (Kendall's distance without ties). Neighbours swapped among three or more are no dispute.
    """
    return any(_contrary(one, other) > MOST_CONTRARY for one, other in combinations(rankings, 2))


def strict_pairs(tiers: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """Every (better, worse) that the tiers tell apart."""
    return {
        (better, worse)
        for above, below in combinations(tiers, 2)
        for better in above
        for worse in below
    }


def _contradict(one: Judged, other: Judged) -> bool:
    first, second = one.turned, other.turned
    if first is None or second is None:
        return _is_clear(one) or _is_clear(other)
    return first * second < 0 or abs(first - second) >= SPREAD


def _is_clear(judged: Judged) -> bool:
    return judged.preference is not None and abs(judged.preference) >= (
        1 if judged.is_simple else 2
    )


def _contrary(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    here, there = strict_pairs(one), strict_pairs(other)
    turned = {(worse, better) for better, worse in there}
    in_both = len(here & there) + len(here & turned)
    return len(here & turned) / in_both if in_both else 0.0

"""How long rows are, in one pass and a few numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

QUARTERS = 4
SHARES = (0.5, 0.9, 0.99)
MOST_UNSETTLED = 5_000


@dataclass
class Lengths:
    """Counted in bins a fifth wide at most, so that any number of rows needs as little room. Until
    there are many, each length is counted alone, and `settle` puts them into the bins."""

    unit: str = "characters"
    bins: Counter[int] = field(default_factory=Counter)
    total: int = 0
    most: int = 0
    seen: dict[int, int] = field(default_factory=dict, init=False)

    def take(self, length: int) -> None:
        seen = self.seen
        seen[length] = seen.get(length, 0) + 1
        if len(seen) > MOST_UNSETTLED:
            self.settle()

    def settle(self) -> None:
        for length, n_rows in self.seen.items():
            self.bins[bin_of(length)] += n_rows
            self.total += length * n_rows
        self.most = max(self.most, *self.seen) if self.seen else self.most
        self.seen.clear()

    def add(self, other: Self) -> None:
        self.settle()
        other.settle()
        self.bins += other.bins
        self.total += other.total
        self.most = max(self.most, other.most)

    def at_most(self, share: float) -> int:
        """A length that this share of the rows does not exceed; an upper edge of its bin. To be
        asked once all are settled."""
        wanted, seen = share * self.bins.total(), 0
        for number in sorted(self.bins):
            seen += self.bins[number]
            if seen >= wanted:
                return min(edge_of(number), self.most)
        return 0

    def as_dict(self) -> dict[str, Any]:
        """`bins`: rows by the longest length that their bin holds."""
        self.settle()
        rows = self.bins.total()
        return {
            "unit": self.unit,
            "mean": round(self.total / rows, 1) if rows else 0,
            "most": self.most,
            "total": self.total,
            "shares": {f"{share:.0%}": self.at_most(share) for share in SHARES},
            "bins": {str(edge_of(each)): self.bins[each] for each in sorted(self.bins)},
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        bins = Counter({bin_of(int(edge)): rows for edge, rows in told["bins"].items()})
        return cls(unit=told["unit"], bins=bins, total=told["total"], most=told["most"])


def bin_of(length: int) -> int:
    """Four bins between a power of two and the next; below four every length has its own."""
    if length < QUARTERS:
        return length
    size = length.bit_length() - 3
    return (size + 1) * QUARTERS + (length >> size) - QUARTERS


def edge_of(number: int) -> int:
    """The longest length in this bin."""
    if number < QUARTERS:
        return number
    size, place = number // QUARTERS - 1, number % QUARTERS
    return ((QUARTERS + place + 1) << size) - 1

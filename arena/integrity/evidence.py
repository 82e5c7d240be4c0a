"""What is expected of honest votes, and how surprising is too surprising. No Django.

Every test here compares votes with what the ratings of all votes expect of them, so that a good
model's many wins surprise nobody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FALSE_DISCOVERIES = 0.01
"""The share of accused voters who may be honest, on average."""


@dataclass(frozen=True, eq=False)
class Cast:
    """V votes in the order in which they were cast, as arrays of shape (V,).

    `vote` is the row, `voter` any number that stands for whoever voted, `a` and `b` index the
    models, `points` is what A got: 1, ½ or 0. `block` says in which stretch of battles it fell.
    """

    vote: Ints
    voter: Ints
    a: Ints
    b: Ints
    points: Floats
    block: Ints

    def __len__(self) -> int:
        return int(self.vote.size)

    def only(self, kept: Bools) -> Cast:
        return Cast(
            self.vote[kept],
            self.voter[kept],
            self.a[kept],
            self.b[kept],
            self.points[kept],
            self.block[kept],
        )


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected of M models: `theta` in log-odds, shape (M,); `drawn`, shape (B, M): in
    what share of a block's battles each model was, voted on or not; `tied`: how often two equal
    models tie."""

    theta: Floats
    drawn: Floats
    tied: float

    def score(self, a: Ints, b: Ints) -> Floats:
        """What A gets on average."""
        return np.asarray(1.0 / (1.0 + np.exp(self.theta[b] - self.theta[a])))

    def ties(self, score: Floats) -> Floats:
        """The chance of a tie: as often as `tied` between equals, never between unequals."""
        return self.tied * 4.0 * score * (1.0 - score)

    def variance(self, score: Floats) -> Floats:
        return score * (1.0 - score) * (1.0 - self.tied)

    def wins(self, score: Floats) -> Floats:
        """The chance to win outright, kept off 0 so that no single upset proves anything."""
        return np.maximum(score - self.ties(score) / 2.0, 0.02)


def tied_share(cast: Cast, theta: Floats) -> float:
    """How often equals tie, such that as many ties are expected as there were."""
    score = 1.0 / (1.0 + np.exp(theta[cast.b] - theta[cast.a]))
    even = float(np.sum(4.0 * score * (1.0 - score)))
    return min(float(np.sum(cast.points == 0.5)) / even, 0.95) if even else 0.0


def upper_tail(score: Floats, ties: Floats, at_least: float) -> float:
    """P(sum of points ≥ at_least) of independent votes, exactly; the arrays have shape (n,)."""
    chances = np.ones(1)
    for mean, tie in zip(score.tolist(), ties.tolist(), strict=True):
        win = max(mean - tie / 2.0, 0.0)
        chances = np.convolve(chances, (max(1.0 - win - tie, 0.0), tie, win))
    return float(min(chances[math.ceil(2.0 * at_least - 1e-9) :].sum(), 1.0))


def binomial_tail(n: int, chance: float, at_least: int) -> float:
    """P(at least so many of n). Of unequal chances, their mean gives an upper bound wherever
    `at_least` ≥ n · chance + 1 (Hoeffding 1956, https://doi.org/10.1214/aoms/1177728178)."""
    if at_least <= 0 or chance >= 1.0:
        return 1.0
    if chance <= 0.0 or at_least > n:
        return 0.0
    k = np.arange(at_least, n + 1)
    whole = math.lgamma(n + 1)
    logs = [
        whole - math.lgamma(i + 1) - math.lgamma(n - i + 1)
        + i * math.log(chance) + (n - i) * math.log1p(-chance)
        for i in k.tolist()
    ]  # fmt: skip
    return float(min(np.exp(logs).sum(), 1.0))


def two_sided(z: Floats) -> Floats:
    """The chance of a normal deviate at least this far out, both ways."""
    return np.array([math.erfc(each / math.sqrt(2.0)) for each in np.abs(z).tolist()])


def rejected(p_values: Floats, *, rate: float = FALSE_DISCOVERIES) -> Bools:
    """Which hypotheses Benjamini and Hochberg (1995) reject at this rate of false discoveries."""
    n = p_values.size
    order = np.argsort(p_values, kind="stable")
    below = p_values[order] <= rate * np.arange(1, n + 1) / max(n, 1)
    return _first(order, below, n)


def rejected_by_e(e_values: Floats, *, rate: float = FALSE_DISCOVERIES) -> Bools:
    """As `rejected`, of e-values (Wang and Ramdas 2022, https://doi.org/10.1111/rssb.12489);
    holds however often one looks and however the voters depend on one another."""
    n = e_values.size
    order = np.argsort(-e_values, kind="stable")
    below = e_values[order] * np.arange(1, n + 1) * rate >= n
    return _first(order, below, n)


def _first(order: Ints, below: Bools, n: int) -> Bools:
    out = np.zeros(n, dtype=np.bool_)
    reaching = np.nonzero(below)[0]
    if reaching.size:
        out[order[: reaching[-1] + 1]] = True
    return out

"""Made-up crowds of voters, honest and not."""

from dataclasses import dataclass

import numpy as np

from arena.integrity.evidence import Cast, Expected, Floats, tied_share
from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally_codes

LOG_ODDS_A_POINT = np.log(10.0) / 400.0
TIES = 0.25
Row = tuple[int, int, int, float]


@dataclass(frozen=True)
class Crowd:
    """A world of models with true strengths; rows are (voter, a, b, points)."""

    rng: np.random.Generator
    theta: Floats

    @classmethod
    def of(cls, n_models: int, seed: int, spread: float = 0.7) -> "Crowd":
        rng = np.random.default_rng(seed)
        return cls(rng, rng.normal(0.0, spread, n_models))

    def honest(self, voter: int, n: int) -> list[Row]:
        m = self.theta.size
        a = self.rng.integers(0, m, n)
        b = (a + self.rng.integers(1, m, n)) % m
        p = 1.0 / (1.0 + np.exp(self.theta[b] - self.theta[a]))
        tie = TIES * 4.0 * p * (1.0 - p)
        drawn = self.rng.random(n)
        points = np.where(drawn < tie, 0.5, np.where(drawn < tie / 2.0 + p, 1.0, 0.0))
        return [(voter, *row) for row in zip(a.tolist(), b.tolist(), points.tolist(), strict=True)]

    def attacker(self, voter: int, n: int, target: int) -> list[Row]:
        """Votes only where the target is, and always for it."""
        shown = [row for row in self.honest(voter, 20 * n * self.theta.size) if target in row[1:3]]
        return [(voter, a, b, float(a == target)) for _, a, b, _ in shown[:n]]

    def cast(self, rows: list[Row]) -> Cast:
        voter, a, b = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(3))
        n = len(rows)
        return Cast(
            np.arange(n), voter, a, b, np.array([row[3] for row in rows]), np.zeros(n, np.int64)
        )

    def expected(self, cast: Cast) -> Expected:
        """As the arena would have it: fitted on these very votes."""
        m = self.theta.size
        names = [f"{at:03d}" for at in range(m)]
        tallies = tally_codes(names, cast.a, cast.b, (cast.points * 2).astype(np.int64))
        theta = np.asarray(fit(tallies).ratings) * LOG_ODDS_A_POINT
        return Expected(theta, np.full((1, m), 2.0 / m), tied_share(cast, theta))

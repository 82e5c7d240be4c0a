"""Time the ratings beside evalica: `OPENBLAS_NUM_THREADS=1 python -m bench.rating`.

Both read the same votes as integer codes in the same run; the ratio is what to compare between
machines. Synthetic votes are seeded; the crowd votes are used where they lie beside the checkout.
"""

from __future__ import annotations

import csv
from pathlib import Path

import evalica
import numpy as np

from arena.rating.bradley_terry import fit
from arena.rating.elo import replay
from arena.rating.tallies import Ints, tally_codes
from bench.timing import median_seconds

CROWD = Path(__file__).parents[2] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
Votes = tuple[list[str], Ints, Ints, Ints]


def synthetic_votes(n_votes: int, n_models: int, seed: int) -> Votes:
    """Votes drawn from a Bradley–Terry model, a quarter of them ties."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(scale=0.6, size=n_models)
    a = rng.integers(n_models, size=n_votes)
    b = (a + rng.integers(1, n_models, size=n_votes)) % n_models
    wins = rng.random(n_votes) < 1.0 / (1.0 + np.exp(strength[b] - strength[a]))
    half_points = np.where(rng.random(n_votes) < 0.25, 1, 2 * wins)
    return [f"model {i:03}" for i in range(n_models)], a, b, half_points


def crowd_votes() -> Votes:
    with CROWD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    models = sorted({row[side] for row in rows for side in ("model_a", "model_b")})
    index = {model: code for code, model in enumerate(models)}
    points = {"model_a": 2, "tie": 1, "model_b": 0}
    codes = [(index[r["model_a"]], index[r["model_b"]], points[r["winner"]]) for r in rows]
    a, b, half_points = np.array(codes, dtype=np.int64).T
    return models, a, b, half_points


def measure(title: str, votes: Votes, *, repeats: int) -> None:
    models, a, b, half_points = votes
    tallies = tally_codes(models, a, b, half_points)
    xs, ys = a.tolist(), b.tolist()
    verdicts = (evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X)
    winners = [verdicts[points] for points in half_points]

    def peer() -> object:
        return evalica.bradley_terry(xs, ys, winners, tolerance=1e-10, limit=10_000)

    def ours() -> object:
        return fit(tally_codes(models, a, b, half_points))

    def peer_elo() -> object:
        return evalica.elo(xs, ys, winners)

    print(f"\n{title}: {len(a):,} votes, {len(models)} models")
    base = median_seconds(peer, repeats=repeats)
    line("evalica Bradley–Terry, no intervals", base, base)
    line("ours from integer codes, with intervals", median_seconds(ours, repeats=repeats), base)
    line("ours from tallies, with intervals", median_seconds(lambda: fit(tallies), repeats=9), base)
    base = median_seconds(peer_elo, repeats=repeats)
    line("evalica online Elo", base, base)
    elo = median_seconds(lambda: replay(a, b, half_points, n_models=len(models)), repeats=repeats)
    line("ours online Elo", elo, base)


def line(name: str, seconds: float, base: float) -> None:
    print(f"  {name:<42}{seconds:>10.4f} s   {seconds / base:>8.4f} × evalica")


def main() -> None:
    measure("Synthetic", synthetic_votes(1_000_000, 100, seed=1), repeats=3)
    if CROWD.exists():
        measure("Crowd", crowd_votes(), repeats=9)
    else:
        print("\nCrowd: skipped, the votes are not beside this checkout in ../shared/data/")


if __name__ == "__main__":
    main()

"""Tallies that several tests rate, and the crowd votes where they lie beside the checkout."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from arena.rating.tallies import Floats, Ints, Tallies, tally, tally_codes

CROWD = Path(__file__).parents[4] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
POINTS = 400.0 / np.log(10.0)


def random_tallies(seed: int, m: int = 12, mean: float = 20.0) -> Tallies:
    """Strongly connected tallies, a quarter of them ties."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(size=m)
    rows = [(f"m{i:02}", f"m{(i + 1) % m:02}", 1, 0, 0) for i in range(m)]
    for i in range(m):
        for j in range(i):
            p = 1 / (1 + np.exp(strength[j] - strength[i]))
            n = int(rng.poisson(mean))
            won, lost, tied = rng.multinomial(n, [0.75 * p, 0.75 * (1 - p), 0.25]).tolist()
            rows.append((f"m{i:02}", f"m{j:02}", won, lost, tied))
    return tally(rows)


def drawn_votes(
    rng: np.random.Generator, theta: Floats, n_votes: int, tied: float = 0.25
) -> tuple[Ints, Ints, Ints]:
    """Codes of votes between even pairs, `tied` of them ties at any distance."""
    m = len(theta)
    a = rng.integers(m, size=n_votes)
    b = (a + rng.integers(1, m, size=n_votes)) % m
    share = 1.0 / (1.0 + np.exp(theta[b] - theta[a]))
    # A tie is half a win, so wins are drawn such that the expected share is the model's.
    wins = rng.random(n_votes) < (share - 0.5 * tied) / (1.0 - tied)
    half_points = np.where(rng.random(n_votes) < tied, 1, 2 * wins)
    return a, b, half_points


def names(m: int) -> list[str]:
    return [f"m{i:02}" for i in range(m)]


def crowd_codes() -> tuple[list[str], Ints, Ints, Ints]:
    """8,931 judgements of 59 models by people: models, a, b, half points of a."""
    if not CROWD.exists():
        pytest.skip("the crowd votes are not beside this checkout, in ../shared/data/")
    with CROWD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    models = sorted({row[side] for row in rows for side in ("model_a", "model_b")})
    index = {model: code for code, model in enumerate(models)}
    half = {"model_a": 2, "tie": 1, "model_b": 0}
    codes = [(index[r["model_a"]], index[r["model_b"]], half[r["winner"]]) for r in rows]
    a, b, half_points = np.array(codes, dtype=np.int64).T
    return models, a, b, half_points


def crowd_tallies() -> Tallies:
    return tally_codes(*crowd_codes())


def centred(theta: Floats) -> Floats:
    ratings: Floats = 1000.0 + POINTS * (theta - theta.mean())
    return ratings

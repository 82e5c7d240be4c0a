"""Votes as the rating benchmarks share them between programs, and how a contestant is measured.

Imports nothing but NumPy, so that it also runs in the peers' environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
POINTS = 400.0 / np.log(10.0)
FEATURES = ("length", "headers", "bold", "lists")
TRUE_STYLE = np.array([0.6, 0.1, 0.2, -0.1])


class Votes:
    """V votes on M models in a folder: codes of both sides, half points of A, style differences."""

    def __init__(self, folder: Path) -> None:
        self.a = np.load(folder / "a.npy")
        self.b = np.load(folder / "b.npy")
        self.half_points = np.load(folder / "half_points.npy")
        self.folder = folder
        self.models: list[str] = json.loads((folder / "models.json").read_text())

    def differences(self) -> Floats:
        """(A − B) / (A + B + 1) of each feature, shape (V, F); kept in steps of 1/127."""
        steps = np.load(self.folder / "style.npy")
        return np.asarray(steps / 127.0, dtype=np.float64)

    def names(self) -> tuple[list[str], list[str]]:
        a, b = self.a.tolist(), self.b.tolist()
        return [self.models[code] for code in a], [self.models[code] for code in b]

    def winners(self) -> list[str]:
        words = ("model_b", "tie", "model_a")
        return [words[points] for points in self.half_points.tolist()]


def write_votes(
    folder: Path, n_votes: int, n_models: int, *, seed: int, is_uneven: bool = False
) -> None:
    """Votes drawn from a model with style, a quarter of them ties, in compact types.

    Uneven: strengths lie three times as far apart, some models meet a thousand times as many
    others as the rest do, and a model meets its neighbours in strength most, as on old boards.
    """
    rng = np.random.default_rng(seed)
    strength = np.sort(rng.normal(scale=1.8 if is_uneven else 0.6, size=n_models))
    a, b = _sides(rng, n_votes, n_models, is_uneven=is_uneven)
    style = np.empty((n_votes, len(FEATURES)), np.int8)
    half_points = np.empty(n_votes, np.int8)
    for begin in range(0, n_votes, 1_000_000):
        part = slice(begin, min(begin + 1_000_000, n_votes))
        gap = strength[a[part]] - strength[b[part]]
        size = (len(gap), len(FEATURES))
        z = np.clip(rng.normal(scale=0.35, size=size) + 0.1 * gap[:, None], -1, 1)
        style[part] = np.round(127 * z)
        chance = 1.0 / (1.0 + np.exp(-gap - z @ TRUE_STYLE))
        wins = rng.random(len(gap)) < chance
        half_points[part] = np.where(rng.random(len(gap)) < 0.25, 1, 2 * wins)
    for name, values in (("a", a), ("b", b), ("half_points", half_points), ("style", style)):
        np.save(folder / f"{name}.npy", values)
    (folder / "models.json").write_text(json.dumps([f"model {i:03}" for i in range(n_models)]))


def _sides(
    rng: np.random.Generator, n_votes: int, n_models: int, *, is_uneven: bool
) -> tuple[Ints, Ints]:
    small = np.int16
    if not is_uneven:
        a = rng.integers(n_models, size=n_votes, dtype=small)
        steps = rng.integers(1, n_models, size=n_votes, dtype=small)
        return a, ((a + steps) % n_models).astype(small)
    often = rng.permutation(np.geomspace(1.0, 1e-3, n_models))
    a = rng.choice(n_models, p=often / often.sum(), size=n_votes).astype(small)
    near = 1 + rng.geometric(0.25, size=n_votes) % (n_models - 1)
    return a, ((a + np.where(rng.random(n_votes) < 0.5, near, -near)) % n_models).astype(small)


def measured(prepare: Callable[[Votes], Callable[[], Mapping[str, float] | None]]) -> None:
    """Run a contestant in this process and print what it cost as a line of JSON.

    Arguments: the folder of votes, how often to run it (the best counts, after one run that warms
    caches and compilers where it is more than once), and where to save the ratings it found.
    `prepare` reads the votes into the contestant's own form, which is not counted.
    """
    folder, repeats, out = Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    votes = Votes(folder)
    run = prepare(votes)
    before = reset_peak()
    seconds, found = [], None
    for _ in range(repeats + (repeats > 1)):
        started_at = time.process_time()
        found = run()
        seconds.append(time.process_time() - started_at)
    print(json.dumps({"cpu_seconds": min(seconds[-repeats:]), "peak_mb": peak_mb() - before}))
    if found is not None:
        np.save(out, np.array([found[model] for model in votes.models]))


def reset_peak() -> float:
    """Let the peak of this process's memory begin anew (Linux); what it holds now, in MB."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return peak_mb()


def peak_mb() -> float:
    for line in Path(f"/proc/{os.getpid()}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0

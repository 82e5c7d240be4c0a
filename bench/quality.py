"""Time agreement and reliability beside peers: `OPENBLAS_NUM_THREADS=1 python -m bench.quality`.

Both read the same judgements in the same run; the ratio is what to compare between machines. Ours
gives intervals from a thousand draws where the peers give a value. Synthetic judgements are
seeded; the crowd's are used where they lie beside the checkout.
"""

from __future__ import annotations

import csv
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene as CrowdKit
from numpy.typing import NDArray

from bench.timing import median_seconds
from labeling.quality.agreement import krippendorff_alpha
from labeling.quality.reliability import dawid_skene

CROWD = Path(__file__).parents[2] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
STEPS = 20
MOST_OF_ALPHA = 15.0
"""A thousand draws may cost as much as fifteen coefficients of the peer."""
MOST_OF_DAWID_SKENE = 0.3
Judgements = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""Units, raters and values as codes from 0."""


def synthetic(n_units: int, n_raters: int, seed: int) -> Judgements:
    """Five judgements a unit of three values, right in seven of ten."""
    rng = np.random.default_rng(seed)
    units = np.repeat(np.arange(n_units), 5)
    raters = (rng.integers(n_raters, size=n_units)[:, None] + np.arange(5)) % n_raters
    truth = rng.integers(3, size=n_units)[units]
    values = np.where(rng.random(len(units)) < 0.7, truth, rng.integers(3, size=len(units)))
    return units, raters.ravel(), values


def crowd() -> Judgements:
    with CROWD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    code = {"model_a": 0, "tie": 1, "model_b": 2}
    columns = ([row["pair_id"] for row in rows], [row["worker"] for row in rows])
    units, raters = (np.unique(column, return_inverse=True)[1] for column in columns)
    return units, raters, np.array([code[row["winner"]] for row in rows])


def measure(title: str, data: Judgements, *, repeats: int) -> bool:
    """Whether both ratios keep their limits."""
    units, raters, values = data
    table = np.full((raters.max() + 1, units.max() + 1), np.nan)
    table[raters, units] = values
    frame = pd.DataFrame({"task": units, "worker": raters, "label": values})
    n_classes = int(values.max()) + 1
    print(f"\n{title}: {len(units):,} judgements of {units.max() + 1:,} units")
    is_fine = compare(
        "alpha, value only", lambda: krippendorff.alpha(table, level_of_measurement="ordinal"),
        "alpha with an interval of 1,000 draws",
        lambda: krippendorff_alpha(units, values, level="ordinal"),
        most=MOST_OF_ALPHA, repeats=repeats,
    )  # fmt: skip
    return compare(
        f"Dawid–Skene, {STEPS} steps", lambda: CrowdKit(n_iter=STEPS, tol=-1e9).fit(frame),
        f"Dawid–Skene, {STEPS} steps",
        lambda: dawid_skene(
            units, raters, values, n_classes=n_classes, tolerance=0.0, most_steps=STEPS
        ),
        most=MOST_OF_DAWID_SKENE, repeats=repeats,
    ) and is_fine  # fmt: skip


def compare(
    their_name: str,
    theirs: Callable[[], object],
    our_name: str,
    ours: Callable[[], object],
    *,
    most: float,
    repeats: int,
) -> bool:
    base = median_seconds(theirs, repeats=repeats)
    seconds = median_seconds(ours, repeats=repeats)
    ratio = seconds / base
    print(f"  peer: {their_name:<42}{base:>9.4f} s")
    verdict = "ok" if ratio <= most else f"ABOVE {most:g}"
    print(f"  ours: {our_name:<42}{seconds:>9.4f} s   {ratio:>7.3f} × the peer   {verdict}")
    return ratio <= most


def main() -> int:
    warnings.simplefilter("ignore")  # the peer's, about its own use of pandas
    is_fine = measure("Synthetic", synthetic(10_000, 200, seed=1), repeats=5)
    if CROWD.exists():
        is_fine = measure("Crowd", crowd(), repeats=5) and is_fine
    else:
        print("\nCrowd: skipped, the votes are not beside this checkout in ../shared/data/")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())

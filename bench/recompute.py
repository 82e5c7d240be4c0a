"""All boards anew: 10 million votes, 20 categories, each plain and with style control.

    python -m bench.recompute [votes, default 10000000] [processes, default 2]

From the votes as integer codes in memory to ratings with intervals. The categories hold between
60 % and 2 % of the votes each, 20 % in the mean, and overlap as those of real conversations do.
The limit is one minute on two cores.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from arena.rating.bradley_terry import fit
from arena.rating.style import fit_styled
from arena.rating.style_votes import style_votes
from bench.rating_votes import FEATURES, Votes, write_votes

N_MODELS = 100
SHARES = np.geomspace(0.6, 0.02, 20)
LIMIT_SECONDS = 60.0


def main() -> None:
    n_votes = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as name:
        folder = Path(name)
        write_votes(folder, n_votes, N_MODELS, seed=1)
        rng = np.random.default_rng(2)
        bits = np.zeros(n_votes, np.uint32)
        for category, share in enumerate(SHARES):
            bits |= (rng.random(n_votes) < share).astype(np.uint32) << np.uint32(category)
        np.save(folder / "categories.npy", bits)
        started_at = time.perf_counter()
        # The largest first, so that no process is left with one at the end.
        tasks = [(folder, category) for category in range(-1, len(SHARES))]
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            done = pool.starmap(board_of, tasks, chunksize=1)
        seconds = time.perf_counter() - started_at
    rows = sum(row[0] for row in done)
    print(
        f"{n_votes:,} votes, {len(SHARES)} categories, {N_MODELS} models: {2 * len(done)} boards"
        f" of {rows:,} rows in {seconds:.1f} s on {processes} processes"
        f" ({sum(row[1] for row in done):.1f} CPU s,"
        f" at most {max(row[2] for row in done):.0f} MB a process)"
    )
    print(f"limit {LIMIT_SECONDS:.0f} s: {'kept' if seconds < LIMIT_SECONDS else 'MISSED'}")
    sys.exit(seconds >= LIMIT_SECONDS)


def board_of(folder: Path, category: int) -> tuple[int, float, float]:
    """Rate one category, or all votes (−1), both ways: (rows, CPU seconds, peak MB)."""
    started_at = time.process_time()
    votes = Votes(folder)
    differences = np.load(folder / "style.npy", mmap_mode="r")
    rows: slice | npt.NDArray[np.bool_] = slice(None)
    if category >= 0:
        bits = np.load(folder / "categories.npy", mmap_mode="r")
        rows = (bits >> np.uint32(category)) & np.uint32(1) == 1
    laid_out = style_votes(
        votes.models, FEATURES, votes.a[rows], votes.b[rows], votes.half_points[rows],
        np.ascontiguousarray(differences[rows]),
    )  # fmt: skip
    plain, styled = fit(laid_out.tallies()), fit_styled(laid_out)
    if not (plain.converged and styled.board.converged):
        raise RuntimeError(f"category {category} did not converge")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return laid_out.n_rows, time.process_time() - started_at, peak


if __name__ == "__main__":
    main()

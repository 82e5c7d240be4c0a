"""Our ratings beside those of evalica, FastChat and arena-rank, on the same votes.

    python -m bench.rating [--votes 10000,100000,1000000,10000000] [--peers FOLDER]
                           [--fastchat rating_systems.py]

`--peers` names a folder for an environment with the peers, made there by pip on first use;
FastChat's file has to be fetched from its repository, as no package holds it. A peer that cannot
be had is skipped, and the table says so. Each contestant runs in a process of its own. Counted are
CPU seconds of all its threads from the votes in the form it asks for, the best of a few runs; the
memory it took beyond holding those votes; and the largest distance of a rating from the optimum,
which a Newton iteration written here alone finds in extended precision. The ratios are what to
compare between machines: the contestant's cost divided by ours from the same kind of input.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.rating_votes import POINTS, Floats, Votes, write_votes

PACKAGES = ("evalica", "arena-rank", "pandas", "scipy", "tqdm")
LIMIT_SECONDS = 900
STYLE_LIMIT = 1_000_000
N_MODELS = 100
UNEVEN = 30_000


@dataclass(frozen=True)
class Contestant:
    """A program's way to one of the tables; `ours` tells whose cost divides its own."""

    title: str
    task: str
    module: str = "bench.rating_peers"
    ours: str = ""
    largest: int = 100_000_000


TABLES = {
    "Bradley–Terry": (
        Contestant("ours, from tallies, with intervals", "tallies", "bench.rating_ours"),
        Contestant("ours, from codes, with intervals", "codes", "bench.rating_ours"),
        Contestant("ours, from names, with intervals", "names", "bench.rating_ours"),
        Contestant("evalica, from names, no intervals", "evalica", ours="names"),
        Contestant("FastChat, from names, no intervals", "fastchat", ours="names"),
        Contestant("arena-rank, from names, intervals", "arena-rank", ours="names"),
    ),
    "100 bootstraps": (
        Contestant("ours, from names", "bootstrap", "bench.rating_ours"),
        Contestant("FastChat, from names", "fastchat-bootstrap", ours="bootstrap"),
    ),
    "Style control, 4 features": (
        Contestant("ours, with intervals", "style", "bench.rating_ours"),
        Contestant("FastChat, no intervals", "fastchat-style", ours="style", largest=STYLE_LIMIT),
        Contestant(
            "arena-rank, with intervals", "arena-rank-style", ours="style", largest=STYLE_LIMIT
        ),
    ),
    "Online Elo": (
        Contestant("ours", "elo", "bench.rating_ours"),
        Contestant("evalica", "evalica-elo", ours="elo", largest=STYLE_LIMIT),
        Contestant("FastChat", "fastchat-elo", ours="elo", largest=STYLE_LIMIT),
    ),
}


@dataclass(frozen=True)
class Cost:
    cpu_seconds: float
    peak_mb: float
    ratings: Floats | None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rating")
    parser.add_argument("--votes", default="10000,100000,1000000,10000000")
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment")
    parser.add_argument("--fastchat", type=Path, help="a copy of FastChat's rating_systems.py")
    options = parser.parse_args()
    peers = None if options.peers is None else peers_python(options.peers)
    if peers is None:
        print("No environment for the peers (--peers FOLDER makes one): they are skipped.")
    for n_votes in (int(float(text)) for text in options.votes.split(",")):
        with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
            write_votes(Path(folder), n_votes, N_MODELS, seed=n_votes)
            print(f"\n{n_votes:,} votes, {N_MODELS} models", flush=True)
            for title, contestants in TABLES.items():
                table(title, contestants, Path(folder), n_votes, peers, options.fastchat)
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        write_votes(Path(folder), UNEVEN, N_MODELS, seed=1, is_uneven=True)
        print(f"\n{UNEVEN:,} votes, {N_MODELS} models far apart, some of them rarely met")
        for title in ("Bradley–Terry", "Style control, 4 features"):
            table(title, TABLES[title], Path(folder), UNEVEN, peers, options.fastchat)


def peers_python(folder: Path) -> str | None:
    """The Python of an environment that has the peers; made where there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run((sys.executable, "-m", "venv", str(folder)), check=True)
    have = subprocess.run(
        (str(python), "-c", "import evalica, arena_rank, pandas, scipy, tqdm"),
        capture_output=True, check=False,
    )  # fmt: skip
    if have.returncode:
        # One by one, because an environment without one of them still compares the others.
        for package in PACKAGES:
            subprocess.run((str(python), "-m", "pip", "install", "-q", package), check=False)
    return str(python)


def table(
    title: str,
    contestants: tuple[Contestant, ...],
    folder: Path,
    n_votes: int,
    peers: str | None,
    fastchat: Path | None,
) -> None:
    print(f"  {title:<40}{'CPU s':>10}{'× ours':>9}{'MB':>8}{'× ours':>9}{'error, Elo':>12}")
    best = optimum(Votes(folder)) if title == "Bradley–Terry" else None
    if title.startswith("Style") and n_votes <= STYLE_LIMIT:
        best = styled_optimum(Votes(folder))
    costs: dict[str, Cost] = {}
    for contestant in contestants:
        python = sys.executable if contestant.module == "bench.rating_ours" else peers
        cost = run(contestant, python, folder, n_votes, fastchat)
        if isinstance(cost, str):
            print(f"    {contestant.title:<38}{cost}", flush=True)
            continue
        costs[contestant.task] = cost
        print(line(contestant, cost, costs.get(contestant.ours), best), flush=True)
    if "tallies" in costs:
        ours = costs["tallies"].cpu_seconds
        times = [f"{c.title.split(',')[0]} {costs[c.task].cpu_seconds / ours:.0f} ×"
                 for c in contestants if c.ours and c.task in costs]  # fmt: skip
        print(f"    from tallies, which boards read, ours is cheaper by: {', '.join(times)}")


def run(
    contestant: Contestant, python: str | None, folder: Path, n_votes: int, fastchat: Path | None
) -> Cost | str:
    """What the contestant cost, or why it was not run."""
    if python is None or (contestant.task.startswith("fastchat") and fastchat is None):
        return "skipped: not there"
    if n_votes > contestant.largest:
        return f"skipped: above {contestant.largest:,} votes"
    out = folder / f"found-{contestant.task}.npy"
    repeats = 1 if n_votes > 1_000_000 else 3
    environment = {
        **os.environ, "OPENBLAS_NUM_THREADS": "1", "FASTCHAT_RATINGS": str(fastchat or ""),
    }  # fmt: skip
    try:
        done = subprocess.run(
            (python, "-m", contestant.module, contestant.task, folder, str(repeats), out),
            env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT_SECONDS} s"
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['no word'])[-1][:60]}"
    told = json.loads(done.stdout.splitlines()[-1])
    return Cost(told["cpu_seconds"], told["peak_mb"], np.load(out) if out.exists() else None)


def line(contestant: Contestant, cost: Cost, ours: Cost | None, best: Floats | None) -> str:
    error, times, more = "", "", ""
    if best is not None and cost.ratings is not None:
        off = cost.ratings - cost.ratings.mean() - best
        error = f"{float(np.abs(off).max()):.1e}"
    if ours is not None:
        times = f"{cost.cpu_seconds / max(ours.cpu_seconds, 1e-9):.1f}"
        more = f"{cost.peak_mb / max(ours.peak_mb, 1.0):.1f}"
    return (
        f"    {contestant.title:<38}{cost.cpu_seconds:>10.4f}{times:>9}{cost.peak_mb:>8.0f}"
        f"{more:>9}{error:>12}"
    )


def optimum(votes: Votes) -> Floats:
    """Ratings about their mean at the likelihood's maximum, ties as half wins."""
    m = len(votes.models)
    points, met = np.zeros((m, m)), np.zeros((m, m))
    np.add.at(points, (votes.a, votes.b), 0.5 * votes.half_points)
    np.add.at(points, (votes.b, votes.a), 1.0 - 0.5 * votes.half_points)
    np.add.at(met, (votes.a, votes.b), 1.0)
    met = met + met.T
    theta = np.zeros(m, dtype=np.longdouble)
    for _ in range(30):
        p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        gradient = (points - met * p).sum(axis=1)
        spread = met * p * (1 - p)
        hessian = np.diag(spread.sum(axis=1)) - spread
        step = np.linalg.pinv(hessian.astype(np.float64)) @ gradient.astype(np.float64)
        theta += step
    return np.asarray(POINTS * (theta - theta.mean()), dtype=np.float64)


def styled_optimum(votes: Votes) -> Floats:
    """The same with style, on a dense design in blocks of rows."""
    m, z = len(votes.models), votes.differences()
    z /= np.sqrt((z**2).mean(axis=0))
    params = np.zeros(m + z.shape[1])
    for _ in range(12):
        gradient, hessian = np.zeros_like(params), np.zeros((len(params), len(params)))
        for begin in range(0, len(z), 20_000):
            rows = slice(begin, begin + 20_000)
            design = np.zeros((len(z[rows]), len(params)))
            design[np.arange(len(design)), votes.a[rows]] = 1.0
            design[np.arange(len(design)), votes.b[rows]] = -1.0
            design[:, m:] = z[rows]
            p = 1 / (1 + np.exp(-design @ params))
            gradient += design.T @ (0.5 * votes.half_points[rows] - p)
            hessian += (design.T * (p * (1 - p))) @ design
        step = np.linalg.pinv(hessian, hermitian=True) @ gradient
        params += step
        if np.abs(step).max() < 1e-12:
            break
    return np.asarray(POINTS * (params[:m] - params[:m].mean()), dtype=np.float64)


if __name__ == "__main__":
    main()

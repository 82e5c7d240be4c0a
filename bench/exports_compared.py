"""Exports and bare copies, each in a process of its own, and what came of them."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, connections
from django.test.utils import override_settings

from bench.export_rows import seed
from bench.exports_bare import write_bare
from exports.recipe import Recipe
from exports.snapshots.requests import export_now
from projects.models import Project

LEAST_OF_BARE = 0.6
MOST_MB = 300
FLAT = 1.15
NAME = "touchstone_bench"
LABEL_STUDIO = "beside: Label Studio 1.23, export as JSON, measured on two cores: 75 to 267 rows/s"


@dataclass(frozen=True)
class Measured:
    seconds: float
    cpu_seconds: float
    """Of the process that reads and writes, without the server."""
    peak_mb: float


@dataclass(frozen=True)
class Compared:
    file_type: str
    ours: Measured
    bare: Measured
    peak_at_a_tenth: float
    is_scanned: bool

    @property
    def of_bare(self) -> float:
        return self.bare.seconds / self.ours.seconds

    @property
    def is_kept(self) -> bool:
        """A bare copy scans nothing: of a scan only the memory is held against its limits."""
        is_flat = self.ours.peak_mb <= FLAT * self.peak_at_a_tenth
        is_fast = self.is_scanned or self.of_bare >= LEAST_OF_BARE
        return is_fast and self.ours.peak_mb <= MOST_MB and is_flat


def compare(
    n_rows: int, folder: Path, *, file_types: Sequence[str], repeats: int, gate: str
) -> int:
    """0 where every file type keeps its limits, otherwise 1."""
    with throwaway_database(), override_settings(DATA_FOLDER=folder):
        started = time.perf_counter()
        in_child(lambda: seed("tenth", n_rows // 10))
        in_child(lambda: seed("all", n_rows))
        seconds = time.perf_counter() - started
        a_tenth, all_of_it = (Project.objects.get(slug=slug) for slug in ("tenth", "all"))
        print(f"{n_rows:,} comparisons and a tenth of that, seeded in {seconds:.0f} s")
        results = [
            _compared(file_type, a_tenth, all_of_it, folder, repeats=repeats, gate=gate)
            for file_type in file_types
        ]
    print(
        f"{'':<12}{'rows/s':>9}{'bare':>9}{'of bare':>9}{'CPU µs/row':>12}{'bare':>6}"
        f"{'MB':>7}{'at a tenth':>12}"
    )
    for each in results:
        print(
            f"{each.file_type:<12}{n_rows / each.ours.seconds:>9,.0f}"
            f"{n_rows / each.bare.seconds:>9,.0f}{each.of_bare:>9.0%}"
            f"{each.ours.cpu_seconds / n_rows * 1e6:>12.1f}"
            f"{each.bare.cpu_seconds / n_rows * 1e6:>6.1f}"
            f"{each.ours.peak_mb:>7.0f}{each.peak_at_a_tenth:>12.0f}"
            f"   {'kept' if each.is_kept else 'MISSED'}"
        )
    of_bare = f"at least {LEAST_OF_BARE:.0%} of bare, " if gate == "off" else ""
    print(f"limits: {of_bare}at most {MOST_MB} MB, at most {FLAT:g} times that of a tenth")
    print(LABEL_STUDIO)
    return int(not all(each.is_kept for each in results))


def _compared(
    file_type: str, a_tenth: Project, all_of_it: Project, folder: Path, *, repeats: int, gate: str
) -> Compared:
    recipe = Recipe(kind="preferences", file_type=file_type, gate=gate)

    def export(project: Project) -> None:
        made = export_now(project=project, recipe=recipe)
        if made.n_rows != project.prompts.count():
            raise SystemExit(f"{made.n_rows} rows came of {project.prompts.count()} comparisons.")

    ours, bare = [], []
    peak = in_child(lambda: export(a_tenth)).peak_mb
    for _ in range(repeats):
        ours.append(in_child(lambda: export(all_of_it)))
        bare.append(in_child(lambda: write_bare(all_of_it, file_type, folder / "bare")))
    return Compared(file_type, best(ours), best(bare), peak, is_scanned=gate != "off")


def best(runs: Sequence[Measured]) -> Measured:
    return Measured(
        min(each.seconds for each in runs),
        min(each.cpu_seconds for each in runs),
        max(each.peak_mb for each in runs),
    )


@contextmanager
def throwaway_database() -> Iterator[None]:
    """Made and filled by processes of their own: what migrating and seeding leave in memory is
    not to be counted with what is measured."""
    real = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = NAME
    in_child(
        lambda: connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    )
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = NAME
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def in_child(run: Callable[[], object]) -> Measured:
    """Run in a process of its own, whose peak memory is not the seeding's."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()

    def child() -> None:
        started = time.perf_counter()
        run()
        seconds = time.perf_counter() - started
        unit = 1 if sys.platform == "darwin" else 1024
        used = resource.getrusage(resource.RUSAGE_SELF)
        peak_mb = used.ru_maxrss * unit / 1e6
        results.put(Measured(seconds, used.ru_utime + used.ru_stime, peak_mb))

    process = fork.Process(target=child)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit("The measured run failed.")
    measured: Measured = results.get()
    return measured

"""Reading for an export beside a bare COPY of the same texts: `python -m bench.export_reading
[ROWS]`.

Comparisons of about three kilobytes are seeded into a throwaway database. Ours reads them as
neutral records, with who, when, under which guideline and from which models; bare is one COPY of
prompt, both answers and preference that makes nothing of them. Each runs in a process of its own;
the CPU seconds are its own, without PostgreSQL's. The ratios are what to
compare between machines. Without TOUCHSTONE_DATA or DATABASE_URL it starts servers of its own.
"""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.servers import django_ready

DEFAULT_ROWS = 100_000
REPEATS = 3
BARE = """COPY (
    SELECT p.messages, a.text, b.text, j.preference
    FROM labeling_comparison j
    JOIN labeling_prompt p ON p.id = j.prompt_id
    JOIN labeling_response a ON a.id = j.response_a_id
    JOIN labeling_response b ON b.id = j.response_b_id
    WHERE p.project_id = {project} ORDER BY j.id
) TO STDOUT (FORMAT BINARY)"""


@dataclass(frozen=True)
class Measured:
    seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(n_rows: int) -> None:
    # The models can be imported only now.
    from bench.export_rows import seed

    with throwaway_database():
        project = seed("bench", n_rows)
        runs: dict[str, Callable[[], int]] = {
            "bare COPY": lambda: bare(project),
            "read()": lambda: ours(project, is_streamed=True),
            "in thousands": lambda: ours(project, is_streamed=False),
        }
        best: dict[str, Measured] = {}
        for _ in range(REPEATS):
            for name, run in runs.items():
                found = in_child(run, n_rows)
                if name not in best or found.seconds < best[name].seconds:
                    best[name] = found
    limit = best["bare COPY"]
    print(f"{n_rows:,} rows; the best of {REPEATS} runs")
    print(f"{'':<14}{'rows/s':>10}{'µs a row':>10}{'CPU':>8}{'peak MiB':>10}{'of bare':>9}")
    for name, one in best.items():
        print(
            f"{name:<14}{n_rows / one.seconds:>10,.0f}{one.seconds / n_rows * 1e6:>10.1f}"
            f"{one.cpu_seconds / n_rows * 1e6:>8.1f}{one.peak_mib:>10.0f}"
            f"{limit.seconds / one.seconds:>9.0%}"
        )


def bare(project: Any) -> int:
    from django.db import connection

    with (
        connection.cursor() as cursor,
        cursor.copy(BARE.format(project=int(project.pk))) as copy,
    ):
        # What ends them is a part of its own, or comes with the last row.
        return sum(1 for part in copy if len(part) > len(b"\xff\xff"))


def ours(project: Any, *, is_streamed: bool) -> int:
    from exports.reading import read

    return sum(1 for _ in read("preferences", project, is_streamed=is_streamed))


@contextmanager
def throwaway_database() -> Iterator[None]:
    from django.db import connection

    real = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = "touchstone_bench_reading"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def in_child(run: Callable[[], int], n_rows: int) -> Measured:
    """Run in a process of its own, whose peak memory and connection are nobody else's."""
    from django.db import connection, connections

    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()

    def child() -> None:
        started, cpu = time.perf_counter(), time.process_time()
        n_read = run()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        if n_read != n_rows:
            os._exit(1)
        results.put(Measured(seconds, cpu, peak / 2**20))

    process = fork.Process(target=child)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit("The measured run failed, or gave another number of rows.")
    measured: Measured = results.get()
    return measured


if __name__ == "__main__":
    with django_ready():
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS)

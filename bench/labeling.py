"""Labelers at work over HTTP, with a short and a long backlog, beside the bare transactions.

    python -m bench.labeling [seconds a round, default 2] [short backlog] [long backlog]

The web server is started as `make up` starts it, on servers and a database of its own, and each
labeler has a token and a kept connection: next, submit, next, submit. "joined" asks for the next
task in the submission's request, as `?next=1`. The limit is a bare psycopg program that does the
same two transactions with prepared statements, at the same concurrency on the same server. The
ways take turns in short rounds, so that whatever else the machine does hits them alike; a share is
the median over the rounds. Load and server share the processors: what the load takes is told.

Wanted: at least 35 % of the limit, p99 below 150 ms at 8 labelers, and a task at the long backlog
costing at most 1.2 times one at the short.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import django

from bench.labeling_load import Bare, Measured, OverHttp, percentile, run, together
from bench.queue import SUBMIT, seed
from launch.embedded import running

if TYPE_CHECKING:
    from projects.models import Project

CONCURRENCY = (1, 8, 32)
WAYS = ("limit", "next + submit", "joined")
ROUNDS = 3
WARM_UP_SECONDS = 0.5
START_SECONDS = 60.0
LEAST_OF_LIMIT = 0.35
HIGHEST_P99 = 0.150
MOST_COST_RATIO = 1.2


def main() -> int:
    given = [int(argument) for argument in sys.argv[1:]]
    seconds, short, long = (given + [2, 10_000, 1_000_000][len(given) :])[:3]
    with served() as port:
        return measure(port, float(seconds), (short, long))


@contextmanager
def served() -> Iterator[int]:
    """A web server with its database, as `make up` runs them; gives its port."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(running(folder))
        port = free_port()
        os.environ |= {
            "TOUCHSTONE_DATA": str(folder),
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        stack.enter_context(_web_server())
        yield port


@contextmanager
def _web_server() -> Iterator[None]:
    from config import environment
    from launch import plan

    command = plan.web(environment.load())
    log = (environment.load().data_folder / "web.log").open("wb")
    process = subprocess.Popen(command.argv, env=dict(command.environ), stdout=log, stderr=log)
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _answers():
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError("the web server did not start; see web.log in its folder")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()
        log.close()


def _answers() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def measure(port: int, seconds: float, backlogs: tuple[int, int]) -> int:
    costs: dict[tuple[str, int, int], float] = {}
    is_good = True
    print(
        "  backlog labelers  way        tasks/s  of limit   loop p50    p99  request p50    p99"
        "  load's cores"
    )
    for backlog in backlogs:
        bench = Bench(port, backlog)
        for labelers in CONCURRENCY:
            rounds = [bench.round(labelers, seconds) for _ in range(ROUNDS)]
            for way in WAYS:
                found = together([each[way] for each in rounds])
                share = median(each[way].rate / each["limit"].rate for each in rounds)
                costs[way, backlog, labelers] = 1 / found.rate
                print(_line(backlog, labelers, way, found, share), flush=True)
                if way != "limit":
                    is_good &= share >= LEAST_OF_LIMIT
                    p99 = percentile(found.requests, 99)
                    is_good &= labelers != 8 or p99 < HIGHEST_P99
    return 0 if _costs_stay(costs, *backlogs) and is_good else 1


def _costs_stay(costs: dict[tuple[str, int, int], float], short: int, long: int) -> bool:
    is_good = True
    for way in WAYS:
        ratios = [costs[way, long, n] / costs[way, short, n] for n in CONCURRENCY]
        told = ", ".join(
            f"{ratio:.2f} at {n}" for n, ratio in zip(CONCURRENCY, ratios, strict=True)
        )
        print(
            f"cost of a task at {long:,} to {short:,}, {way}: {told}; median {median(ratios):.2f}"
        )
        is_good &= way == "limit" or median(ratios) <= MOST_COST_RATIO
    return is_good


def _line(backlog: int, labelers: int, way: str, found: Measured, share: float) -> str:
    times = [
        1000 * percentile(values, percent)
        for values in (found.loops, found.requests)
        for percent in (50, 99)
    ]
    loop_50, loop_99, request_50, request_99 = times
    return (
        f"{backlog:>9,} {labelers:>8}  {way:<13} {found.rate:>5.0f} {share:>9.0%}"
        f" {loop_50:>7.1f} ms {loop_99:>6.1f} {request_50:>9.1f} ms {request_99:>6.1f}"
        f" {found.load_cores:>5.2f}"
    )


class Bench:
    """A project with its backlog and labelers, and the ways to work on it."""

    def __init__(self, port: int, backlog: int) -> None:
        from projects import tokens
        from tests.factories import make_guideline_version, make_member, make_project

        self.backlog = backlog
        self.n_seeded = 0
        self.project = make_project(f"bench-{backlog}")
        version = make_guideline_version(self.project)
        people = [make_member(self.project) for _ in range(max(CONCURRENCY))]
        self._fill()
        texts = [tokens.create(by=person, name="bench")[1] for person in people]
        self.loads: dict[str, OverHttp | Bare] = {
            "limit": _bare(self.project, version.pk, [person.pk for person in people]),
            "next + submit": OverHttp(port, self.project.slug, texts, is_joined=False),
            "joined": OverHttp(port, self.project.slug, texts, is_joined=True),
        }

    def round(self, labelers: int, seconds: float) -> dict[str, Measured]:
        """Every way once, each with the whole backlog before it."""
        measured = {}
        for way in WAYS:
            self._fill()
            measured[way] = run(
                self.loads[way], labelers=labelers, seconds=seconds, warm_up=WARM_UP_SECONDS
            )
        return measured

    def _fill(self) -> None:
        missing = self.backlog - self.project.tasks.filter(is_open=True).count()
        if missing > self.backlog // 100:
            seed(self.project.pk, missing, first=self.n_seeded + 1)
            self.n_seeded += missing
            _settle()


def _settle() -> None:
    """A backlog has been there for a while: what its import left to the server is done."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) labeling_prompt, labeling_task, labeling_assignment")
        cursor.execute("CHECKPOINT")


def _bare(project: "Project", version: int, users: list[int]) -> Bare:
    from django.db import connection

    from labeling.assigning.claiming import CLAIMS

    now = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())
    values: dict[str, Any] = {
        "project": project.pk,
        "kind": "demonstration",
        "beside": True,
        "languages": [],
        "skills": [],
        "golds": [False],
        "seen": ["comparison", "ranking", "review"],
        "version": version,
        "now": now,
        "until": "infinity",
        "opened_at": now,
    }
    return Bare(
        conninfo=_conninfo(connection.settings_dict),
        claim=f"{CLAIMS['demonstration']} SELECT id FROM labeling_assignment",  # noqa: S608
        values=values,
        submit=SUBMIT,
        users=users,
    )


def _conninfo(settings: dict[str, Any]) -> str:
    from psycopg.conninfo import make_conninfo

    return make_conninfo(dbname=settings["NAME"], host=settings["HOST"], user=settings["USER"])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

"""Six thousand draws while workers are killed, Valkey is emptied and the model server restarts."""

import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

from bench.drawing_load import (
    Target,
    make_rows,
    request,
    start_server,
    start_worker,
    wait_for_server,
)
from bench.labeling import free_port

N_DRAWS = 6000
N_KILLS = 25
LEAST_IN_FLIGHT = 20
SECONDS_AT_WORK = 3.0
QUEUES = ("interactive", "batch", "batch")
LONGEST_SECONDS = 420.0


def chaos(target: Target) -> bool:
    """Runs on a scripted server of its own, whatever the target."""
    port = free_port()
    ours = Target(f"http://127.0.0.1:{port}/v1", "fast", True)
    server = start_server(port)
    wait_for_server(port)
    fleet = [start_worker(queue, number) for number, queue in enumerate(QUEUES)]
    with ExitStack() as stack:
        is_over = threading.Event()
        clock = threading.Thread(target=_reconcile, args=(is_over,))
        clock.start()
        stack.callback(clock.join)
        stack.callback(is_over.set)
        project, model = make_rows(ours, bound=128, kept=16)
        for start in range(0, N_DRAWS, 500):
            texts = [f"n{n} 10 50 100" for n in range(start, start + 500)]
            request(project, model, texts, "interactive" if start % 3000 == 0 else "batch")
        server = _havoc(fleet, server, port)
        left = _wait(project.pk)
    for process in [*fleet, server]:
        process.terminate()
        process.wait()
    return _judge(project.pk, left)


def _havoc(
    fleet: "list[subprocess.Popen[bytes]]", server: "subprocess.Popen[bytes]", port: int
) -> "subprocess.Popen[bytes]":
    from workers.streams import writing_client

    for kill in range(N_KILLS):
        _wait_for_draws_in_flight()
        time.sleep(SECONDS_AT_WORK)
        # The one that has run longest: one that has not begun to draw loses nothing.
        number = kill % len(fleet)
        fleet[number].send_signal(signal.SIGKILL)
        fleet[number].wait()
        fleet[number] = start_worker(QUEUES[number], number)
        if kill == N_KILLS // 3:
            writing_client().flushall()
        if kill == N_KILLS // 2:
            server.kill()
            server.wait()
            server = start_server(port)
            wait_for_server(port)
    return server


def _wait_for_draws_in_flight() -> None:
    """Until enough are in progress that were begun after the last kill."""
    from django.utils import timezone

    from workers.models import Generation

    since, end = timezone.now(), time.monotonic() + LONGEST_SECONDS
    begun = Generation.objects.filter(state="running", started_at__gt=since)
    while begun.count() < LEAST_IN_FLIGHT and time.monotonic() < end:
        time.sleep(0.5)


def _reconcile(is_over: threading.Event) -> None:
    """What the clock does in production."""
    from django.db import close_old_connections

    from workers.endpoints.health import check_endpoints
    from workers.engine.reconcile import reconcile

    while not is_over.wait(5):
        reconcile()
        check_endpoints()
        close_old_connections()


def _wait(project: int) -> int:
    from workers.models import Generation

    end = time.monotonic() + LONGEST_SECONDS
    open_ = Generation.objects.filter(project=project, finished_at=None)
    while (left := open_.count()) and time.monotonic() < end:
        time.sleep(1)
    return left


def _judge(project: int, left: int) -> bool:
    from workers.models import Generation

    rows = list(Generation.objects.filter(project=project))
    states = Counter(row.state for row in rows)
    wrong = [
        row for row in rows if row.state == "done" and row.output.split()[0] != _key(row.messages)
    ]
    cut = [row for row in rows if row.state == "done" and len(row.output.split()) != 10]
    keys = Counter(_key(row.messages) for row in rows)
    print(f"{len(rows)} draws, {N_KILLS} workers killed: {dict(states)}")
    print(f"  stuck {left}, drawn into two rows {sum(n > 1 for n in keys.values())}, ", end="")
    print(f"with another's text {len(wrong)}, cut short {len(cut)}")
    print(f"  attempts {dict(sorted(Counter(row.attempts for row in rows).items()))}, ", end="")
    print(f"interrupted {sum(row.interruptions for row in rows)}")
    return not (left or wrong or cut) and len(rows) == N_DRAWS == len(keys)


def _key(messages: Any) -> str:
    return str(messages[0]["content"]).split()[0]

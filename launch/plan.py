"""The product's own processes: how each is run."""

import http.client
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from config.environment import Environment, child_environ
from launch.processes import Command

PROGRAMS = Path(sys.executable).parent
# Draws share one event loop a process; threads are for nudges and other short work.
INTERACTIVE_THREADS = 8
BATCH_THREADS = 4
WEB_PROCESSES = 2


def django_environ() -> Mapping[str, str]:
    """One BLAS thread: on a busy machine more of them make the small matrices slower."""
    return child_environ(
        DJANGO_SETTINGS_MODULE="config.settings",
        PYTHONUNBUFFERED="1",
        OPENBLAS_NUM_THREADS="1",
        OMP_NUM_THREADS="1",
    )


def manage(name: str, *arguments: str) -> Command:
    """A management command that runs to its end."""
    argv = (sys.executable, "manage.py", name, *arguments)
    return Command(name=name, argv=argv, environ=django_environ())


def web(environment: Environment) -> Command:
    processes = min(WEB_PROCESSES, os.cpu_count() or 1)
    return Command(
        name="web",
        argv=(
            *(str(PROGRAMS / "granian"), "--interface", "asginl", "config.asgi:application"),
            *("--host", environment.bind.strip("[]"), "--port", str(environment.port)),
            *("--workers", str(processes), "--workers-kill-timeout", "2"),
            *("--respawn-failed-workers", "--respawn-interval", "0.5", "--no-ws"),
        ),
        environ=django_environ(),
        stop_seconds=3.5,
        is_ready=lambda: is_web_ready(environment),
        ask_every_seconds=0.2,
    )


def workers(environment: Environment) -> list[Command]:
    """Interactive and batch workers, and the clock."""
    schedule = str(environment.run_folder / "celerybeat-schedule")
    return [
        _worker("interactive", queues="interactive,housekeeping", threads=INTERACTIVE_THREADS),
        _worker("batch", queues="exports,batch", threads=BATCH_THREADS),
        Command(
            name="beat",
            argv=_celery("beat", "--schedule", schedule, "--pidfile", ""),
            environ=django_environ(),
        ),
    ]


def is_web_ready(environment: Environment) -> bool:
    """Whether `GET /readyz` answers 200 to a request with a host name that is allowed."""
    host = environment.bind.strip("[]")
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated
    headers = {"Host": environment.allowed_hosts[0].lstrip("*.") or "localhost"}
    connection = http.client.HTTPConnection(target, environment.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers=headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _worker(name: str, *, queues: str, threads: int) -> Command:
    return Command(
        name=f"worker-{name}",
        argv=_celery(
            *("worker", "-Q", queues, "-P", "threads", "-c", str(threads), "-n", f"{name}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
        environ=django_environ(),
    )


def _celery(command: str, *arguments: str) -> tuple[str, ...]:
    return (str(PROGRAMS / "celery"), "-A", "config", command, "--loglevel", "INFO", *arguments)

"""What the benchmarks of drawing stand on: servers, workers, the bare client, and rows."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import django

from bench.labeling import free_port
from launch.embedded import running

if TYPE_CHECKING:
    from projects.models import Project
    from workers.models import Generation, LanguageModel

PROGRAMS = {
    "interactive worker": "interactive@",
    "batch worker": "batch@",
    "PostgreSQL": "postgres",
    "Valkey": "valkey",
    "model server": "drawing_server",
}


@dataclass(frozen=True)
class Target:
    """A model server, and what to ask of it: {key} stands for something new each time."""

    base_url: str
    model: str
    is_scripted: bool

    def message(self, key: str, *, pieces: int, first_ms: int, between_ms: int) -> str:
        if self.is_scripted:
            return f"{key} {pieces} {first_ms} {between_ms}"
        return f"{key}: tell a long story about a touchstone."


@contextmanager
def furnished() -> Iterator[None]:
    """PostgreSQL and Valkey of the benchmark's own, durable as `make up` has them, unless
    TOUCHSTONE_DATA names a folder of others."""
    with ExitStack() as stack:
        if "TOUCHSTONE_DATA" not in os.environ:
            folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            stack.enter_context(running(folder))
            os.environ["TOUCHSTONE_DATA"] = str(folder)
            for name in ("DATABASE_URL", "REDIS_URL"):
                os.environ.pop(name, None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield


def start_server(port: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen((sys.executable, "-m", "bench.drawing_server", str(port)))


@contextmanager
def scripted() -> Iterator[Target]:
    port = free_port()
    with subprocess.Popen((sys.executable, "-m", "bench.drawing_server", str(port))) as process:
        try:
            wait_for_server(port)
            yield Target(f"http://127.0.0.1:{port}/v1", "fast", True)
        finally:
            process.terminate()


def wait_for_server(port: int) -> None:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def most_in_flight(target: Target) -> int:
    """At most since this was asked last."""
    address = f"{target.base_url.removesuffix('/v1')}/most"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own server
        return int(json.loads(answer.read())["most"])


def start_worker(queue: str, number: int = 0) -> "subprocess.Popen[bytes]":
    """A worker as `make up` runs it."""
    from config import environment
    from launch import plan

    command = plan.workers(environment.load())[0 if queue == "interactive" else 1]
    argv = list(command.argv)
    argv[argv.index("-n") + 1] = f"{queue}@{number}"
    log = environment.load().log_folder / f"{queue}-{number}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        return subprocess.Popen(argv, env=dict(command.environ), stdout=file, stderr=file)


@contextmanager
def workers(*queues: str) -> Iterator[None]:
    from django.core.cache import cache

    cache.delete_many([f"workers:seen:{queue}" for queue in queues])
    processes = [start_worker(queue) for queue in queues]
    try:
        for queue in queues:
            while cache.get(f"workers:seen:{queue}") is None:
                time.sleep(0.1)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def make_rows(target: Target, *, bound: int, kept: int = 0) -> "tuple[Project, LanguageModel]":
    from tests.factories import make_endpoint, make_model, make_project

    endpoint = make_endpoint(
        base_url=target.base_url, most_in_flight=bound, kept_for_interactive=kept
    )
    sampling = {"max_tokens": 256, "temperature": 0.7}
    model = make_model(endpoint=endpoint, served_name=target.model, sampling=sampling)
    return make_project(), model


def request(
    project: "Project", model: "LanguageModel", texts: Sequence[str], queue: str
) -> "list[Generation]":
    """Ask for them as a batch does."""
    from django.db import transaction

    from labeling.batches.writing import WRITTEN_AT_ONCE
    from workers.drawing import Draw, request_draws
    from workers.models import Generation

    rows = []
    for first in range(0, len(texts), WRITTEN_AT_ONCE):
        some = texts[first : first + WRITTEN_AT_ONCE]
        draws = [Draw(model, [{"role": "user", "content": text}]) for text in some]
        with transaction.atomic():
            rows += request_draws(project=project, draws=draws, queue=Generation.Queue(queue))
    return rows


def wait_until_done(project: "Project", *, seconds: float = 1800) -> None:
    from workers.models import Generation

    end = time.monotonic() + seconds
    open_ = Generation.objects.filter(project=project, finished_at=None)
    while open_.exists() and time.monotonic() < end:
        time.sleep(0.05)


async def bare(target: Target, texts: Sequence[str], *, at_once: int) -> "tuple[int, list[float]]":
    """The same by a client that does nothing else: tokens, and seconds to each first one."""
    places = asyncio.Semaphore(at_once)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(text: str) -> tuple[int, float]:
            async with places:
                return await _ask(session, target, text)

        answers = await asyncio.gather(*(ask(text) for text in texts))
    return sum(n for n, _ in answers), [first for _, first in answers]


async def _ask(session: aiohttp.ClientSession, target: Target, text: str) -> tuple[int, float]:
    body: dict[str, Any] = {
        "model": target.model,
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 256,
        "temperature": 0.7,
    }
    began, first, n_tokens = time.monotonic(), 0.0, 0
    async with session.post(f"{target.base_url}/chat/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            if event["choices"] and event["choices"][0]["delta"].get("content"):
                first = first or time.monotonic() - began
            if event.get("usage"):
                n_tokens = event["usage"]["completion_tokens"]
    return n_tokens, first

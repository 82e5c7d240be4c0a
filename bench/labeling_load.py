"""The two sides of `bench.labeling`: labelers over HTTP, and the same two transactions bare.

Each runs in processes of its own and reports the seconds of every loop. No Django here: the load
must cost far less than what it loads.
"""

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

LABELERS_A_PROCESS = 8
HEADER_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Measured:
    """What one run of a load came to."""

    tasks: int
    seconds: float
    loops: list[float]
    """Seconds of each loop, from asking for a task to its submission's answer."""
    requests: list[float]
    """Seconds of each request or transaction."""
    load_cores: float
    """Processor seconds a second that the load itself took, in Python and the driver."""

    @property
    def rate(self) -> float:
        return self.tasks / self.seconds


def together(rounds: Sequence[Measured]) -> Measured:
    """Several rounds as if they had been one."""
    return Measured(
        tasks=sum(each.tasks for each in rounds),
        seconds=sum(each.seconds for each in rounds),
        loops=[loop for each in rounds for loop in each.loops],
        requests=[request for each in rounds for request in each.requests],
        load_cores=sum(each.load_cores for each in rounds) / len(rounds),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass(frozen=True)
class OverHttp:
    """Labelers with an API token each; `is_joined` asks for the next task with the submission."""

    port: int
    slug: str
    tokens: list[str]
    is_joined: bool

    def labeler(self, number: int) -> "HttpLabeler":
        return HttpLabeler(self.port, self.slug, self.tokens[number], is_joined=self.is_joined)


class HttpLabeler:
    """A kept connection and as little parsing as will do."""

    def __init__(self, port: int, slug: str, token: str, *, is_joined: bool) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
        ).encode()
        self.ask_path = f"/api/v1/projects/{slug}/next"
        self.is_joined = is_joined
        self.held: int | None = None

    def loop(self) -> list[float]:
        """One task: asked for and submitted; seconds of each request."""
        seconds = []
        if self.held is None:
            start = time.perf_counter()
            self.held = self._post(self.ask_path, b'{"kind": "demonstration"}')["id"]
            seconds.append(time.perf_counter() - start)
        query = "?next=1" if self.is_joined else ""
        start = time.perf_counter()
        path = f"/api/v1/assignments/{self.held}/submit{query}"
        answer = self._post(path, b'{"text": "An answer of some length, as people write them."}')
        seconds.append(time.perf_counter() - start)
        self.held = answer["next"]["id"] if self.is_joined else None
        return seconds

    def _post(self, path: str, body: bytes) -> Any:
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        self.socket.sendall(f"POST {path} HTTP/1.1\r\n".encode() + self.head + length + body)
        got = b""
        while HEADER_END not in got:
            got += self._read()
        head, _, rest = got.partition(HEADER_END)
        size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(rest) < size:
            rest += self._read()
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode() + rest.decode())
        return json.loads(rest)

    def _read(self) -> bytes:
        part = self.socket.recv(65_536)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part


@dataclass(frozen=True)
class Bare:
    """The same two transactions by psycopg, prepared, without Django and without HTTP."""

    conninfo: str
    claim: str
    values: dict[str, Any]
    submit: Sequence[str]
    users: list[int]

    def labeler(self, number: int) -> "BareLabeler":
        return BareLabeler(self, self.users[number])


class BareLabeler:
    def __init__(self, load: Bare, user: int) -> None:
        self.load = load
        self.values = {**load.values, "user": user}
        self.connection = psycopg.connect(load.conninfo, autocommit=True)

    def loop(self) -> list[float]:
        start = time.perf_counter()
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(self.load.claim, self.values)
            found = cursor.fetchone()
        if found is None:
            raise RuntimeError("the backlog is empty")
        middle = time.perf_counter()
        values = {**self.values, "assignment": found[0]}
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for statement in self.load.submit:
                cursor.execute(statement, values)
        return [middle - start, time.perf_counter() - middle]


def run(load: OverHttp | Bare, *, labelers: int, seconds: float, warm_up: float) -> Measured:
    """Let so many labelers work for so long, after a time that does not count."""
    context = multiprocessing.get_context("spawn")
    counts = [
        len(range(first, labelers, -(-labelers // LABELERS_A_PROCESS)))
        for first in range(-(-labelers // LABELERS_A_PROCESS))
    ]
    barrier = context.Barrier(len(counts) + 1)
    results = context.SimpleQueue()
    processes, first = [], 0
    for count in counts:
        arguments = (load, range(first, first + count), warm_up, seconds, barrier, results)
        processes.append(context.Process(target=_work, args=arguments))
        first += count
    for process in processes:
        process.start()
    barrier.wait(timeout=60)
    loops: list[list[float]] = []
    cores = 0.0
    for _ in processes:
        found, cpu_seconds, failed = results.get()
        if failed:
            raise RuntimeError(failed)
        loops += found
        cores += cpu_seconds / (warm_up + seconds)
    for process in processes:
        process.join()
    return Measured(
        tasks=len(loops),
        seconds=seconds,
        loops=[sum(loop) for loop in loops],
        requests=[request for loop in loops for request in loop],
        load_cores=cores,
    )


def _work(
    load: OverHttp | Bare,
    numbers: range,
    warm_up: float,
    seconds: float,
    barrier: Any,
    results: Any,
) -> None:
    labelers = [load.labeler(number) for number in numbers]
    barrier.wait(timeout=60)
    begin = time.perf_counter() + warm_up
    cpu_before = time.process_time()
    found: list[list[float]] = []
    failures: list[str] = []
    threads = [
        threading.Thread(
            target=_label, args=(labeler.loop, begin, begin + seconds, found, failures)
        )
        for labeler in labelers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((found, time.process_time() - cpu_before, "; ".join(failures)))


def _label(
    loop: Callable[[], list[float]],
    begin: float,
    end: float,
    found: list[list[float]],
    failures: list[str],
) -> None:
    try:
        while time.perf_counter() < end:
            seconds = loop()
            if begin <= time.perf_counter() < end:
                found.append(seconds)
    except (RuntimeError, OSError, psycopg.Error) as error:
        # A thread that ends silently would pass for a slow server.
        failures.append(str(error))

"""Visitors of `bench.battles`: event streams held open, and what came when. No Django here.

    python -m bench.battles_load PORT LOG

Each line of the input is a path and a cookie; a stream is opened for it at once. When the input
ends and all streams have, what was heard goes to LOG as JSON, one list an opened stream in the
order of the input, and how late this process itself came to what it had to do: what it adds to
every moment that it notes.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

SECONDS_FOR_ONE = 300.0
SECONDS_BETWEEN_LOOKS = 0.05


@dataclass
class Heard:
    """One visitor's stream: each event's moment, name, data and bytes."""

    path: str
    opened_at: float
    answered_at: float = 0.0
    events: list[tuple[float, str, str, int]] = field(default_factory=list)
    problem: str = ""


async def visit(port: int, path: str, cookie: str) -> Heard:
    heard = Heard(path, time.monotonic())
    try:
        async with asyncio.timeout(SECONDS_FOR_ONE):
            await _listen(heard, port, cookie)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        heard.problem = repr(error)
    return heard


async def _listen(heard: Heard, port: int, cookie: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        writer.write(
            f"GET {heard.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Cookie: sessionid={cookie}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if not head.startswith("http/1.1 200") or "transfer-encoding: chunked" not in head:
            raise ValueError(head)
        heard.answered_at = time.monotonic()
        while not heard.events or heard.events[-1][1] not in ("end", "trouble"):
            size = int(await reader.readuntil(b"\r\n"), 16)
            chunk = await reader.readexactly(size + 2)
            if not size:
                return
            _note(heard, chunk[:-2].decode())
    finally:
        writer.close()


def _note(heard: Heard, chunk: str) -> None:
    for part in chunk.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.split("\n") if ": " in line)
        if "event" in lines:
            size = len(part.encode()) + 2
            heard.events.append((time.monotonic(), lines["event"], lines["data"], size))


async def keep_looking(late: list[float]) -> None:
    while True:
        due = time.monotonic() + SECONDS_BETWEEN_LOOKS
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        late.append(time.monotonic() - due)


async def visit_all(port: int) -> tuple[list[Heard], list[float]]:
    lines, visits, late = asyncio.StreamReader(), [], list[float]()
    looking = asyncio.create_task(keep_looking(late))
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := (await lines.readline()).decode().strip():
        path, cookie = line.split()
        visits.append(asyncio.create_task(visit(port, path, cookie)))
    heard = list(await asyncio.gather(*visits))
    looking.cancel()
    return heard, late


if __name__ == "__main__":
    all_heard, all_late = uvloop.run(visit_all(int(sys.argv[1])))
    told = {
        "cpu_seconds": time.process_time(),
        "late": all_late,
        "heard": [asdict(each) for each in all_heard],
    }
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")

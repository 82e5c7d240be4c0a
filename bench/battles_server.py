"""A model server that follows a script: two models of unlike habits, as OpenAI and vLLM answer.

    python -m bench.battles_server PORT CHARACTERS LOG

"quick" sends small pieces often and starts soon; "slow" sends larger ones now and then, starts
late and stalls here and there. Their texts are alike in length and words, so that only time and
sizes can tell them apart. A reply begins with the moment at which its first piece was sent, on the
machine's monotonic clock. Every piece's moment and size goes to LOG when the server is stopped,
and by how many seconds each was sent later than the script says.
"""

import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvloop

WORDS = ["a", "touchstone", "shows", "which", "streak", "of", "gold", "is", "purer", "at", "once"]


@dataclass(frozen=True)
class Habits:
    """Seconds and characters; each a mean around which the script draws."""

    first_seconds: float
    between_seconds: float
    piece: int
    stall_chance: float


MODELS = {
    "quick": Habits(first_seconds=0.4, between_seconds=0.12, piece=10, stall_chance=0.0),
    "slow": Habits(first_seconds=0.9, between_seconds=0.45, piece=18, stall_chance=0.05),
}


def pieces(model: str, characters: int, rng: random.Random) -> Iterator[tuple[float, str]]:
    """Seconds to wait and what to send then, until the text is as long as it should be."""
    habits = MODELS[model]
    words = " ".join(rng.choice(WORDS) for _ in range(characters // 4))
    length = rng.randint(characters // 2, characters)
    wait = habits.first_seconds * rng.uniform(0.5, 1.5)
    at = 0
    while at < length:
        size = max(1, round(habits.piece * rng.uniform(0.5, 1.5)))
        yield wait, words[at : min(at + size, length)]
        at += size
        wait = habits.between_seconds * rng.uniform(0.5, 1.5)
        if rng.random() < habits.stall_chance:
            wait += rng.uniform(0.5, 1.5)


def event(model: str, text: str | None, **fields: object) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": None, **fields}
    return b"data: " + orjson.dumps({"model": model, "choices": [choice]}) + b"\n\n"


class Server:
    def __init__(self, characters: int) -> None:
        self.characters = characters
        self.sent: list[tuple[str, list[tuple[float, int]]]] = []
        self.late: list[float] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            size = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
            body = await reader.readexactly(size)
            if head.startswith("post"):
                await self._talk(json.loads(body)["model"], writer)
            else:
                names = [{"id": name} for name in MODELS]
                _begin(writer, "application/json")
                writer.write(json.dumps({"data": names}).encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _talk(self, model: str, writer: asyncio.StreamWriter) -> None:
        _begin(writer, "text/event-stream")
        told: list[tuple[float, int]] = []
        self.sent.append((model, told))
        due = time.monotonic()
        for wait, text in pieces(model, self.characters, random.Random()):
            due += wait
            await asyncio.sleep(due - time.monotonic())
            now = time.monotonic()
            self.late.append(now - due)
            text = text if told else f"{now:013.6f} {text}"
            told.append((now, len(text)))
            writer.write(event(model, text))
        usage = {"prompt_tokens": 8, "completion_tokens": len(told)}
        writer.write(event(model, None, finish_reason="stop"))
        writer.write(
            b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
            b"data: [DONE]\n\n"
        )


def _begin(writer: asyncio.StreamWriter, kind: str) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())


async def serve(port: int, characters: int) -> Server:
    """The server, once the process was told to stop."""
    scripted, stopped = Server(characters), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await asyncio.start_server(scripted.answer, "127.0.0.1", port, backlog=1024)
    async with server:
        await stopped.wait()
    return scripted


if __name__ == "__main__":
    served = uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
    Path(sys.argv[3]).write_text(
        json.dumps({"sent": served.sent, "late": served.late}), encoding="utf-8"
    )

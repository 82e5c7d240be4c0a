"""Replies of `bench.battles --streams-only`, written straight into Redis: there are no workers.

    python -m bench.battles_script CHARACTERS LOG

Each line of the input is a generation's number and the name of a scripted model, whose reply is
written as a worker would write it. When the input ends and all replies have, every piece's moment
and size goes to LOG, and how late it was, as from `bench.battles_server`.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import django
import uvloop

from bench.battles_server import pieces

FLUSH_SECONDS = 0.01
Told = list[tuple[float, int]]


class Script:
    def __init__(self, characters: int) -> None:
        from workers.streams import reader

        self.characters = characters
        self.sent: list[tuple[str, Told]] = []
        self.late: list[float] = []
        self._client = reader()
        self._entries: list[tuple[str, dict[str, str]]] = []

    async def write(self, pk: int, model: str) -> None:
        told: Told = []
        self.sent.append((model, told))
        self._add(pk, restart="1")
        text, due = "", time.monotonic()
        for wait, piece in pieces(model, self.characters, random.Random()):
            due += wait
            await asyncio.sleep(due - time.monotonic())
            now = time.monotonic()
            self.late.append(now - due)
            piece = piece if told else f"{now:013.6f} {piece}"
            told.append((now, len(piece)))
            self._add(pk, at=str(len(text)), text=piece)
            text += piece
        await self._finish(pk, text)

    async def _finish(self, pk: int, text: str) -> None:
        from asgiref.sync import sync_to_async

        from arena.battling import battles
        from tests.arena.rows import finish
        from workers.models import Generation

        # The row says of which attempt it is, as it does where a worker claimed it.
        claimed = Generation.objects.filter(pk=pk)
        await sync_to_async(claimed.update)(attempts=1)
        await sync_to_async(finish)(pk, text)
        self._add(pk, end="done", length=str(len(text)), reason="stop")
        await self.flush()
        await sync_to_async(battles.settle_turns)(generation_ids=[pk])

    def _add(self, pk: int, **fields: str) -> None:
        from workers.streams import key

        self._entries.append((key(pk), {"attempt": "1", **fields}))

    async def flush(self) -> None:
        """All that was added since, in the order of adding, in one round trip."""
        if not self._entries:
            return
        entries, self._entries = self._entries, []
        async with self._client.pipeline(transaction=False) as pipeline:
            for name, fields in entries:
                entry: dict[Any, Any] = dict(fields)
                pipeline.xadd(name, entry)
            await pipeline.execute()

    async def keep_flushing(self) -> None:
        while True:
            await self.flush()
            await asyncio.sleep(FLUSH_SECONDS)


async def write_all(characters: int) -> Script:
    script, lines, writing = Script(characters), asyncio.StreamReader(), []
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    flushing = asyncio.create_task(script.keep_flushing())
    while line := (await lines.readline()).decode().strip():
        pk, model = line.split()
        writing.append(asyncio.create_task(script.write(int(pk), model)))
    await asyncio.gather(*writing)
    flushing.cancel()
    return script


if __name__ == "__main__":
    django.setup()
    written = uvloop.run(write_all(int(sys.argv[1])))
    Path(sys.argv[2]).write_text(
        json.dumps({"sent": written.sent, "late": written.late}), encoding="utf-8"
    )

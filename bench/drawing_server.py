"""A model server that is never in the way: so many pieces of a word, so far apart, for everybody.

    python -m bench.drawing_server PORT

The last message says how: "KEY PIECES FIRST_MS BETWEEN_MS". The reply begins with KEY, so that it
can be seen whose it is. `GET /most` says how many were in flight at most since it was asked last.
"""

import asyncio
import json
import signal
import sys

END = b"0\r\n\r\n"


class Server:
    def __init__(self) -> None:
        self.n, self.most, self.seen = 0, 0, 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
                body = await reader.readexactly(size)
                if head.startswith("POST"):
                    await self._talk(json.loads(body), writer)
                else:
                    self._tell(head, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _tell(self, head: str, writer: asyncio.StreamWriter) -> None:
        said = {"data": [{"id": "fast"}], "most": self.most, "seen": self.seen}
        if head.startswith("GET /most"):
            self.most, self.seen = self.n, 0
        body = json.dumps(said).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\n\r\n".encode() + body)

    async def _talk(self, asked: dict[str, object], writer: asyncio.StreamWriter) -> None:
        messages = asked["messages"]
        if not isinstance(messages, list):
            raise TypeError("messages must be a list")
        key, *numbers = str(messages[-1]["content"]).split()
        pieces, first, between = (int(number) for number in numbers)
        self.n, self.seen = self.n + 1, self.seen + 1
        self.most = max(self.most, self.n)
        try:
            await self._say(key, pieces, first / 1000, between / 1000, writer)
        finally:
            self.n -= 1

    async def _say(
        self, key: str, n: int, first: float, between: float, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        clock = asyncio.get_running_loop().time
        due = clock() + first
        word = _event(" touchstone")
        for number in range(n):
            if due > clock():
                await asyncio.sleep(due - clock())
            writer.write(word if number else _event(key))
            due += between
            if writer.is_closing():
                return
        usage = {"prompt_tokens": 8, "completion_tokens": n, "total_tokens": n + 8}
        counted = json.dumps({"choices": [], "usage": usage}).encode()
        writer.write(_event(None, "stop") + _chunk(counted) + _chunk(b"[DONE]") + END)


def _event(text: str | None, reason: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _chunk(json.dumps({"model": "fast", "choices": [choice]}).encode())


def _chunk(data: bytes) -> bytes:
    data = b"data: " + data + b"\n\n"
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def serve(port: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await asyncio.start_server(Server().answer, "127.0.0.1", port, backlog=2048)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

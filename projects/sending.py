"""Files and events sent to a browser."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

from asgiref.sync import sync_to_async
from django.http import FileResponse, StreamingHttpResponse


class FileStream(FileResponse):
    """A file sent piece by piece; Django's own response reads it whole when it runs on ASGI."""

    block_size = 256 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = cast("Iterator[bytes]", self.streaming_content)
        following = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
        while piece := await following():
            yield piece


class EventStream(StreamingHttpResponse):
    """Server-sent events, each handed on as it is; Django's own response takes it through two
    generators more, and works the charset out anew."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        super().__init__(
            events,
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for event in self._events:
            yield event.encode()

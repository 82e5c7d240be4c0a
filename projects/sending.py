"""Files sent to a browser."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

from asgiref.sync import sync_to_async
from django.http import FileResponse


class FileStream(FileResponse):
    """A file sent piece by piece; Django's own response reads it whole when it runs on ASGI."""

    block_size = 256 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = cast("Iterator[bytes]", self.streaming_content)
        following = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
        while piece := await following():
            yield piece

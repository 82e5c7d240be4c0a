"""One draw in progress: the endpoint's reply on its way to the readers, until it ends or is cut."""

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from django.utils import timezone

from workers.endpoints.chat import stream_chat
from workers.endpoints.errors import EndpointError, Refused, Unreachable
from workers.endpoints.replies import Completion
from workers.engine import settling
from workers.engine.claiming import Taken
from workers.engine.outlet import Pen
from workers.engine.settling import Drawn, Outcome
from workers.models import Generation

logger = logging.getLogger(__name__)

SECONDS_UNTIL_CHECKED_AGAIN = 15.0
STOPPED = "stop_asked"
"""The finish reason of a generation that somebody stopped: its text is what there was by then."""


class Cut(Enum):
    STOP = auto()
    """Somebody wants no more of it."""
    LOST = auto()
    """Another worker has taken the row over."""
    PUT_BACK = auto()
    """This process ends, or the endpoint is paused."""


@dataclass(eq=False)
class Flight:
    taken: Taken
    pen: Pen
    rest_seconds: float = 0.0
    """Between two looks at what has come."""
    since: float = field(default_factory=time.monotonic)
    completion: Completion = field(default_factory=Completion)
    first_token_at: datetime | None = None
    task: "asyncio.Task[None] | None" = None
    cut_for: Cut | None = None
    n_pieces: int = 0

    @property
    def generation(self) -> Generation:
        return self.taken.generation

    def has_spoken_lately(self) -> bool:
        """Whether text came since this was asked last."""
        n_pieces, self.n_pieces = self.n_pieces, len(self.completion.pieces)
        return self.n_pieces > n_pieces

    def cut(self, why: Cut) -> None:
        """Cut the connection at once."""
        if self.cut_for is None and self.task is not None:
            self.cut_for = why
            self.task.cancel()

    async def draw(self) -> Outcome | None:
        """What becomes of the row; None when it is not ours any more."""
        if self.generation.stop_asked_at is not None:
            # Its worker died, or put it back, before it noticed.
            return self._stopped()
        self.pen.start()
        # A task of its own: cutting it must not cut what has to follow.
        self.task = asyncio.create_task(self._pass_on())
        await asyncio.wait({self.task})
        if self.task.cancelled():
            return self._after_cut()
        error = self.task.exception()
        if error is None:
            return settling.done(self.generation, self._drawn(self.completion.finish_reason))
        if not isinstance(error, EndpointError):
            logger.error("generation %s broke the engine", self.generation.pk, exc_info=error)
            error = EndpointError("The draw went wrong here.")
        return after_error(self.generation, error)

    @property
    def was_asked(self) -> bool:
        """Whether its endpoint has had its chance; of one that was cut nothing is known."""
        return self.task is not None and self.task.done() and not self.task.cancelled()

    @property
    def error(self) -> EndpointError | None:
        """What the endpoint did wrong."""
        error = self.task.exception() if self.task is not None and self.was_asked else None
        return error if isinstance(error, EndpointError) else None

    async def _pass_on(self) -> None:
        """Pass the reply on to the readers as it comes, and note when its first text came."""
        pieces = stream_chat(
            self.taken.endpoint,
            served_name=self.taken.served_name,
            messages=self.generation.messages,
            parameters=self.generation.parameters,
            completion=self.completion,
            rest_seconds=self.rest_seconds,
        )
        async with aclosing(pieces):
            async for piece in pieces:
                self.first_token_at = self.first_token_at or timezone.now()
                self.pen.append(piece)
        if not self.completion.text.strip():
            raise Refused("The model answered with nothing.", status=200)

    def _after_cut(self) -> Outcome | None:
        if self.cut_for is Cut.STOP:
            return self._stopped()
        if self.cut_for is Cut.PUT_BACK:
            return settling.put_back(self.generation)
        return None

    def _stopped(self) -> Outcome:
        return settling.done(self.generation, self._drawn(STOPPED))

    def _drawn(self, finish_reason: str) -> Drawn:
        completion = self.completion
        return Drawn(
            output=completion.text,
            finish_reason=finish_reason,
            usage=completion.usage,
            served_model=completion.served_model,
            revision=completion.revision,
            logprobs=completion.logprobs,
            first_token_at=self.first_token_at,
        )


def after_error(row: Generation, error: EndpointError) -> Outcome:
    """Another attempt or the end, whichever the error allows."""
    logger.info("generation %s, attempt %s: %s", row.pk, row.attempts, error)
    if isinstance(error, Unreachable) and row.queue == Generation.Queue.BATCH:
        # Nobody is waiting in front of a screen: the row stays until the endpoint is back.
        return settling.put_back(row, delay_seconds=SECONDS_UNTIL_CHECKED_AGAIN)
    if error.is_retryable:
        return settling.later(row, str(error), wait_seconds=error.wait_seconds)
    return settling.failed(row, str(error))

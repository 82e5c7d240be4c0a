"""One draw from claim to finish."""

import logging

from django.db import close_old_connections
from django.utils import timezone

from workers import drawing, leases
from workers.client import (
    Completion,
    EndpointError,
    Health,
    Refused,
    Stopped,
    Unreachable,
    stream_chat,
)
from workers.drawing import Drawn
from workers.health import note_health
from workers.models import Endpoint, Generation
from workers.streams import Writer

logger = logging.getLogger(__name__)

SECONDS_UNTIL_CHECKED_AGAIN = 15.0


def run(generation_id: int) -> None:
    """Draw this generation if it is to be had; a second call for the same row does nothing."""
    generation = drawing.claim(generation_id)
    if generation is None:
        return
    endpoint = generation.model.endpoint
    if generation.stop_asked_at is not None:
        # Its worker died, or put it back, before it noticed.
        writer = Writer(generation.pk, attempt=generation.attempts)
        _finish(generation, Completion(finish_reason=drawing.STOPPED), writer)
    elif endpoint is None or not endpoint.is_active or not generation.model.is_active:
        _settle(generation, Refused("The language model was switched off.", status=0))
    elif generation.queue == Generation.Queue.BATCH and endpoint.health == Endpoint.Health.DOWN:
        # Nobody is waiting in front of a screen: the row stays until the endpoint is back.
        drawing.release(generation, delay_seconds=SECONDS_UNTIL_CHECKED_AGAIN)
    else:
        with leases.held(generation) as lease:
            _draw(generation, endpoint, lease)


def _draw(generation: Generation, endpoint: Endpoint, lease: leases.Lease) -> None:
    writer = Writer(generation.pk, attempt=generation.attempts)
    writer.start()
    # The stream may last minutes, and connections are fewer than streams.
    close_old_connections()
    completion = Completion()
    try:
        _pass_on(generation, endpoint, lease, writer, completion)
    except Stopped:
        completion.finish_reason = drawing.STOPPED
    except EndpointError as error:
        if isinstance(error, Unreachable):
            note_health(endpoint, Health(False, str(error)))
        _settle(generation, error)
        return
    except _GivenUp:
        return
    _finish(generation, completion, writer)


def _finish(generation: Generation, completion: Completion, writer: Writer) -> None:
    drawn = Drawn(
        output=completion.text,
        finish_reason=completion.finish_reason,
        usage=completion.usage,
        served_model=completion.served_model,
        first_token_at=generation.first_token_at,
    )
    if drawing.finish(generation, drawn):
        writer.end(Generation.State.DONE, reason=completion.finish_reason)


class _GivenUp(Exception):
    """The row is somebody else's now."""


def _pass_on(
    generation: Generation,
    endpoint: Endpoint,
    lease: leases.Lease,
    writer: Writer,
    completion: Completion,
) -> None:
    """Pass the reply on to the readers as it comes, and note when its first token came."""
    for piece in stream_chat(
        endpoint,
        served_name=generation.model.served_name,
        messages=generation.messages,
        parameters=generation.parameters,
        completion=completion,
        is_unwanted=lambda: lease.is_stop_asked,
    ):
        if leases.is_stopping():
            drawing.release(generation)
            raise _GivenUp
        if lease.is_lost:
            raise _GivenUp
        generation.first_token_at = generation.first_token_at or timezone.now()
        writer.append(piece)
        if lease.is_stop_asked:
            raise Stopped("The draw was stopped.")
    if not completion.text.strip():
        raise Refused("The model answered with nothing.", status=200)


def _settle(generation: Generation, error: EndpointError) -> None:
    """Another attempt or the end, whichever the error allows."""
    logger.info("generation %s, attempt %s: %s", generation.pk, generation.attempts, error)
    is_patient = generation.queue == Generation.Queue.BATCH
    if is_patient and isinstance(error, Unreachable):
        drawing.release(generation, delay_seconds=SECONDS_UNTIL_CHECKED_AGAIN)
        is_failed = False
    elif error.is_retryable:
        state = drawing.try_later(generation, str(error), wait_seconds=error.wait_seconds)
        is_failed = state == Generation.State.FAILED
    else:
        is_failed = drawing.fail(generation, str(error))
    if is_failed:
        Writer(generation.pk, attempt=generation.attempts).end(Generation.State.FAILED)

"""How far a turn of unnamed models was told, and until when it is being told.

The Redis streams of its generations say when each piece of text came, for every process alike.
Where they are gone the rows say when a reply began and ended; where those do not know either,
nothing was told to anybody, and nothing has to be waited for.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

from arena.models import Turn
from arena.telling.retold import Came, Retold, retell
from workers.models import Generation
from workers.streams import key, writing_client

logger = logging.getLogger(__name__)

SECONDS_A_PIECE = 0.5
MOST_PIECES = 600


def told_by(*, generation_ids: Sequence[int], moment: float) -> Retold:
    """How the turn of these two stands at that moment, in seconds of the epoch."""
    return retell(*_came(generation_ids), by=moment)


def told_until(turn: Turn) -> datetime | None:
    """When all of a turn whose replies are finished will have been told; None where nothing is
    known of how they came."""
    ended_at = retell(*_came(_pks(turn))).ended_at
    return None if ended_at is None else datetime.fromtimestamp(ended_at, UTC)


def shown_by(turn: Turn, moment: datetime) -> tuple[int, int] | None:
    """Characters of A and of B that were shown by then; None where that is not known."""
    came = _came(_pks(turn))
    if not all(came):
        return None
    shown = retell(*came, by=moment.timestamp()).shown
    return shown.shown_a, shown.shown_b


def _pks(turn: Turn) -> list[int]:
    return [pk for pk in (turn.generation_a_id, turn.generation_b_id) if pk is not None]


def _came(generation_ids: Sequence[int]) -> list[list[Came]]:
    """Of each generation what came, in order, in seconds of the epoch."""
    heard = _heard(generation_ids)
    gaps = [pk for pk, came in heard.items() if not came or not came[-1].is_finished]
    rows = Generation.objects.filter(finished_at__isnull=False).in_bulk(gaps) if gaps else {}
    return [_of_row(rows[pk]) if pk in rows else heard[pk] for pk in generation_ids]


def _heard(generation_ids: Sequence[int]) -> dict[int, list[Came]]:
    asked = time.time()
    try:
        with writing_client().pipeline(transaction=False) as pipeline:
            pipeline.time()
            for pk in generation_ids:
                pipeline.xrange(key(pk))
            (seconds, micros), *streams = pipeline.execute()
    except RedisError as error:
        logger.warning("it cannot be read when the replies came: %s", error)
        return {pk: [] for pk in generation_ids}
    ahead = _ahead(asked, seconds + micros / 1e6, time.time())
    return {
        pk: _of_entries(entries, ahead) for pk, entries in zip(generation_ids, streams, strict=True)
    }


def _ahead(asked: float, answered: float, heard: float) -> float:
    """By how much our clock is surely ahead of that of Redis, whose entries bear its own time.

    Where the answer's time lies within the asking's nothing says that they differ, and whoever
    asks, however slowly, goes by the same moments.
    """
    return max(asked - answered, min(heard - answered, 0.0))


def _of_entries(entries: Sequence[tuple[str, dict[str, Any]]], ahead: float) -> list[Came]:
    """What a reader of the stream has after each entry; see `workers.streams`."""
    came: list[Came] = []
    attempt = characters = 0
    for cursor, fields in entries:
        number = int(fields["attempt"])
        if number < attempt:
            continue
        if number > attempt:
            attempt, characters = number, 0
        if "text" in fields and int(fields["at"]) == characters:
            characters += len(fields["text"])
        is_over = "whole" in fields or "end" in fields
        is_finished = is_over and int(fields["length"]) == characters
        at = int(cursor.partition("-")[0]) / 1000 + ahead
        came.append(Came(at, attempt, characters, is_finished))
    return came


def _of_row(row: Generation) -> list[Came]:
    """As if the reply had come evenly."""
    if row.first_token_at is None or row.finished_at is None:
        return []
    began, ended = row.first_token_at.timestamp(), row.finished_at.timestamp()
    n_pieces = min(max(1, round((ended - began) / SECONDS_A_PIECE)), MOST_PIECES)
    return [
        Came(
            began + (ended - began) * number / n_pieces,
            row.attempts,
            len(row.output) * number // n_pieces,
            is_finished=number == n_pieces,
        )
        for number in range(1, n_pieces + 1)
    ]

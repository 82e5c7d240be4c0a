"""Positions as ids of events, sealed for one turn."""

import hmac
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

from django.utils.crypto import salted_hmac

from arena.telling.frames import Position

_SALT = "touchstone.arena.stream"
SEAL_BYTES = 8
LONGEST = 80


def sealed(at: Position, *, of: Sequence[int]) -> str:
    """The id that stands for this position in the turn of these generations."""
    return f"{at}:{_seal(str(at), of)}"


def opened(text: str, *, of: Sequence[int]) -> Position | None:
    """The position that an id stands for, or None if it is not one of this turn."""
    if len(text) > LONGEST or not text.isascii():
        return None
    said, _, seal = text.rpartition(":")
    at = Position.parse(said)
    return at if at and hmac.compare_digest(seal, _seal(said, of)) else None


def _seal(text: str, of: Sequence[int]) -> str:
    numbers = ",".join(map(str, of))
    return blake2b(f"{numbers}:{text}".encode(), key=_key(), digest_size=SEAL_BYTES).hexdigest()


@cache
def _key() -> bytes:
    return salted_hmac(_SALT, "", algorithm="sha256").digest()

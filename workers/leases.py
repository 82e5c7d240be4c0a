"""Leases of the draws in progress in this process, renewed together by one thread, which also
looks whether anybody wants one of them to stop.

The first token may take longer than a lease lasts, so the stream itself cannot renew it.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import DatabaseError, close_old_connections

from workers import drawing, stopping
from workers.client import TOTAL_SECONDS
from workers.models import Generation

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_RENEWALS = 8.0
SECONDS_BETWEEN_LOOKS = 0.2
# Past this a draw has broken every limit of its own; its lease may lapse.
LONGEST_SECONDS = TOTAL_SECONDS + 60


@dataclass
class Lease:
    claim: uuid.UUID
    generation_id: int
    since: float = field(default_factory=time.monotonic)
    is_lost: bool = False
    is_stop_asked: bool = False
    """Somebody wants no more of this draw."""


_lock = threading.Lock()
_held: dict[uuid.UUID, Lease] = {}
_is_needed = threading.Event()
_is_stopping = threading.Event()
_threads: list[threading.Thread] = []


@contextmanager
def held(generation: Generation) -> Iterator[Lease]:
    """Keep this claim's lease alive; `is_lost` turns true when another worker has taken over."""
    if generation.claim is None:
        raise ValueError("only a claimed generation has a lease")
    lease = Lease(generation.claim, generation.pk)
    with _lock:
        _held[lease.claim] = lease
        _is_needed.set()
        if not _threads:
            _threads.append(threading.Thread(target=_run, name="leases", daemon=True))
            _threads[0].start()
    try:
        yield lease
    finally:
        with _lock:
            del _held[lease.claim]
            if not _held:
                _is_needed.clear()


def stop() -> None:
    """This process is about to end: draws give their rows back at the next token."""
    _is_stopping.set()


def is_stopping() -> bool:
    return _is_stopping.is_set()


def renew_all() -> None:
    with _lock:
        leases = list(_held.values())
    now = time.monotonic()
    alive = [lease for lease in leases if now - lease.since < LONGEST_SECONDS]
    still = drawing.renew([lease.claim for lease in alive])
    for lease in leases:
        lease.is_lost = lease.claim not in still


def note_stops() -> None:
    """See which of the draws in progress somebody wants no more of."""
    with _lock:
        leases = {lease.generation_id: lease for lease in _held.values()}
    for pk in stopping.asked_among(list(leases)):
        leases[pk].is_stop_asked = True


def _run() -> None:
    renewed_at = time.monotonic()
    while _is_needed.wait():
        time.sleep(SECONDS_BETWEEN_LOOKS)
        note_stops()
        if time.monotonic() - renewed_at >= SECONDS_BETWEEN_RENEWALS:
            renewed_at = time.monotonic()
            _renew_or_warn()


def _renew_or_warn() -> None:
    try:
        renew_all()
    except DatabaseError:
        logger.warning("leases could not be renewed", exc_info=True)
    finally:
        close_old_connections()

"""Who builds an export. One builder at a time holds the claim, and one that lost it, because it was
thought dead or the export was cancelled, can finish no file any more."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from exports.models import Export

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
SAY_EVERY_SECONDS = 2.0
MOST_ATTEMPTS = 3
SMOOTHING = 0.5
Result = TypeVar("Result")


class Lost(Exception):
    """Another builder has taken this export over, or it was cancelled."""


def is_claimable() -> Q:
    lapsed = Q(state=Export.State.RUNNING, leased_until__lt=timezone.now())
    return Q(state=Export.State.QUEUED) | lapsed


def claim(export_id: int) -> Export | None:
    now = timezone.now()
    with transaction.atomic():
        export = (
            Export.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("project")
            .filter(is_claimable(), pk=export_id, attempts__lt=MOST_ATTEMPTS)
            .first()
        )
        if export is None:
            return None
        export.state = Export.State.RUNNING
        export.claim = uuid.uuid4()
        export.leased_until = now + LEASE
        export.attempts += 1
        export.save(update_fields=["state", "claim", "leased_until", "attempts"])
    return export


def held(export: Export) -> Any:
    """The row, as long as this claim on it stands."""
    return Export.objects.filter(pk=export.pk, state=Export.State.RUNNING, claim=export.claim)


class Guard(Protocol):
    """What writing needs of whoever lets it write."""

    phase: str
    n_read: int
    n_expected: int | None

    def check(self) -> None: ...

    def guarded(self, work: Callable[[], Result], **fields: Any) -> Result: ...


@dataclass
class Alone:
    """Nobody else writes where this one does, and there is no row to say anything of."""

    phase: str = ""
    n_read: int = 0
    n_expected: int | None = None

    def check(self) -> None:
        pass

    def guarded(self, work: Callable[[], Result], **fields: Any) -> Result:
        return work()


@dataclass
class Hold:
    """A claim while it is held: kept alive from a thread of its own, which also says how far the
    building is. The building thread itself is inside a transaction that only reads."""

    export: Export
    phase: str = Export.Phase.SELECTING
    n_read: int = 0
    n_expected: int | None = None
    rows_per_second: float | None = None
    lost: threading.Event = field(default_factory=threading.Event)
    thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="export")
    )
    before: tuple[float, int] = field(default_factory=lambda: (time.monotonic(), 0))

    def check(self) -> None:
        if self.lost.is_set():
            raise Lost

    def guarded(self, work: Callable[[], Result], **fields: Any) -> Result:
        """Do what only the holder may, with the row locked, so that nobody can take it over
        meanwhile; then set `fields` of the row."""

        def locked() -> Result:
            try:
                with transaction.atomic():
                    row = held(self.export)
                    if row.select_for_update().values_list("pk").first() is None:
                        self.lost.set()
                        raise Lost
                    result = work()
                    if fields:
                        row.update(**fields)
                return result
            finally:
                connection.close()

        return self.thread.submit(locked).result()

    @contextmanager
    def kept(self) -> Iterator[None]:
        done = threading.Event()

        def renew() -> None:
            while not done.wait(SAY_EVERY_SECONDS):
                try:
                    self.thread.submit(self._renew).result()
                except DatabaseError:
                    logger.warning("lease of export %s not renewed", self.export.pk, exc_info=True)

        thread = threading.Thread(target=renew, name=f"lease of {self.export}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self.thread.shutdown()

    def _renew(self) -> None:
        self._measure()
        try:
            n_held = held(self.export).update(
                leased_until=timezone.now() + LEASE,
                phase=self.phase,
                n_read=self.n_read,
                n_expected=self.n_expected,
                rows_per_second=self.rows_per_second,
            )
        finally:
            connection.close()
        if not n_held:
            self.lost.set()

    def _measure(self) -> None:
        now, n_read = time.monotonic(), self.n_read
        pace = max(n_read - self.before[1], 0) / max(now - self.before[0], 1e-6)
        self.before = (now, n_read)
        known = self.rows_per_second
        self.rows_per_second = pace if known is None else SMOOTHING * pace + (1 - SMOOTHING) * known

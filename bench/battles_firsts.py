"""How long the first characters of battles were on their way in `bench.battles`, and where."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.labeling_load import percentile

if TYPE_CHECKING:
    from arena.models import Turn


@dataclass(frozen=True)
class First:
    """One battle's, in seconds of the machine's monotonic clock."""

    sent_at: float
    """When the model server sent the first piece of the side that came later."""
    stored_at: float
    """When both had text in Redis, which says so in milliseconds."""
    open_at: float
    """When the visitor's stream was answered."""
    shown_at: float
    """When the first joint frame had come."""

    @property
    def delay(self) -> float:
        return self.shown_at - self.sent_at


def stored_at(turn: "Turn") -> float:
    """When both replies had their first text in Redis."""
    from workers.streams import key, writing_client

    ahead = time.time() - time.monotonic()
    found = 0.0
    for pk in (turn.generation_a_id, turn.generation_b_id):
        entries: Any = writing_client().xrange(key(pk or 0), count=10)
        cursor = next(cursor for cursor, fields in entries if "text" in fields)
        found = max(found, int(cursor.partition("-")[0]) / 1000 - ahead)
    return found


def tell(firsts: Sequence[First]) -> None:
    """Print where the time went."""
    waiting = [first for first in firsts if first.open_at <= first.sent_at]
    parts = {
        "from the model server to Redis": [each.stored_at - each.sent_at for each in firsts],
        "from Redis to the visitor": [each.shown_at - each.stored_at for each in firsts],
        f"where the stream was open by then ({len(waiting)})": [each.delay for each in waiting],
    }
    print(f"added delay of the first characters {quantiles([each.delay for each in firsts])}")
    for name, seconds in parts.items():
        print(f"  {name} {quantiles(seconds)}")


def quantiles(seconds: Sequence[float]) -> str:
    if not seconds:
        return "unknown"
    p50, p99 = percentile(list(seconds), 50), percentile(list(seconds), 99)
    return f"p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"

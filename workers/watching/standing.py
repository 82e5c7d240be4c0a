"""How drawing stands now and how it went lately, from small indexes and sums alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from workers.holding import HELD
from workers.measured import FIRST_TOKEN_BOUNDS, Tally

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SPEED_OVER = timedelta(minutes=5)
# What is held waits for a person and not for a place.
WAITING = """
SELECT model_id, queue, count(*), extract(epoch FROM %(now)s - min(not_before))::float8
FROM workers_generation WHERE state = 'queued' AND not_before < %(held)s GROUP BY 1, 2
"""
RUNNING = """
SELECT draw.model_id, coalesce(draw.endpoint_id, model.endpoint_id), draw.queue, count(*)
FROM workers_generation draw JOIN workers_languagemodel model ON model.id = draw.model_id
WHERE draw.state = 'running' GROUP BY 1, 2, 3
"""
SUMS = """
SELECT model_id, endpoint_id,
    coalesce(sum(n_done) FILTER (WHERE minute >= %(hour)s), 0)::bigint,
    coalesce(sum(n_failed) FILTER (WHERE minute >= %(hour)s), 0)::bigint,
    sum(n_done)::bigint, sum(n_failed)::bigint, sum(n_again)::bigint, sum(n_cut)::bigint,
    coalesce(sum(output_tokens) FILTER (WHERE minute >= %(lately)s), 0)::bigint
FROM workers_drawminute WHERE minute >= %(day)s GROUP BY 1, 2
"""
FIRST_TOKENS = """
SELECT model_id, endpoint_id, place, sum(number)
FROM workers_drawminute, unnest(first_tokens) WITH ORDINALITY AS bucket (number, place)
WHERE minute >= %(hour)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
ERRORS = """
SELECT endpoint_id, kind, coalesce(sum(n::bigint) FILTER (WHERE minute >= %(hour)s), 0),
    sum(n::bigint)
FROM workers_drawminute, jsonb_each_text(errors) AS error (kind, n)
WHERE minute >= %(day)s GROUP BY 1, 2 ORDER BY 4 DESC, 2
"""

Key = tuple[int, int | None]


@dataclass
class Waiting:
    """Draws of one model in one queue that nobody has begun."""

    model_id: int
    queue: str
    number: int
    oldest_seconds: float


@dataclass
class Running:
    """Draws of one model at one endpoint in one queue that are being written."""

    model_id: int
    endpoint_id: int | None
    queue: str
    number: int


@dataclass
class Lately:
    """How draws of one model from one endpoint, or of several, went in the last hour and day."""

    done_hour: int = 0
    failed_hour: int = 0
    done_day: int = 0
    failed_day: int = 0
    again_day: int = 0
    cut_day: int = 0
    recent_tokens: int = 0
    first_tokens: list[int] = field(default_factory=lambda: [0] * (len(FIRST_TOKEN_BOUNDS) + 1))

    def __iadd__(self, other: "Lately") -> "Lately":
        for name, value in vars(other).items():
            if name != "first_tokens":
                setattr(self, name, getattr(self, name) + value)
        self.first_tokens = [
            a + b for a, b in zip(self.first_tokens, other.first_tokens, strict=True)
        ]
        return self

    @property
    def failed_share_hour(self) -> float | None:
        ended = self.done_hour + self.failed_hour
        return self.failed_hour / ended if ended else None

    @property
    def failed_share_day(self) -> float | None:
        ended = self.done_day + self.failed_day
        return self.failed_day / ended if ended else None

    @property
    def tokens_a_second(self) -> float:
        return self.recent_tokens / SPEED_OVER.total_seconds()

    @property
    def median_first_token(self) -> float | None:
        return quantile(self.first_tokens, 0.5)

    @property
    def slow_first_token(self) -> float | None:
        """95 of a hundred come sooner."""
        return quantile(self.first_tokens, 0.95)


@dataclass(frozen=True)
class Failures:
    """How many draws failed in one way."""

    kind: str
    hour: int
    day: int


def waiting() -> list[Waiting]:
    now = timezone.now()
    return [
        Waiting(model, queue, number, max(0.0, oldest))
        for model, queue, number, oldest in _rows(WAITING, {"now": now, "held": HELD})
    ]


def running() -> list[Running]:
    return [Running(*row) for row in _rows(RUNNING, {})]


def lately() -> dict[Key, Lately]:
    """By model and endpoint."""
    when = _times()
    found: dict[Key, Lately] = defaultdict(Lately)
    for row in _rows(SUMS, when):
        found[row[0], row[1]] = Lately(*row[2:])
    for model, endpoint, place, number in _rows(FIRST_TOKENS, when):
        found[model, endpoint].first_tokens[place - 1] = int(number)
    return found


def failures() -> dict[int | None, list[Failures]]:
    """By endpoint, the commonest kind first."""
    found: dict[int | None, list[Failures]] = defaultdict(list)
    for endpoint, kind, hour, day in _rows(ERRORS, _times()):
        found[endpoint].append(Failures(kind, int(hour), int(day)))
    return found


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The time within which this share came, evenly spread within its bucket; None of nothing.

    Of what is beyond the last bound only the bound is known.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, before, low = share * total, 0, 0.0
    for number, high in zip(counts, FIRST_TOKEN_BOUNDS, strict=False):
        if number and before + number >= wanted:
            return low + (high - low) * (wanted - before) / number
        before, low = before + number, high
    return FIRST_TOKEN_BOUNDS[-1]


def _times() -> dict[str, datetime]:
    now = timezone.now()
    counted = Tally.objects.values_list("counted_to", flat=True).first() or now
    return {"hour": now - HOUR, "day": now - DAY, "lately": counted - SPEED_OVER}


def _rows(sql: str, values: dict[str, datetime]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())

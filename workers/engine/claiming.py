"""Taking rows that are due: what fits the free places of their endpoints, projects in turn.

How many draws an endpoint has at once is bounded for all processes together: a claim locks the
endpoints of which it gives places, and only then counts what runs on them.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from workers.endpoints import breaker
from workers.endpoints.errors import EndpointError, Overloaded, Refused, Unreachable
from workers.engine.sharing import Place, Room, Turns, Waiting, share_out
from workers.models import Endpoint, Generation

LEASE = timedelta(seconds=30)
# A worker that dies interrupts hundreds of draws, and all but one did it no harm.
MOST_INTERRUPTIONS = 10

# One step in the index for each pair of model and project, however many rows wait.
LANES = """
WITH RECURSIVE lane AS (
    (SELECT model_id, project_id FROM workers_generation
     WHERE state = 'queued' AND queue = %(queue)s
     ORDER BY model_id, project_id LIMIT 1)
    UNION ALL
    SELECT following.* FROM lane, LATERAL (
        SELECT model_id, project_id FROM workers_generation
        WHERE state = 'queued' AND queue = %(queue)s
          AND (model_id, project_id) > (lane.model_id, lane.project_id)
        ORDER BY model_id, project_id LIMIT 1) AS following
)
SELECT model_id, project_id FROM lane WHERE EXISTS (
    SELECT FROM workers_generation AS draw
    WHERE draw.state = 'queued' AND draw.queue = %(queue)s AND draw.model_id = lane.model_id
      AND draw.project_id = lane.project_id AND draw.not_before <= %(now)s)
UNION
SELECT model_id, project_id FROM workers_generation
WHERE state = 'running' AND leased_until < %(now)s AND queue = %(queue)s
  AND interruptions < %(most_interruptions)s
"""
DUE = """
SELECT due.id, lane.project_id, lane.model_id, due.not_before
FROM unnest(%(models)s::bigint[], %(projects)s::bigint[]) AS lane(model_id, project_id), LATERAL (
    SELECT id, not_before FROM workers_generation AS draw
    WHERE draw.state = 'queued' AND draw.queue = %(queue)s AND draw.model_id = lane.model_id
      AND draw.project_id = lane.project_id AND draw.not_before <= %(now)s
    ORDER BY not_before, id LIMIT %(most)s) AS due
UNION ALL
SELECT id, project_id, model_id, not_before FROM workers_generation
WHERE state = 'running' AND leased_until < %(now)s AND queue = %(queue)s
  AND interruptions < %(most_interruptions)s AND model_id = ANY(%(models)s)
ORDER BY not_before, id
"""
ONE = """
SELECT id, project_id, model_id, not_before FROM workers_generation
WHERE id = %(only)s AND (state = 'queued' AND not_before <= %(now)s
    OR state = 'running' AND leased_until < %(now)s AND interruptions < %(most_interruptions)s)
"""
SERVED = """
SELECT id, endpoint_id, served_name, is_active FROM workers_languagemodel WHERE id = ANY(%(models)s)
UNION ALL
SELECT replica.model_id, replica.endpoint_id, replica.served_name, model.is_active
FROM workers_modelreplica AS replica JOIN workers_languagemodel AS model ON model.id = model_id
WHERE model_id = ANY(%(models)s)
"""
BUSY = """
SELECT endpoint_id, project_id, queue = %(queue)s, count(*) FROM workers_generation
WHERE state = 'running' AND leased_until >= %(now)s AND endpoint_id = ANY(%(endpoints)s)
GROUP BY 1, 2, 3
"""
TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(claims)s::uuid[], %(endpoints)s::bigint[])
        AS one(id, claim, endpoint_id)
), free AS (
    SELECT id, state FROM workers_generation
    WHERE id = ANY(%(ids)s) AND (state = 'queued' AND not_before <= %(now)s
        OR state = 'running' AND leased_until < %(now)s)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE workers_generation AS draw SET
    state = 'running', claim = wanted.claim, endpoint_id = wanted.endpoint_id,
    attempts = draw.attempts + 1, leased_until = %(until)s, started_at = %(now)s,
    interruptions = draw.interruptions + (free.state = 'running')::int
FROM wanted JOIN free USING (id)
WHERE draw.id = wanted.id
RETURNING draw.*
"""


@dataclass(frozen=True)
class Taken:
    """A row that is ours for one attempt, and where to ask."""

    generation: Generation
    endpoint: Endpoint
    served_name: str


@dataclass
class Claimed:
    taken: list[Taken] = field(default_factory=list)
    refused: list[tuple[Generation, EndpointError]] = field(default_factory=list)
    """Claimed as well, but there is nobody to ask."""
    is_more: bool = False
    """Rows are due that did not fit now."""


def claim_due(
    *, queue: Generation.Queue, most: int, turns: Turns | None = None, only: int | None = None
) -> Claimed:
    """Take up to `most` rows for one attempt each; of two claims of a row at once one wins.

    Free are rows that are queued and due, and rows whose worker let the lease lapse; the latter
    counts as an interruption. `only` names the one row that is wanted. Batch draws leave an
    endpoint's kept places free and wait where nobody may be asked; interactive ones do not wait.
    """
    asked = {"queue": queue.value, "now": timezone.now(), "only": only, "most": most}
    asked["most_interruptions"] = MOST_INTERRUPTIONS - 1
    lanes = [(row[2], row[1]) for row in _rows(ONE, asked)] if only else _rows(LANES, asked)
    if not lanes or most < 1:
        return Claimed(is_more=bool(lanes))
    served = _served({model for model, _ in lanes})
    with transaction.atomic():
        market = _open_market(served, asked)
        open_ = [lane for lane in lanes if market.is_open(lane[0])]
        asked["models"] = [model for model, _ in open_]
        asked["projects"] = [project for _, project in open_]
        due = [Waiting(*row[:3]) for row in _rows(ONE if only else DUE, asked)] if open_ else []
        claimed = market.take(due, asked, turns or Turns())
    claimed.is_more |= any(market.is_full(model) for model, _ in lanes)
    return claimed


@dataclass
class _Market:
    """What the locked endpoints have to give."""

    endpoints: Mapping[int, Endpoint]
    places: Mapping[int, list[Place]]
    hopeless: Mapping[int, EndpointError]
    """Models that nobody serves, and why."""
    had: Mapping[int, int]
    """Draws of each project that run now."""

    def is_open(self, model: int) -> bool:
        has_room = any(place.room.free > 0 for place in self.places.get(model, ()))
        return has_room or model in self.hopeless

    def is_full(self, model: int) -> bool:
        """Whether it is served, but not now: a place comes free without anybody's word."""
        places = self.places.get(model)
        return bool(places) and all(place.room.free <= 0 for place in places or ())

    def take(self, due: Sequence[Waiting], asked: Mapping[str, Any], turns: Turns) -> Claimed:
        clock, most = asked["now"].timestamp(), asked["most"]
        projects = {row.project for row in due}
        had = {key: max(self.had.get(key, 0), turns.lately(key, now=clock)) for key in projects}
        pairs = share_out(due, places=self.places, had=had, most=most)
        lost = [row for row in due if row.model in self.hopeless][: most - len(pairs)]
        rows = _take([(row.id, place.room.id) for row, place in pairs], lost, asked["now"])
        taken = [(rows[row.id], place) for row, place in pairs if row.id in rows]
        turns.note((generation.project_id for generation, _ in taken), now=clock)
        claimed = Claimed(is_more=len(pairs) + len(lost) >= most)
        # Draws of one prompt side by side, so that an endpoint reads the prompt once.
        for generation, place in sorted(taken, key=lambda pair: (pair[0].project_id, pair[0].pk)):
            endpoint = self.endpoints[place.room.id]
            claimed.taken.append(Taken(generation, endpoint, place.served_name))
        for row in lost:
            if row.id in rows:
                claimed.refused.append((rows[row.id], self.hopeless[row.model]))
        return claimed


@dataclass
class _Served:
    """Where a model can be asked for: endpoints, and its name there."""

    is_active: bool = False
    at: list[tuple[int, str]] = field(default_factory=list)


def _served(models: Iterable[int]) -> dict[int, _Served]:
    found: dict[int, _Served] = defaultdict(_Served)
    for model, endpoint, name, is_active in _rows(SERVED, {"models": list(models)}):
        found[model].is_active = is_active
        if endpoint is not None:
            found[model].at.append((endpoint, name))
    return found


def _open_market(served: Mapping[int, _Served], asked: Mapping[str, Any]) -> _Market:
    ids = {pk for each in served.values() for pk, _ in each.at}
    locked = Endpoint.objects.select_for_update(no_key=True).filter(pk__in=ids, is_active=True)
    endpoints = {endpoint.pk: endpoint for endpoint in locked.order_by("pk")}
    busy: dict[int, int] = defaultdict(int)
    had: dict[int, int] = defaultdict(int)
    for endpoint, project, is_ours, n in _rows(BUSY, {**asked, "endpoints": list(endpoints)}):
        busy[endpoint] += n
        had[project] += n if is_ours else 0
    is_batch = asked["queue"] == Generation.Queue.BATCH
    rooms = {pk: _room(each, busy[pk], is_batch=is_batch) for pk, each in endpoints.items()}
    places: dict[int, list[Place]] = {}
    hopeless: dict[int, EndpointError] = {}
    for model, each in served.items():
        usable = [(pk, name) for pk, name in each.at if pk in endpoints and each.is_active]
        allowed = [Place(room, name) for pk, name in usable if (room := rooms[pk])]
        up = [p for p in allowed if endpoints[p.room.id].health != Endpoint.Health.DOWN]
        places[model] = up if up or is_batch else allowed
        if not usable:
            hopeless[model] = _switched_off()
        elif not places[model] and not is_batch:
            hopeless[model] = _closed(endpoints[pk] for pk, _ in usable)
    return _Market(endpoints, places, hopeless, had)


def _room(endpoint: Endpoint, busy: int, *, is_batch: bool) -> Room | None:
    """None where nothing may begin."""
    if endpoint.intake != Endpoint.Intake.OPEN:
        return None
    bound = endpoint.most_batch_in_flight if is_batch else endpoint.most_in_flight
    free = max(0, bound - busy)
    if endpoint.open_until is not None and free:
        if not breaker.may_call(endpoint.pk):
            return None
        free = 1
    return Room(endpoint.pk, free=free, busy=busy)


def _switched_off() -> EndpointError:
    return Refused("The language model was switched off.", status=0)


def _closed(endpoints: Iterable[Endpoint]) -> EndpointError:
    if any(endpoint.intake == Endpoint.Intake.OPEN for endpoint in endpoints):
        return Unreachable("The endpoint has not been answering.")
    return Overloaded("The endpoint takes no draws at present.")


def _take(
    pairs: Sequence[tuple[int, int]], lost: Sequence[Waiting], now: datetime
) -> dict[int, Generation]:
    wanted: list[tuple[int, int | None]] = [*pairs, *((row.id, None) for row in lost)]
    if not wanted:
        return {}
    rows = Generation.objects.raw(
        TAKE,
        {
            "ids": [pk for pk, _ in wanted],
            "claims": [uuid.uuid4() for _ in wanted],
            "endpoints": [endpoint for _, endpoint in wanted],
            "now": now,
            "until": now + LEASE,
        },
    )
    return {row.pk: row for row in rows}


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[Any] = cursor.fetchall()
    return found

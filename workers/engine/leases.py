"""Leases of the draws in progress, and who wants one of them to stop or to be put back.

The first token may take longer than a lease lasts, so the stream itself cannot renew it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from workers.engine.claiming import LEASE
from workers.models import Endpoint

SECONDS_BETWEEN_RENEWALS = 8.0

RENEW = """
UPDATE workers_generation SET leased_until = %(until)s
WHERE id = ANY(%(ids)s) AND claim = ANY(%(claims)s) AND state = 'running'
RETURNING claim, stop_asked_at IS NOT NULL
"""


@dataclass(frozen=True)
class Renewed:
    held: frozenset[uuid.UUID]
    unwanted: frozenset[uuid.UUID]
    """Of those held: somebody wants no more of them."""


def renew(held: Sequence[tuple[int, uuid.UUID]]) -> Renewed:
    """Extend the leases of these claims, by id of their rows, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            RENEW,
            {
                "until": timezone.now() + LEASE,
                "ids": [pk for pk, _ in held],
                "claims": [claim for _, claim in held],
            },
        )
        rows = cursor.fetchall()
    return Renewed(
        frozenset(claim for claim, _ in rows), frozenset(claim for claim, stop in rows if stop)
    )


def paused_among(endpoint_ids: Sequence[int]) -> set[int]:
    """Endpoints that are to be relieved of batch draws in progress."""
    paused = Endpoint.objects.filter(pk__in=endpoint_ids, intake=Endpoint.Intake.PAUSED)
    return set(paused.values_list("pk", flat=True))


def note_tokens(endpoint_ids: Sequence[int]) -> None:
    """Text has come from these since the last time."""
    Endpoint.objects.filter(pk__in=endpoint_ids).update(last_token_at=timezone.now())

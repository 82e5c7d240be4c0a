"""Draws that need not be made: the same request with the same seed has been answered before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from projects.models import Project
from workers.engine.flights import STOPPED
from workers.models import Generation

COPIED = ("output", "finish_reason", "served_model", "revision", "logprobs", "endpoint_id")


def cache_key(
    model_id: int, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> str:
    """Equal for requests that ask the same of the same model, seed included."""
    asked = json.dumps([model_id, list(messages), dict(parameters)], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def finish_known(rows: Sequence[Generation], *, project: Project) -> list[Generation]:
    """Of these unsaved rows, finish those that this project has had drawn already, as copies.

    A copy cost nothing: its usage is empty and it counts no attempt. Returns the copies.
    """
    keys = {row.cache_key for row in rows if row.cache_key}
    done = Generation.objects.filter(
        project=project, cache_key__in=keys, state=Generation.State.DONE
    ).exclude(finish_reason=STOPPED)
    known = {row.cache_key: row for row in done.order_by("-pk")}
    copies = [row for row in rows if row.cache_key in known]
    now = timezone.now()
    for row in copies:
        for name in COPIED:
            setattr(row, name, getattr(known[row.cache_key], name))
        row.state, row.started_at, row.finished_at = Generation.State.DONE, now, now
    return copies

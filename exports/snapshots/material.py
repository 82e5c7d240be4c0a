"""The judgements of a snapshot: which, and what they say."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db.models import QuerySet

from arena.models import Vote
from exports import rows
from exports.models import Export
from exports.recipe import Recipe
from exports.records import Record
from exports.snapshots.plan import Ids, Plan
from labeling import models as labeling
from labeling.autonomy import standing_in
from projects.models import Project

SOURCES = {
    "all": ("comparison", "ranking", "judge", "vote"),
    "comparisons": ("comparison", "judge"),
    "rankings": ("ranking",),
    "votes": ("vote",),
}


def plan_of(project: Project, recipe: Recipe) -> Plan:
    """To be called inside the transaction that is the snapshot."""
    sources = ("demonstration",) if recipe.kind == "sft" else SOURCES[recipe.source]
    wanted = [name for name in sources if name != "judge" or recipe.with_machine]
    return Plan(recipe=recipe, ids={name: _keys(name, project) for name in wanted})


def records(project: Project, recipe: Recipe, ids: Ids) -> Iterator[Record]:
    found: Iterator[Any]
    if recipe.kind == "sft":
        found = rows.demonstrations(project)
    else:
        source = Export.Source(recipe.source)
        found = rows.preferences(project, source, with_machine=recipe.with_machine)
    kept = {name: set(keys.tolist()) for name, keys in ids.items()}
    for record in found:
        source_name, key = record.id.split("-")[:2]
        if int(key) in kept[source_name]:
            yield record


def _keys(source: str, project: Project) -> Any:
    models: dict[str, QuerySet[Any]] = {
        "demonstration": rows.standing(labeling.Demonstration.objects.all(), project),
        "comparison": rows.standing(labeling.Comparison.objects.all(), project),
        "ranking": rows.standing(labeling.Ranking.objects.all(), project),
        "judge": standing_in.standing(project),
        "vote": Vote.objects.filter(project=project),
    }
    found = models[source].order_by("pk").values_list("pk", flat=True)
    return np.fromiter(found, np.int64)


def dropped_before(plan: Plan) -> Counter[str]:
    return Counter(plan.dropped)

"""What belongs to each round of a project: judgements, prompts, versions, models, exports."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import F

from exports.models import Export
from exports.rounds.keeping import Span
from projects.models import Project

KEPT_SECONDS = 60
KEPT_TIMES = 60
"""As long as counting took, so often: a million judgements take ten seconds."""
MOST_EXPORTS = 1_000
KINDS = ("demonstration", "comparison", "ranking")
ROUND = "1 + width_bucket({at}, %(begins)s::timestamptz[])"
"""Rounds lie side by side from the first on, so their number follows from where they begin."""
JUDGED = """
SELECT j.prompt_id, j.labeler_id, j.guideline_version_id, j.created_at, '{kind}' AS kind
FROM labeling_{kind} j JOIN labeling_prompt p ON p.id = j.prompt_id
WHERE p.project_id = %(project)s
AND NOT EXISTS (SELECT 1 FROM labeling_{kind} later WHERE later.supersedes_id = j.id)
"""
FACTS = """
WITH judged AS MATERIALIZED (
    SELECT {round} AS number, prompt_id, labeler_id, guideline_version_id, kind
    FROM ({judged}) found
)
(SELECT number, kind, '', count(*) FROM judged GROUP BY 1, 2)
UNION ALL
(SELECT number, 'prompts', '', count(DISTINCT prompt_id) FROM judged GROUP BY 1)
UNION ALL
(SELECT number, 'labelers', '', count(DISTINCT labeler_id) FROM judged GROUP BY 1)
UNION ALL
(SELECT j.number, 'version', v.number::text, count(*)
    FROM judged j JOIN instructions_guidelineversion v ON v.id = j.guideline_version_id
    GROUP BY 1, 3)
UNION ALL
(SELECT {round}, 'vote', '', count(*) FROM arena_vote WHERE project_id = %(project)s GROUP BY 1)
UNION ALL
(SELECT {round_drawn}, 'model', coalesce(m.name, r.model_name), count(*)
    FROM labeling_response r JOIN labeling_prompt p ON p.id = r.prompt_id
    LEFT JOIN workers_generation g ON g.id = r.generation_id
    LEFT JOIN workers_languagemodel m ON m.id = g.model_id
    WHERE p.project_id = %(project)s AND coalesce(m.name, r.model_name) <> '' GROUP BY 1, 3)
"""


@dataclass
class Facts:
    """`models`: those whose answers came in it, with how many, the most first."""

    counts: dict[str, int] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)
    models: list[tuple[str, int]] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)

    @property
    def judgements(self) -> dict[str, int]:
        return {kind: self.counts[kind] for kind in (*KINDS, "vote") if kind in self.counts}


def facts_of(project: Project, spans: Sequence[Span]) -> dict[int, Facts]:
    """By the number of the round; counts as of a minute ago, or of some minutes where there is much
    to count."""
    found = {span.number: Facts() for span in spans}
    for number, what, name, count in _counted(project, spans):
        facts = found[number]
        if what == "version":
            facts.versions = sorted([*facts.versions, int(name)])
        elif what == "model":
            facts.models.append((name, count))
        else:
            facts.counts[what] = count
    for facts in found.values():
        facts.models.sort(key=lambda model: (-model[1], model[0]))
    _add_exports(project, spans, found)
    return found


def _counted(project: Project, spans: Sequence[Span]) -> list[tuple[int, str, str, int]]:
    begins = [span.began_at for span in spans if span.began_at is not None]
    key = f"exports-rounds-{project.pk}-{len(begins)}-{begins[-1].timestamp() if begins else 0}"
    kept: list[tuple[int, str, str, int]] | None = cache.get(key)
    if kept is None:
        began = time.monotonic()
        sql = FACTS.format(
            round=ROUND.format(at="created_at"),
            round_drawn=ROUND.format(at="r.created_at"),
            judged=" UNION ALL ".join(JUDGED.format(kind=kind) for kind in KINDS),
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, {"project": project.pk, "begins": begins})
            kept = [(int(number), *rest) for number, *rest in cursor.fetchall()]
        took = time.monotonic() - began
        cache.set(key, kept, max(KEPT_SECONDS, round(KEPT_TIMES * took)))
    return kept


def _add_exports(project: Project, spans: Sequence[Span], found: dict[int, Facts]) -> None:
    """Each to the rounds whose judgements it holds, or where it chose among none, to the one it
    was made in; the newest first."""
    rows = project.exports.filter(state=Export.State.DONE).defer("manifest")
    told = rows.annotate(rounds=F("manifest__rounds"))
    for export in told.order_by("-created_at", "-pk")[:MOST_EXPORTS]:
        for number in _rounds_of(export, export.rounds or (), spans):
            if number in found:
                found[number].exports.append(export)


def _rounds_of(
    export: Export, told: Sequence[Mapping[str, Any]], spans: Sequence[Span]
) -> Iterable[int]:
    if export.recipe.get("selection", {}).get("rounds"):
        return [each["number"] for each in told]
    began = [
        span.number for span in spans if not span.began_at or span.began_at <= export.created_at
    ]
    return began[-1:]

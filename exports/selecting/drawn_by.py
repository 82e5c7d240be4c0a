"""Judgements of which at least one answer is of certain models."""

from typing import Any

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from exports.selecting import copying
from labeling.models import Comparison, Demonstration
from projects.models import Project
from workers.models import LanguageModel

Ints = NDArray[np.int64]

RANKED = """
SELECT DISTINCT judged.id FROM labeling_ranking judged
JOIN labeling_prompt prompt ON prompt.id = judged.prompt_id
CROSS JOIN LATERAL jsonb_path_query(judged.tiers, '$[*][*]') AS answer
JOIN labeling_response response ON response.id = answer::bigint
LEFT JOIN workers_generation drawn ON drawn.id = response.generation_id
WHERE prompt.project_id = %s
AND (drawn.model_id = ANY(%s) OR (drawn.id IS NULL AND response.model_name = ANY(%s)))
"""
# Spans are ["person", length] or [draft, length, offset].
DRAFTED = """
SELECT DISTINCT judged.id FROM labeling_demonstration judged
JOIN labeling_prompt prompt ON prompt.id = judged.prompt_id
JOIN labeling_response response ON response.id = judged.response_id
CROSS JOIN LATERAL jsonb_path_query(
    coalesce(nullif(response.turn_spans, 'null'), jsonb_build_array(response.spans)),
    'lax $[*][*][0] ? (@.type() == "number")'
) AS draft
JOIN workers_generation drawn ON drawn.id = draft::bigint
WHERE prompt.project_id = %s AND response.spans IS NOT NULL AND drawn.model_id = ANY(%s)
"""


def of_models(source: str, project: Project, names: tuple[str, ...]) -> Ints:
    """Keys of demonstrations, comparisons or rankings; an answer's model is the one that drew it,
    otherwise the one it is said to be of."""
    drawers = model_keys(names)
    if source == "ranking":
        values = (project.pk, drawers, list(names))
        return copying.copied(RANKED, values, n_columns=1)[0]
    if source == "comparison":
        rows: QuerySet[Any] = Comparison.objects.filter(prompt__project=project)
        sides = ("response_a", "response_b")
        return np.concatenate([_of_side(rows, side, drawers, names) for side in sides])
    rows = Demonstration.objects.filter(prompt__project=project)
    parts = copying.copied(DRAFTED, (project.pk, drawers), n_columns=1)[0]
    return np.concatenate([_of_side(rows, "response", drawers, names), parts])


def model_keys(names: tuple[str, ...]) -> list[int]:
    return list(LanguageModel.objects.filter(name__in=names).values_list("pk", flat=True))


def _of_side(
    rows: QuerySet[Any], response: str, drawers: list[int], names: tuple[str, ...]
) -> Ints:
    said = Q(**{f"{response}__generation": None, f"{response}__model_name__in": names})
    drawn = Q(**{f"{response}__generation__model__in": drawers})
    return np.concatenate([copying.keys(rows.filter(each)) for each in (drawn, said)])

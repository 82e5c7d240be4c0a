"""The values that a selection can name in this project, and how many judgements have each."""

from dataclasses import dataclass, field

from django.core.cache import cache
from django.db import connection

from labeling.models import Autonomy
from projects.models import Project

KEPT_SECONDS = 60
LONGEST = 300
"""Of each list; a project has rarely more tags, and a page of more helps nobody."""
DEMONSTRATIONS, COMPARISONS, RANKINGS = (
    "labeling_demonstration",
    "labeling_comparison",
    "labeling_ranking",
)
TABLES = {
    "sft": (DEMONSTRATIONS,),
    "preferences": (COMPARISONS, RANKINGS),
    "reward": (COMPARISONS, RANKINGS),
    "rankings": (RANKINGS,),
    "unpaired": (COMPARISONS, RANKINGS),
    "ratings": (COMPARISONS,),
}
JUDGED = """
SELECT j.prompt_id, j.guideline_version_id, j.labeler_id
FROM {table} j JOIN labeling_prompt p ON p.id = j.prompt_id
WHERE p.project_id = %(project)s
AND NOT EXISTS (SELECT 1 FROM {table} later WHERE later.supersedes_id = j.id)
"""
FACETS = """
WITH judged AS ({judged}), prompts AS (
    SELECT prompt_id, count(*) AS n FROM judged GROUP BY 1
)
(SELECT 'guideline_versions', version.number::text, count(*)
    FROM judged JOIN instructions_guidelineversion version ON version.id = guideline_version_id
    GROUP BY version.number)
UNION ALL
(SELECT 'labelers', labeler.pseudonym, count(*)
    FROM judged JOIN projects_user labeler ON labeler.id = labeler_id GROUP BY labeler.pseudonym)
UNION ALL
(SELECT 'languages', p.language, sum(n)
    FROM prompts JOIN labeling_prompt p ON p.id = prompt_id WHERE p.language <> '' GROUP BY 2)
UNION ALL
(SELECT 'tags', tag, sum(n)
    FROM prompts JOIN labeling_prompt p ON p.id = prompt_id, unnest(p.tags) tag GROUP BY tag)
"""
MODELS = """
SELECT name, sum(n) FROM (
    SELECT coalesce(m.name, r.model_name) AS name, count(*) AS n
    FROM labeling_response r JOIN labeling_prompt p ON p.id = r.prompt_id
    LEFT JOIN workers_generation g ON g.id = r.generation_id
    LEFT JOIN workers_languagemodel m ON m.id = g.model_id
    WHERE p.project_id = %(project)s GROUP BY 1
    UNION ALL
    SELECT m.name, count(*) FROM arena_vote v JOIN arena_battle b ON b.id = v.battle_id
    JOIN workers_languagemodel m ON m.id IN (b.model_a_id, b.model_b_id)
    WHERE v.project_id = %(project)s GROUP BY 1
) counted WHERE name <> '' GROUP BY name
"""


@dataclass(frozen=True)
class Offered:
    """Each value with how many there are; of models, how many answers or votes."""

    guideline_versions: list[tuple[str, int]] = field(default_factory=list)
    labelers: list[tuple[str, int]] = field(default_factory=list)
    languages: list[tuple[str, int]] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    models: list[tuple[str, int]] = field(default_factory=list)

    @property
    def autonomy_levels(self) -> list[tuple[str, str]]:
        return [(str(level.value), str(level.label)) for level in Autonomy.Level]


def offered(project: Project, kind: str) -> Offered:
    """As of a minute ago at most: a million judgements take seconds to count."""
    name = f"exports-offered-{project.pk}-{kind}"
    found: Offered | None = cache.get(name)
    if found is None:
        found = _counted(project, kind)
        cache.set(name, found, KEPT_SECONDS)
    return found


def _counted(project: Project, kind: str) -> Offered:
    tables = TABLES.get(kind, (DEMONSTRATIONS, COMPARISONS, RANKINGS))
    judged = " UNION ALL ".join(JUDGED.format(table=table) for table in tables)
    lists: dict[str, list[tuple[str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(FACETS.format(judged=judged), {"project": project.pk})
        for name, value, number in cursor:
            lists.setdefault(name, []).append((value, int(number)))
        cursor.execute(MODELS, {"project": project.pk})
        lists["models"] = [(value, int(number)) for value, number in cursor]
    versions = lists.pop("guideline_versions", [])
    commonest = {
        name: sorted(values, key=lambda pair: (-pair[1], pair[0]))[:LONGEST]
        for name, values in lists.items()
    }
    newest = sorted(versions, key=lambda pair: -int(pair[0]))[:LONGEST]
    return Offered(guideline_versions=newest, **commonest)

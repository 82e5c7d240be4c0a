"""The values that a selection can name in this project, and how many judgements have each."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db import connection

from exports.recipe import KINDS, Recipe
from exports.selecting.others import JUDGE, TAG, VOTER, VOTER_LETTERS
from exports.selecting.sources import sources_of
from labeling.models import Autonomy
from projects.models import Project

KEPT_SECONDS = 60
LONGEST = 300
"""Of each list; a project has rarely more tags, and a page of more helps nobody."""
STANDING = """
SELECT j.prompt_id, j.guideline_version_id, j.labeler_id
FROM {table} j JOIN labeling_prompt p ON p.id = j.prompt_id
WHERE p.project_id = %(project)s
AND NOT EXISTS (SELECT 1 FROM {table} later WHERE later.supersedes_id = j.id)
"""
JUDGED = {
    "demonstration": STANDING.format(table="labeling_demonstration"),
    "comparison": STANDING.format(table="labeling_comparison"),
    "ranking": STANDING.format(table="labeling_ranking"),
    "repair": """
SELECT t.prompt_id, o.guideline_version_id, o.labeler_id
FROM labeling_repair j JOIN labeling_assignment o ON o.id = j.assignment_id
JOIN labeling_task t ON t.id = o.task_id WHERE t.project_id = %(project)s
""",
    "review": """
SELECT j.prompt_id, j.guideline_version_id, j.labeler_id
FROM labeling_review j JOIN labeling_assignment o ON o.id = j.reviewed_id
JOIN labeling_task t ON t.id = o.task_id
WHERE t.project_id = %(project)s AND t.kind = 'demonstration' AND j.verdict IN ('fix', 'return')
""",
    "prompt": """
SELECT id, NULL::bigint, NULL::bigint FROM labeling_prompt WHERE project_id = %(project)s
""",
}
"""Of each source that has prompts: the prompt, the version and the labeler of each row."""
NOTHING = "SELECT NULL::bigint, NULL::bigint, NULL::bigint WHERE false"
FACETS = """
WITH judged (prompt_id, guideline_version_id, labeler_id) AS ({judged}), prompts AS (
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
OF_VOTES = """
(SELECT 'labelers', %(voter)s || left(voter, %(letters)s), count(*)
    FROM arena_vote WHERE project_id = %(project)s AND voter <> '' GROUP BY 2)
UNION ALL
(SELECT 'languages', language, count(*)
    FROM arena_countedvote WHERE project_id = %(project)s AND language <> '' GROUP BY 2)
UNION ALL
(SELECT 'tags', regexp_replace(category, '^' || %(tag)s, ''), count(*)
    FROM arena_countedvote, unnest(categories) category WHERE project_id = %(project)s GROUP BY 2)
"""
OF_JUDGES = """
SELECT 'labelers', %(judge)s || judge.name, count(*)
FROM labeling_machinejudgement j JOIN labeling_judgeverdict v ON v.id = j.verdict_id
JOIN labeling_judge judge ON judge.id = v.judge_id
WHERE judge.project_id = %(project)s AND NOT j.is_audit AND j.withdrawn_at IS NULL
GROUP BY judge.name
"""
SPELLED: dict[str, str | int] = {
    "voter": VOTER,
    "letters": VOTER_LETTERS,
    "judge": JUDGE,
    "tag": TAG,
}
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
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    given = SPELLED | {"project": project.pk}
    with connection.cursor() as cursor:
        for statement in _facets(kind):
            cursor.execute(statement, given)
            for name, value, number in cursor:
                numbers[name][value] += int(number)
        cursor.execute(MODELS, given)
        numbers["models"].update({value: int(number) for value, number in cursor})
    versions = numbers.pop("guideline_versions", Counter())
    commonest = {
        name: sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:LONGEST]
        for name, values in numbers.items()
    }
    newest = sorted(versions.items(), key=lambda pair: -int(pair[0]))[:LONGEST]
    return Offered(guideline_versions=newest, **commonest)


def _facets(kind: str) -> Iterator[str]:
    sources = sources_of(Recipe(kind=kind if kind in KINDS else "raw", with_machine=True))
    judged = [JUDGED[source] for source in sources if source in JUDGED]
    yield FACETS.format(judged=" UNION ALL ".join(judged) or NOTHING)
    if "vote" in sources:
        yield OF_VOTES
    if "judge" in sources:
        yield OF_JUDGES

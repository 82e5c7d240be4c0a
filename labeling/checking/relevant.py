"""The clauses of a guideline that an answer is held against."""

from collections.abc import Sequence

from django.db import connection

from instructions.clauses import cited
from instructions.models import GuidelineVersion
from instructions.pins import pins_of
from labeling.checking.asking import Shown
from projects.models import Project, User

MOST_CLAUSES = 12
MOST_WORDS = 600

# By the index of the guideline's own search. Clauses and texts share most of their words with
# everything; so a shared word counts by how few clauses have it, and long clauses do not win by
# length alone. A word in a title counts twice.
_SQL = """
WITH words AS MATERIALIZED (
    SELECT lexeme FROM unnest(to_tsvector('simple', %(text)s)) UNION
    SELECT lexeme FROM unnest(to_tsvector('english', %(text)s))
    LIMIT %(most_words)s
), held AS MATERIALIZED (
    SELECT clause.anchor, clause.position, length(clause.search) AS size, word.lexeme,
        'A' = ANY (word.weights) AS is_in_title
    FROM instructions_clause AS clause CROSS JOIN LATERAL unnest(clause.search) AS word
    WHERE clause.version_id = %(version)s AND word.lexeme IN (SELECT lexeme FROM words)
), rarity AS (
    SELECT lexeme, ln((SELECT count(*) FROM instructions_clause WHERE version_id = %(version)s)
        ::float / count(*)) AS weight
    FROM held GROUP BY lexeme
)
SELECT anchor
FROM held JOIN rarity USING (lexeme)
GROUP BY anchor, position, size
HAVING sum(weight) > 0
ORDER BY sum(weight * CASE WHEN is_in_title THEN 2 ELSE 1 END) / sqrt(1 + size) DESC, position
LIMIT %(most)s
"""


def relevant_clauses(
    *, user: User, project: Project, version: GuidelineVersion, asked: str, written: str
) -> list[Shown]:
    """The most relevant first: what `written` cites, what its labeler has pinned, and then what
    shares the rarest words with the prompt and the answer."""
    known = set(version.clauses.values_list("anchor", flat=True))
    order = [
        *cited(written, known),
        *(anchor for anchor in pins_of(user=user, project=project) if anchor in known),
        *_alike(version, f"{asked}\n{written}"),
    ]
    if not order:
        # Nothing in common, in a guideline of few words: its beginning is for everything.
        order = list(version.clauses_in_order().values_list("anchor", flat=True)[:MOST_CLAUSES])
    return _shown(version, list(dict.fromkeys(order))[:MOST_CLAUSES])


def _alike(version: GuidelineVersion, text: str) -> list[str]:
    values: dict[str, str | int] = {
        "text": text,
        "version": version.pk,
        "most": MOST_CLAUSES,
        "most_words": MOST_WORDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        return [anchor for (anchor,) in cursor.fetchall()]


def _shown(version: GuidelineVersion, anchors: Sequence[str]) -> list[Shown]:
    rows = version.clauses.filter(anchor__in=anchors).values_list(
        "anchor", "number", "title", "body"
    )
    by_anchor = {row[0]: Shown(*row) for row in rows}
    return [by_anchor[anchor] for anchor in anchors if anchor in by_anchor]

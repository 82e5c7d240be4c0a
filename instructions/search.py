"""Full-text search in one version of a guideline, by PostgreSQL.

A clause is indexed twice: word for word ("simple"), which serves any language, and by English
stems. A query is understood as on the web: words, "a phrase", or, -not. Plain words also match as
beginnings, so that results come while somebody types.
"""

import re
from dataclasses import dataclass

from django.db import connection

from instructions.models import GuidelineVersion
from projects.text import clean_text

LONGEST_QUERY = 200
MOST_HITS = 50
_LONGEST_EXCERPTED = 40_000

# Signs that cannot be in a clause, since unseen characters are shown as markers.
_OPENS, _CLOSES = "\x02", "\x03"
_HIGHLIGHT = (
    f"StartSel={_OPENS}, StopSel={_CLOSES}, MaxWords=32, MinWords=16, "
    'MaxFragments=2, FragmentDelimiter=" … "'
)
_WHOLE = f"StartSel={_OPENS}, StopSel={_CLOSES}, HighlightAll=true"
_PLAIN_WORDS = re.compile(r"(?!.*(?:^|\s)(?:or|-\S*)(?:\s|$))[^\"]*", re.IGNORECASE | re.DOTALL)

# Signs of Markdown go before excerpts are cut: they would only stand in the way of reading.
_SQL = """
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('simple', %(query)s)
        || websearch_to_tsquery('english', %(query)s)
        || CASE WHEN %(is_plain)s THEN
            regexp_replace(
                plainto_tsquery('simple', %(query)s)::text, '''(?=( |$))', ''':*', 'g'
            )::tsquery
        ELSE ''::tsquery END AS words
), hits AS MATERIALIZED (
    SELECT clause.number, clause.anchor, clause.title, clause.tags, clause.position,
        left(clause.body, %(longest)s) AS body,
        ts_rank_cd(clause.search, asked.words, 1) AS score, count(*) OVER () AS n_all
    FROM instructions_clause AS clause, asked
    WHERE clause.version_id = %(version)s AND clause.search @@ asked.words
    ORDER BY clause.number = %(number)s DESC, score DESC, clause.position
    LIMIT %(most)s
), readable AS (
    SELECT hits.*, regexp_replace(body, '(:::\\w*|[*`|#>]+|^- )', '', 'gn') AS text FROM hits
)
SELECT number, anchor, tags, n_all,
    ts_headline('simple', title, asked.words, %(whole)s),
    ts_headline('english', title, asked.words, %(whole)s),
    ts_headline('simple', text, asked.words, %(highlight)s),
    ts_headline('english', text, asked.words, %(highlight)s)
FROM readable, asked
ORDER BY number = %(number)s DESC, score DESC, position
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Some text of an excerpt, and whether it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    number: str
    anchor: str
    tags: list[str]
    title: list[Run]
    excerpt: list[Run]


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, best first, and how many there are in all."""

    query: str
    hits: list[Hit]
    n_all: int


def search(version: GuidelineVersion, query: str) -> Found:
    """The clauses of `version` that hold what `query` asks for. Raises InvalidInput."""
    query = clean_text(query, field="q", limit=LONGEST_QUERY, required=False).strip()
    # "§4.2" and "4.2" both ask for the clause of that number.
    words = query.replace("§", " ")
    if not words.strip():
        return Found(query=query, hits=[], n_all=0)
    values: dict[str, str | int | bool] = {
        "query": words,
        "number": words.strip(),
        "is_plain": _PLAIN_WORDS.fullmatch(words) is not None,
        "version": version.pk,
        "longest": _LONGEST_EXCERPTED,
        "most": MOST_HITS,
        "whole": _WHOLE,
        "highlight": _HIGHLIGHT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        rows = cursor.fetchall()
    hits = [
        Hit(
            number=number,
            anchor=anchor,
            tags=list(tags),
            title=_runs(_marked_more(*titles)),
            excerpt=_runs(_marked_more(*excerpts)),
        )
        for number, anchor, tags, _, *headlines in rows
        for titles, excerpts in [(headlines[:2], headlines[2:])]
    ]
    return Found(query=query, hits=hits, n_all=rows[0][3] if rows else 0)


def _marked_more(as_written: str, by_stem: str) -> str:
    return by_stem if by_stem.count(_OPENS) > as_written.count(_OPENS) else as_written


def _runs(headline: str) -> list[Run]:
    """An excerpt in pieces, so that whoever shows it escapes each by itself."""
    parts = re.split(f"[{_OPENS}{_CLOSES}]", re.sub(r"\s+", " ", headline))
    return [Run(text=part, is_hit=at % 2 == 1) for at, part in enumerate(parts) if part]

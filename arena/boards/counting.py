"""Votes counted into tallies and online Elo, inside the transaction that stores them.

A vote's row among the counted votes says all that boards need to know of it. The tallies add those
rows up and can be made anew from them at any time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from django.db import connection, transaction

from arena.boards import tallying
from arena.boards.describing import Description, Tags, describe, tags_of, texts_of
from arena.boards.reading import copied
from arena.boards.tallying import Counts, add_counts
from arena.models import Battle, CountedVote, CountsImport, OnlineElo, Tally, Turn, Verdict, Vote
from arena.rating import elo
from projects.models import Project
from workers.models import LanguageModel
from workers.pairs import to_grain

__all__ = [
    "Counts",
    "add_counts",
    "count",
    "count_vote",
    "counted",
    "describe_anew",
    "recount",
    "reweigh",
]

POINTS = {Verdict.A: 1.0, Verdict.B: 0.0, Verdict.TIE: 0.5, Verdict.BOTH_BAD: 0.5}
BATCH = 5_000

_SET_WEIGHTS = """
    UPDATE arena_countedvote counted SET weight = new.weight
    FROM unnest(%s::bigint[], %s::float8[]) AS new (vote_id, weight)
    WHERE counted.vote_id = new.vote_id
"""
# All or none: who holds some and then inserts the others may wait for somebody who waits for them.
_LOCK_ELO = """
    SELECT model_id, rating FROM arena_onlineelo
    WHERE project_id = %(project)s AND model_id = ANY(%(models)s::bigint[])
        AND cardinality(%(models)s::bigint[]) = (
            SELECT count(*) FROM arena_onlineelo there
            WHERE there.project_id = %(project)s AND there.model_id = ANY(%(models)s::bigint[]))
    ORDER BY model_id FOR UPDATE OF arena_onlineelo
"""
_SET_ELO = """
    UPDATE arena_onlineelo elo SET rating = new.rating, n_votes = elo.n_votes + new.n_votes
    FROM unnest(%s::bigint[], %s::float8[], %s::bigint[]) AS new (model_id, rating, n_votes)
    WHERE elo.project_id = %s AND elo.model_id = new.model_id
"""
_RECOUNT = """
    INSERT INTO arena_tally (
        project_id, category, left_id, right_id, left_wins, right_wins, ties, both_bad,
        left_weight, right_weight, tie_weight, bad_weight,
        left_square, right_square, tie_square, bad_square)
    SELECT %(project)s, category, left_id, right_id,
        coalesce(sum(n) FILTER (WHERE outcome = 'left'), 0),
        coalesce(sum(n) FILTER (WHERE outcome = 'right'), 0),
        coalesce(sum(n) FILTER (WHERE outcome = 'tie'), 0),
        coalesce(sum(n) FILTER (WHERE outcome = 'both_bad'), 0),
        coalesce(sum(n * weight) FILTER (WHERE outcome = 'left'), 0),
        coalesce(sum(n * weight) FILTER (WHERE outcome = 'right'), 0),
        coalesce(sum(n * weight) FILTER (WHERE outcome = 'tie'), 0),
        coalesce(sum(n * weight) FILTER (WHERE outcome = 'both_bad'), 0),
        coalesce(sum(n * weight * weight) FILTER (WHERE outcome = 'left'), 0),
        coalesce(sum(n * weight * weight) FILTER (WHERE outcome = 'right'), 0),
        coalesce(sum(n * weight * weight) FILTER (WHERE outcome = 'tie'), 0),
        coalesce(sum(n * weight * weight) FILTER (WHERE outcome = 'both_bad'), 0)
    FROM (
        SELECT least(model_a_id, model_b_id) AS left_id,
            greatest(model_a_id, model_b_id) AS right_id,
            CASE WHEN verdict NOT IN ('a', 'b') THEN verdict
                WHEN (verdict = 'a') = (model_a_id < model_b_id) THEN 'left' ELSE 'right'
            END AS outcome,
            weight, categories, count(*) AS n
        FROM arena_countedvote WHERE project_id = %(project)s
        GROUP BY 1, 2, 3, weight, categories
    ) AS alike, unnest(ARRAY['']::varchar[] || categories) AS category
    GROUP BY category, left_id, right_id
"""

_VOTES = """
    SELECT model_a_id::int4, model_b_id::int4,
        (CASE verdict WHEN 'a' THEN 2 WHEN 'b' THEN 0 ELSE 1 END)::int2, weight
    FROM arena_countedvote WHERE project_id = %s ORDER BY vote_id
"""


def count_vote(*, vote: Vote, battle: Battle, turns: Sequence[Turn], weight: float) -> None:
    """Describe and count one vote, inside the transaction that stores it.

    `turns` is the path that was judged, from the first; `weight`, from 0 to 1, what the vote
    counts for on filtered boards. It is kept to the nearest 1024th.
    """
    described = describe(
        messages=[turn.message for turn in turns],
        replies=[(turn.reply_a, turn.reply_b) for turn in turns],
        tags=tags_of(vote.project),
    )
    row = counted(vote=vote, battle=battle, described=described, weight=weight)
    count(project=vote.project, rows=[row])


def counted(
    *, vote: Vote, battle: Battle, described: Description, weight: float = 1.0
) -> CountedVote:
    """A row to count; not stored yet."""
    if battle.model_b_id is None or not battle.is_anonymous:
        raise ValueError("Only verdicts on two models that were not named count on boards.")
    return CountedVote(
        vote=vote,
        project_id=vote.project_id,
        model_a_id=battle.model_a_id,
        model_b_id=battle.model_b_id,
        verdict=vote.verdict,
        weight=to_grain(weight),
        categories=list(described.categories),
        language=described.language,
        style=None if described.style is None else list(described.style),
        prompt_key=described.prompt_key,
        cast_at=vote.created_at,
    )


def count(*, project: Project, rows: Sequence[CountedVote]) -> None:
    """Store and count votes, in the order in which they were cast. Call inside a transaction."""
    tallying.share_lock(project)
    CountedVote.objects.bulk_create(rows, batch_size=BATCH)
    tallying.add_votes(project=project, rows=rows)
    _move_elo(project, rows)


@transaction.atomic
def reweigh(*, project: Project, weights: Mapping[int, float]) -> None:
    """Give votes (by primary key) new weights, and move the tallies by the difference.

    Votes that are not counted are left out. Online Elo has its order and is not moved. In a
    transaction that also counts a vote, call this first: it waits until nobody else counts.
    """
    tallying.whole_lock(project)
    new = {pk: to_grain(weight) for pk, weight in sorted(weights.items())}
    keys = list(new)
    for start in range(0, len(keys), BATCH):
        found = CountedVote.objects.filter(project=project, pk__in=keys[start : start + BATCH])
        changed = [row for row in found.order_by("pk") if row.weight != new[row.pk]]
        tallying.move_weights(project=project, rows=changed, weights=new)
        pks = [row.pk for row in changed]
        with connection.cursor() as cursor:
            cursor.execute(_SET_WEIGHTS, [pks, [new[pk] for pk in pks]])


@transaction.atomic
def recount(*, project: Project) -> None:
    """Make the tallies and online Elo anew from the counted votes and the imported counts.

    Votes cast meanwhile wait for it.
    """
    tallying.whole_lock(project)
    Tally.objects.filter(project=project).delete()
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {"project": project.pk})
    for imported in CountsImport.objects.filter(project=project).order_by("pk"):
        add_counts(project=project, counts=imported_counts(imported.rows))
    _replay_elo(project)


@transaction.atomic
def describe_anew(
    *, project: Project, after: int = 0, limit: int = BATCH, tags: Tags | None = None
) -> int | None:
    """Describe the next votes from their texts as the rules and tags are now.

    Returns the last vote looked at, to go on `after`, or None at the end. The tallies move along.
    """
    tallying.whole_lock(project)
    rows = list(CountedVote.objects.filter(project=project, pk__gt=after).order_by("pk")[:limit])
    if not rows:
        return None
    last = int(rows[-1].pk)
    texts = texts_of([row.pk for row in rows])
    # Of other votes nothing more can be found out than was said when they came.
    rows = [row for row in rows if row.pk in texts]
    tags = tags or tags_of(project)
    tallying.take_votes(project=project, rows=rows)
    for row in rows:
        messages, replies = texts[row.pk]
        found = describe(messages=messages, replies=replies, tags=tags)
        row.categories, row.language = list(found.categories), found.language
        row.style = None if found.style is None else list(found.style)
        row.prompt_key = found.prompt_key
    CountedVote.objects.bulk_update(
        rows, ["categories", "language", "style", "prompt_key"], batch_size=1000
    )
    tallying.add_votes(project=project, rows=rows)
    return last


def imported_counts(rows: Iterable[Mapping[str, str | int]]) -> list[Counts]:
    """Counts as an import keeps them, by models that exist."""
    names = {str(row[side]) for row in rows for side in ("model_a", "model_b")}
    pks = dict(LanguageModel.objects.filter(name__in=names).values_list("name", "pk"))
    return [
        Counts(
            pks[str(row["model_a"])],
            pks[str(row["model_b"])],
            *(int(row[name]) for name in ("a_wins", "b_wins", "tie", "tie_bothbad")),
        )
        for row in rows
    ]


def _move_elo(project: Project, results: Sequence[CountedVote]) -> None:
    seen = Counter(pk for row in results for pk in (row.model_a_id, row.model_b_id))
    models = sorted(seen)
    ratings = _locked_elo(project, models)
    if not ratings:
        OnlineElo.objects.bulk_create(
            [OnlineElo(project=project, model_id=pk, rating=elo.START) for pk in models],
            ignore_conflicts=True,
        )
        ratings = _locked_elo(project, models)
    for result in results:
        before = ratings[result.model_a_id], ratings[result.model_b_id]
        moved = elo.update(*before, POINTS[Verdict(result.verdict)], elo.K * result.weight)
        ratings[result.model_a_id], ratings[result.model_b_id] = moved
    after, n_votes = [ratings[pk] for pk in models], [seen[pk] for pk in models]
    with connection.cursor() as cursor:
        cursor.execute(_SET_ELO, [models, after, n_votes, project.pk])


def _locked_elo(project: Project, models: list[int]) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_ELO, {"project": project.pk, "models": models})
        return dict(cursor.fetchall())


def _replay_elo(project: Project) -> None:
    table = copied(_VOTES, [project.pk], "iihd")
    ratings = dict.fromkeys(
        np.unique(np.concatenate([table["f0"], table["f1"]])).tolist(), elo.START
    )
    columns = [table[name].tolist() for name in ("f0", "f1", "f2", "f3")]
    for a, b, half_points, weight in zip(*columns, strict=True):
        before = ratings[a], ratings[b]
        ratings[a], ratings[b] = elo.update(*before, half_points / 2, elo.K * weight)
    seen = Counter(columns[0]) + Counter(columns[1])
    OnlineElo.objects.filter(project=project).delete()
    OnlineElo.objects.bulk_create(
        OnlineElo(project=project, model_id=pk, rating=rating, n_votes=seen[pk])
        for pk, rating in sorted(ratings.items())
    )

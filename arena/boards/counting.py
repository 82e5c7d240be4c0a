"""Verdicts counted into tallies and online Elo, inside the transaction that stores the votes.

Rows are always taken in the same order, tallies by pair and then Elo by model, so that votes
cast at the same time wait for one another and never deadlock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from arena.models import Battle, OnlineElo, Turn, Verdict, Vote
from arena.rating import elo
from projects.models import Project

POINTS = {Verdict.A: 1.0, Verdict.B: 0.0, Verdict.TIE: 0.5, Verdict.BOTH_BAD: 0.5}

_ADD = """
    INSERT INTO arena_tally (
        project_id, category, left_id, right_id, left_wins, right_wins, ties, both_bad,
        left_weight, right_weight, tie_weight, bad_weight,
        left_square, right_square, tie_square, bad_square)
    SELECT %s, '', left_id, right_id, left_wins, right_wins, ties, both_bad,
        left_wins, right_wins, ties, both_bad, left_wins, right_wins, ties, both_bad
    FROM unnest(
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) AS counted (left_id, right_id, left_wins, right_wins, ties, both_bad)
    ORDER BY left_id, right_id
    ON CONFLICT (project_id, category, left_id, right_id) DO UPDATE SET
        left_wins = arena_tally.left_wins + EXCLUDED.left_wins,
        right_wins = arena_tally.right_wins + EXCLUDED.right_wins,
        ties = arena_tally.ties + EXCLUDED.ties,
        both_bad = arena_tally.both_bad + EXCLUDED.both_bad,
        left_weight = arena_tally.left_weight + EXCLUDED.left_weight,
        right_weight = arena_tally.right_weight + EXCLUDED.right_weight,
        tie_weight = arena_tally.tie_weight + EXCLUDED.tie_weight,
        bad_weight = arena_tally.bad_weight + EXCLUDED.bad_weight,
        left_square = arena_tally.left_square + EXCLUDED.left_square,
        right_square = arena_tally.right_square + EXCLUDED.right_square,
        tie_square = arena_tally.tie_square + EXCLUDED.tie_square,
        bad_square = arena_tally.bad_square + EXCLUDED.bad_square
"""


@dataclass(frozen=True)
class Result:
    """One vote: two models by id, and the verdict as seen from those sides."""

    model_a: int
    model_b: int
    verdict: Verdict


@dataclass(frozen=True)
class Counts:
    """Votes between two models, already added up, as seen from those sides."""

    model_a: int
    model_b: int
    a_wins: int = 0
    b_wins: int = 0
    ties: int = 0
    both_bad: int = 0


def count_vote(*, vote: Vote, battle: Battle, turns: Sequence[Turn], weight: float) -> None:
    """Describe and count one vote, inside the transaction that stores it.

    `turns` is the path that was judged, from the first; `weight`, from 0 to 1, what the vote
    counts for on filtered boards.
    """
    if battle.model_b_id is None:
        raise ValueError("A direct chat has no verdict.")
    result = Result(battle.model_a_id, battle.model_b_id, Verdict(vote.verdict))
    count_votes(project=vote.project, results=[result])


def reweigh(*, project: Project, weights: Mapping[int, float]) -> None:
    """Give votes (by primary key) new weights, and move the tallies by the difference.

    Votes that are not counted are left out. Online Elo has its order and is not moved.
    """


def recount(*, project: Project) -> None:
    """Make the tallies and online Elo anew from the counted votes and the imported counts."""


def count_votes(*, project: Project, results: Sequence[Result]) -> None:
    """Count votes, in the order in which they were cast."""
    add_counts(
        project=project,
        counts=[
            Counts(
                result.model_a,
                result.model_b,
                a_wins=result.verdict == Verdict.A,
                b_wins=result.verdict == Verdict.B,
                ties=result.verdict == Verdict.TIE,
                both_bad=result.verdict == Verdict.BOTH_BAD,
            )
            for result in results
        ],
    )
    _move_elo(project, results)


def add_counts(*, project: Project, counts: Iterable[Counts]) -> None:
    """Add counts to the tallies. Online Elo depends on the order of votes and is not moved."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for row in counts:
        left, right, won, lost = row.model_a, row.model_b, int(row.a_wins), int(row.b_wins)
        if left > right:
            left, right, won, lost = right, left, lost, won
        sums = pairs.setdefault((left, right), [0, 0, 0, 0])
        for position, number in enumerate((won, lost, int(row.ties), int(row.both_bad))):
            sums[position] += number
    rows = [(*pair, *sums) for pair, sums in sorted(pairs.items())]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [project.pk, *columns])


def _move_elo(project: Project, results: Sequence[Result]) -> None:
    seen = Counter(pk for result in results for pk in (result.model_a, result.model_b))
    models = sorted(seen)
    OnlineElo.objects.bulk_create(
        [OnlineElo(project=project, model_id=pk, rating=elo.START) for pk in models],
        ignore_conflicts=True,
    )
    locked = OnlineElo.objects.select_for_update().filter(project=project, model__in=models)
    rows = {row.model_id: row for row in locked.order_by("model_id")}
    for result in results:
        a, b = rows[result.model_a], rows[result.model_b]
        a.rating, b.rating = elo.update(a.rating, b.rating, POINTS[result.verdict])
    for pk, row in rows.items():
        row.n_votes += seen[pk]
    OnlineElo.objects.bulk_update(rows.values(), ["rating", "n_votes"])

"""Sums added to the tallies, always in the same order.

Votes cast at the same time wait for one another at the tallies they share, and never deadlock,
because every statement takes its rows by category and pair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection

from arena.models import CountedVote, Verdict
from projects.models import Project

Key = tuple[str, int, int]
Sums = list[float]

# Left wins, right wins, ties, both bad: how many, what they weigh, and that squared.
COLUMNS = (
    "left_wins", "right_wins", "ties", "both_bad",
    "left_weight", "right_weight", "tie_weight", "bad_weight",
    "left_square", "right_square", "tie_square", "bad_square",
)  # fmt: skip
_OUTCOMES = len(COLUMNS) // 3
_ADD = f"""
    INSERT INTO arena_tally (project_id, category, left_id, right_id, {", ".join(COLUMNS)})
    SELECT %s, added.* FROM unnest(
        %s::text[], %s::bigint[], %s::bigint[],
        {", ".join(["%s::bigint[]"] * 4 + ["%s::float8[]"] * 8)}
    ) AS added (category, left_id, right_id, {", ".join(COLUMNS)})
    ORDER BY category COLLATE "C", left_id, right_id
    ON CONFLICT (project_id, category, left_id, right_id) DO UPDATE SET
    {", ".join(f"{name} = arena_tally.{name} + EXCLUDED.{name}" for name in COLUMNS)}
"""  # noqa: S608
_LOCK_CLASS = 7_301


@dataclass(frozen=True)
class Counts:
    """Votes between two models, already added up, as seen from those sides."""

    model_a: int
    model_b: int
    a_wins: int = 0
    b_wins: int = 0
    ties: int = 0
    both_bad: int = 0


def share_lock(project: Project) -> None:
    """Count beside others: waits only for what moves a project's tallies as a whole."""
    _lock("pg_advisory_xact_lock_shared", project)


def whole_lock(project: Project) -> None:
    """Count alone until the end of the transaction.

    Take it before anything is counted in the transaction, never after: two that hold the shared
    lock and both want this one would wait for each other.
    """
    _lock("pg_advisory_xact_lock", project)


def add_votes(*, project: Project, rows: Iterable[CountedVote]) -> None:
    """Add each vote to the tallies of all votes and of its categories."""
    sums: dict[Key, Sums] = {}
    for row in rows:
        _add(sums, row, 1, row.weight, row.weight**2)
    _store(project, sums)


def take_votes(*, project: Project, rows: Iterable[CountedVote]) -> None:
    """Take votes out again, as they were counted, to count them otherwise."""
    sums: dict[Key, Sums] = {}
    for row in rows:
        _add(sums, row, -1, -row.weight, -(row.weight**2))
    _store(project, sums)


def move_weights(
    *, project: Project, rows: Iterable[CountedVote], weights: Mapping[int, float]
) -> None:
    """Change what votes that are counted already weigh, from their own weight to that given."""
    sums: dict[Key, Sums] = {}
    for row in rows:
        new = weights[row.pk]
        _add(sums, row, 0, new - row.weight, new**2 - row.weight**2)
    _store(project, sums)


def add_counts(*, project: Project, counts: Iterable[Counts]) -> None:
    """Add counts of votes that each weigh 1 to the tallies of all votes.

    Online Elo depends on the order of votes and is not moved.
    """
    sums: dict[Key, Sums] = {}
    for row in counts:
        left, right, won, lost = row.model_a, row.model_b, int(row.a_wins), int(row.b_wins)
        if left > right:
            left, right, won, lost = right, left, lost, won
        into = sums.setdefault(("", left, right), [0] * len(COLUMNS))
        for position, number in enumerate((won, lost, int(row.ties), int(row.both_bad)) * 3):
            into[position] += number
    _store(project, sums)


def _add(sums: dict[Key, Sums], row: CountedVote, count: int, weight: float, square: float) -> None:
    turned = row.model_a_id > row.model_b_id
    left, right = sorted((row.model_a_id, row.model_b_id))
    outcome = _outcome(row.verdict, turned)
    for category in dict.fromkeys(["", *row.categories]):
        into = sums.setdefault((category, left, right), [0] * len(COLUMNS))
        for kind, number in enumerate((count, weight, square)):
            into[kind * _OUTCOMES + outcome] += number


def _outcome(verdict: str, turned: bool) -> int:
    if verdict in (Verdict.A, Verdict.B):
        return int((verdict == Verdict.A) == turned)
    return 2 if verdict == Verdict.TIE else 3


def _store(project: Project, sums: Mapping[Key, Sums]) -> None:
    if not sums:
        return
    rows = [(*key, *map(int, values[:4]), *map(float, values[4:])) for key, values in sums.items()]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [project.pk, *(list(column) for column in zip(*rows, strict=True))])


def _lock(function: str, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK_CLASS, project.pk % 2**31])

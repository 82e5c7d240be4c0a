"""Judgements as arrays, for the mathematics of agreement.

Agreement is between labelers: each one's own last word on a task counts, not what a reviewer made
of it. Consensus is of what is to be used (`reviewing.verdicts.usable`), reviewers' rows among it.
Gold tasks, whose answers are known and easy by choice, belong to neither.

Sides are told apart by the candidates' places in the task: negative values are for the one that
stands first, whichever side it was shown on.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from labeling.models import Assignment, Candidate, Comparison, Ranking
from labeling.quality.filters import Filters
from labeling.reviewing.asking import GOLD
from labeling.reviewing.verdicts import usable
from projects.models import Project, TaskKind

MOST = 200_000
"""The newest judgements of a kind that are looked at in the background."""
MOST_WAITED_FOR = 40_000
"""The same through filters, while somebody waits for the page."""
BOTH_BAD = 3
"""The class of a comparison where both are bad; 0 is the first response, 1 equal, 2 the other."""
N_CLASSES = 4
SIDES = {"a": -1.0, "equal": 0.0, "b": 1.0}

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass
class Table:
    """Columns of judgements, one entry each; `unit` is what was judged, `task` where."""

    unit: list[int] = field(default_factory=list)
    task: list[int] = field(default_factory=list)
    labeler: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    is_turned: list[bool] = field(default_factory=list)
    """The first response was shown as side B."""

    def add(
        self, unit: int, task: int, labeler: int, value: float, is_turned: bool = False
    ) -> None:
        self.unit.append(unit)
        self.task.append(task)
        self.labeler.append(labeler)
        self.value.append(value)
        self.is_turned.append(is_turned)

    def of_tasks(self, tasks: set[int]) -> "Table":
        kept = Table()
        columns = (self.unit, self.task, self.labeler, self.value, self.is_turned)
        for row in zip(*columns, strict=True):
            if row[1] in tasks:
                kept.add(*row)
        return kept


@dataclass
class Judgements:
    """The judgements of a project, arranged for each question that is asked of them."""

    preferences: Table = field(default_factory=Table)
    """Comparisons on their scale; both bad has no place on it and is left out."""
    choices: Table = field(default_factory=Table)
    """Comparisons as classes below N_CLASSES."""
    placings: Table = field(default_factory=Table)
    """Every two responses of a ranking: -1, 0 or 1."""
    marks: dict[str, Table] = field(default_factory=dict)
    """By criterion."""
    pairs: dict[int, Pair] = field(default_factory=dict)
    """The responses of a unit of `choices` and `placings`, the first one first."""
    language_of: dict[int, str] = field(default_factory=dict)
    """Of tasks."""
    cites: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Tasks by the anchor of a clause that a judgement of them cites."""
    n_rows: int = 0
    is_cut: bool = False


class _Units:
    """Numbers for what is judged, in the order in which it is met."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[Any, ...], int] = {}

    def __call__(self, *key: Any) -> int:
        return self.numbers.setdefault(key, len(self.numbers))


def own_judgements(project: Project, filters: Filters) -> Judgements:
    """Each labeler's last word on each task."""
    found, units = Judgements(), _Units()
    if filters.allows(TaskKind.COMPARISON):
        rows = _own(Comparison.objects.all(), project, filters)
        rows = rows.annotate(first=_first("assignment__task_id"))
        _add_comparisons(found, units, _fetched(rows, COMPARISON, found, most(filters)))
    if filters.allows(TaskKind.RANKING):
        rows = _own(Ranking.objects.all(), project, filters)
        _add_rankings(found, units, _fetched(rows, RANKING, found, most(filters)))
    return found


def most(filters: Filters) -> int:
    return MOST if filters.is_empty else MOST_WAITED_FOR


@dataclass(frozen=True)
class Usable:
    """Comparisons to be used, as classes; `settled` are units that a reviewer decided."""

    choices: Table
    settled: dict[int, int]
    pairs: dict[int, Pair]


def usable_comparisons(project: Project, filters: Filters) -> Usable:
    rows = usable(Comparison.objects.filter(prompt__project=project)).filter(
        filters.prompts("prompt__"), filters.days("created_at")
    )
    about = Coalesce(
        "assignment__task__about_id", "assignment__task__reviewed__task_id", "assignment__task_id"
    )
    columns = ("subject", "assignment__task__about_id", "labeler_id", *SEEN)
    placed = rows.annotate(subject=about).annotate(first=_first("subject"))
    fetched = placed.order_by("-pk").values_list(*columns)[: most(filters)]
    table, units, settled, pairs = Table(), _Units(), dict[int, int](), dict[int, Pair]()
    for task, settles, labeler, a, b, preference, _scale, first in fetched:
        pair, turn = _straight(a, b, first)
        unit = units(task, *pair)
        pairs[unit] = pair
        chosen = _class(turn, preference)
        table.add(unit, task, labeler, chosen)
        if settles:
            settled.setdefault(unit, chosen)
    return Usable(table, settled, pairs)


SEEN = ("response_a_id", "response_b_id", "preference", "scale", "first")
COMMON = ("assignment__task_id", "labeler_id", "prompt__language", "cites")
COMPARISON = (*COMMON, *SEEN, "marks")
RANKING = (*COMMON, "tiers")


def _own(rows: QuerySet[Any], project: Project, filters: Filters) -> QuerySet[Any]:
    corrected = Q(superseded_by__isnull=False, superseded_by__assignment=F("assignment"))
    found = (
        rows.filter(filters.prompts("prompt__"), filters.days("created_at"))
        .filter(prompt__project=project)
        .exclude(corrected)
        .exclude(assignment__task__kind=TaskKind.REVIEW)
        .exclude(assignment__task__variant__startswith=GOLD)
    )
    if filters.labeler:
        # With everybody's judgements of what this person judged: there is nothing else to
        # compare theirs with.
        found = found.filter(assignment__task__assignments__in=_held_by(filters.labeler))
    return found


def _first(task: str) -> Subquery:
    """Of a comparison's two responses, the one that stands first among the task's candidates."""
    shown = Q(response=OuterRef("response_a_id")) | Q(response=OuterRef("response_b_id"))
    candidates = Candidate.objects.filter(shown, task=OuterRef(task))
    return Subquery(candidates.order_by("position").values("response_id")[:1])


def _straight(side_a: int, side_b: int, first: int | None) -> tuple[Pair, int]:
    """The pair in the candidates' order, and -1 where it was shown the other way round."""
    is_turned = side_b == first if first is not None else side_b < side_a
    return ((side_b, side_a), -1) if is_turned else ((side_a, side_b), 1)


def _held_by(labeler: int) -> Any:
    held = Assignment.objects.filter(labeler=labeler)
    return held.filter(state__in=(Assignment.State.SUBMITTED, Assignment.State.REOPENED))


def _fetched(
    rows: QuerySet[Any], columns: tuple[str, ...], found: Judgements, limit: int
) -> Iterable[tuple[Any, ...]]:
    fetched = list(rows.order_by("-pk").values_list(*columns)[: limit + 1])
    found.n_rows += min(len(fetched), limit)
    found.is_cut = found.is_cut or len(fetched) > limit
    return fetched[:limit]


def _add_comparisons(found: Judgements, units: _Units, rows: Iterable[tuple[Any, ...]]) -> None:
    rows = list(rows)
    # On two scales at once only the side says the same thing.
    is_simple = any(row[7] == Comparison.Scale.SIMPLE for row in rows)
    for task, labeler, language, cites, a, b, preference, _scale, first, marks in rows:
        pair, turn = _straight(a, b, first)
        unit = units("comparison", task, *pair)
        found.pairs[unit] = pair
        found.choices.add(unit, task, labeler, _class(turn, preference))
        if preference is not None:
            said = turn * (int(np.sign(preference)) if is_simple else preference)
            found.preferences.add(unit, task, labeler, said, is_turned=turn < 0)
        for key, mark in marks.items():
            table = found.marks.setdefault(key, Table())
            if isinstance(mark, str) and mark in SIDES:
                table.add(units("mark", task, *pair), task, labeler, turn * SIDES[mark])
            elif isinstance(mark, list):
                _add_ratings(table, units, task, labeler, (a, b), mark)
        _note(found, task, language, cites)


def _add_ratings(
    table: Table, units: _Units, task: int, labeler: int, shown: Pair, ratings: list[Any]
) -> None:
    for response, rating in zip(shown, ratings, strict=False):
        if isinstance(rating, int):
            table.add(units("rating", task, response), task, labeler, rating)


def _add_rankings(found: Judgements, units: _Units, rows: Iterable[tuple[Any, ...]]) -> None:
    for task, labeler, language, cites, tiers in rows:
        place = {pk: at for at, tier in enumerate(tiers) for pk in tier}
        for low, high in combinations(sorted(place), 2):
            unit = units("ranking", task, low, high)
            found.pairs[unit] = (low, high)
            found.placings.add(unit, task, labeler, float(np.sign(place[low] - place[high])))
        _note(found, task, language, cites)


def _note(found: Judgements, task: int, language: str, cites: list[str]) -> None:
    found.language_of[task] = language
    for anchor in cites:
        found.cites[anchor].add(task)


def _class(turn: int, preference: int | None) -> int:
    return BOTH_BAD if preference is None else 1 + turn * int(np.sign(preference))

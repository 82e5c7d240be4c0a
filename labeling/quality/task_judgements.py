"""What was judged of one task, side by side, for its project's staff.

Whatever order a labeler saw the answers in, here they stand in one: that of the candidates.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from instructions.templatetags.rendering import markdown
from labeling.judging.activity import explain
from labeling.judging.rules import criteria_of
from labeling.judging.told import LETTERS, flags_said, marks_said, said
from labeling.models import (
    Assignment,
    Candidate,
    Comparison,
    Criterion,
    Demonstration,
    Ranking,
    Response,
    Review,
    Task,
)
from labeling.reviewing.subjects import MODELS, Judgement
from projects.models import Project
from workers.models import Generation

MOST_SHOWN = 100
"""Assignments on one page, the latest of more than these."""
TURNED = {"a": "b", "b": "a"}


@dataclass(frozen=True)
class AnswerShown:
    """One answer as staff see it, with who wrote it. `html` is empty where there is none yet."""

    label: str
    by: str
    origin: str
    html: SafeString | str
    note: str = ""
    is_bad: bool = False
    pk: int | None = None


@dataclass
class Card:
    """One labeler's part in a task. `row` is what they submitted last, if they did."""

    assignment: Assignment
    who: str
    row: Judgement | None = None
    said: str = ""
    order_note: str = ""
    marks: list[tuple[str, str]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    n_corrections: int = 0
    verdicts: list[Review] = field(default_factory=list)
    fixed: str = ""
    score: int | None = None


def answers_of(task: Task, rows: Iterable[Judgement] = ()) -> list[AnswerShown]:
    """The candidates in their order, then the answers judged that are candidates no more."""
    candidates = task.candidates.select_related(
        "generation__model", "response__generation__model", "response__author"
    )
    shown = list(candidates.order_by("position"))
    names = labels(len(shown))
    found = [_candidate(each, name) for each, name in zip(shown, names, strict=True)]
    known = {each.response_id for each in shown}
    gone = [
        pk for pk in dict.fromkeys(pk for row in rows for pk in _judged(row)) if pk not in known
    ]
    earlier = Response.objects.select_related("generation__model", "author").in_bulk(gone)
    return found + [
        _response(earlier[pk], f"Earlier answer {number}", "No candidate any more.")
        for number, pk in enumerate(gone, start=1)
        if pk in earlier
    ]


def labels(number: int) -> list[str]:
    """Letters, as on the page of the task."""
    return [f"Answer {letter}" for letter in LETTERS[:number]]


def rows_of(task: Task) -> dict[int, list[Judgement]]:
    """The judgements of a task's labelers by assignment, superseded ones too, oldest first."""
    rows: dict[int, list[Judgement]] = defaultdict(list)
    for row in _read(task.kind, assignment__task=task):
        rows[row.assignment_id].append(row)
    return rows


def settlements_of(task: Task) -> list[Judgement]:
    """What reviewers settled the task as, oldest first."""
    return list(_read(task.kind, assignment__task__about=task))


def cards_of(
    task: Task,
    rows: Mapping[int, Sequence[Judgement]],
    answers: Sequence[AnswerShown],
    *,
    project: Project,
    names: Mapping[int, str],
    with_gold: bool,
) -> list[Card]:
    """A card for each labeler who was given the task, the first first."""
    criteria = criteria_of(project)
    order = {each.pk: each.label for each in answers if each.pk is not None}
    assignments = task.assignments.select_related("labeler", "guideline_version", "gold_result")
    shown = assignments.defer("guideline_version__text", "guideline_version__html")
    verdicts: dict[int, list[Review]] = defaultdict(list)
    reviews = Review.objects.filter(reviewed__task=task).select_related("labeler")
    for review in reviews.order_by("pk"):
        verdicts[review.reviewed_id or 0].append(review)
    fixes = {
        row.assignment.task.reviewed_id: row
        for row in _read(task.kind, assignment__task__reviewed__task=task)
    }
    cards = []
    for assignment in shown.order_by("-pk")[:MOST_SHOWN]:
        card = Card(assignment, names[assignment.labeler_id], verdicts=verdicts[assignment.pk])
        _fill(card, rows.get(assignment.pk, ()), order, criteria)
        if assignment.pk in fixes:
            card.fixed = told(fixes[assignment.pk], order)
        if with_gold and hasattr(assignment, "gold_result"):
            card.score = round(100 * assignment.gold_result.score)
        cards.append(card)
    return cards[::-1]


def told(row: Judgement, order: Mapping[int, str]) -> str:
    """A judgement in one line, its sides in the order of the page."""
    if isinstance(row, Comparison):
        row = in_order(row, list(order))
        return said(row, [row.response_a_id, row.response_b_id])
    return said(row, list(order))


def in_order(row: Comparison, order: Sequence[int]) -> Comparison:
    """The comparison as it would be had its sides stood in this order. Never to be saved."""
    at = {pk: place for place, pk in enumerate(order)}
    if at.get(row.response_a_id, 0) <= at.get(row.response_b_id, 0):
        return row
    turned = copy.copy(row)
    turned.response_a_id, turned.response_b_id = row.response_b_id, row.response_a_id
    turned.preference = None if row.preference is None else -row.preference
    turned.marks = {key: _turned_mark(mark) for key, mark in row.marks.items()}
    turned.flags = {TURNED.get(side, side): raised for side, raised in row.flags.items()}
    return turned


def _fill(
    card: Card, rows: Sequence[Judgement], order: Mapping[int, str], criteria: list[Criterion]
) -> None:
    if not rows:
        begun = card.assignment
        card.evidence = explain(begun.evidence, has_drafts=bool(begun.n_draws))
        return
    row = rows[-1]
    card.row, card.n_corrections = row, len(rows) - 1
    has_drafts = bool(card.assignment.n_draws)
    card.said, card.evidence = told(row, order), explain(row.evidence, has_drafts=has_drafts)
    if isinstance(row, Demonstration):
        turns = row.response.turns or [{"role": "assistant", "content": row.response.text}]
        card.turns = [{"role": t["role"], "html": markdown(t["content"])} for t in turns]
        return
    ordered = in_order(row, list(order)) if isinstance(row, Comparison) else row
    card.marks, card.flags = marks_said(ordered, criteria), flags_said(ordered, list(order))
    if isinstance(ordered, Comparison):
        card.order_note = _order_note(row, ordered, order)


def _order_note(row: Judgement, ordered: Comparison, order: Mapping[int, str]) -> str:
    """How the sides on the screen relate to the answers on the page."""
    sides = [order.get(pk, "") for pk in (ordered.response_a_id, ordered.response_b_id)]
    is_pair_of_many = sides != ["Answer A", "Answer B"]
    note = f"A is {sides[0].lower()}, B is {sides[1].lower()}." if is_pair_of_many else ""
    turned = " Seen the other way round." if ordered is not row else ""
    return f"{note}{turned}".strip()


def _candidate(candidate: Candidate, label: str) -> AnswerShown:
    redrawn = f"Drawn anew {candidate.redraws} times." if candidate.redraws > 1 else ""
    redrawn = "Drawn anew once." if candidate.redraws == 1 else redrawn
    if candidate.response is not None:
        return _response(candidate.response, label, redrawn)
    generation = candidate.generation
    if generation is None:
        raise ValueError(f"candidate {candidate.pk} has no source")
    has_failed = generation.state == Generation.State.FAILED
    note = " ".join(filter(None, (generation.error, redrawn)))
    return AnswerShown(
        label, generation.model.name, generation.get_state_display(), "", note, has_failed
    )


def _response(response: Response, label: str, note: str) -> AnswerShown:
    by = response.model_name
    if response.generation is not None:
        by = response.generation.model.name
    elif response.author is not None:
        by = response.author.username
    return AnswerShown(
        label=label,
        by=by or "not known",
        origin=response.get_origin_display(),
        html=markdown(response.text),
        note=note,
        pk=response.pk,
    )


def _read(kind: str, **which: Any) -> list[Judgement]:
    own = ["response"] if kind == Task.Kind.DEMONSTRATION else []
    found = (
        MODELS[kind]
        ._default_manager.filter(**which)
        .select_related("labeler", "guideline_version", "assignment__task", *own)
    )
    rows: list[Judgement] = list(
        found.defer("guideline_version__text", "guideline_version__html").order_by("pk")
    )
    return rows


def _judged(row: Judgement) -> list[int]:
    if isinstance(row, Comparison):
        return [row.response_a_id, row.response_b_id]
    return [pk for tier in row.tiers for pk in tier] if isinstance(row, Ranking) else []


def _turned_mark(mark: Any) -> Any:
    if isinstance(mark, str):
        return TURNED.get(mark, mark)
    return None if mark is None else list(mark)[::-1]

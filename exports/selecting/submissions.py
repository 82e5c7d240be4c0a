"""Demonstrations, comparisons and rankings: what speaks against each."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from exports.reading.withheld import Judged, Withheld
from exports.recipe import Recipe, Selection
from exports.rounds.keeping import Span, chosen_of
from exports.selecting import copying, drawn_by, validity
from exports.selecting.marks import Failing, Marked, scanned
from exports.selecting.quarantined import quarantine
from exports.selecting.reasons import HELD_BACK, WORDS, Reason
from labeling.autonomy.levels import LEVELS, Level
from labeling.models import Comparison, Demonstration, Ranking, Task
from projects.models import Project, User

MODELS: dict[str, Judged] = {
    "demonstration": Demonstration,
    "comparison": Comparison,
    "ranking": Ranking,
}


def marked(source: str, project: Project, recipe: Recipe) -> Marked:
    """Every judgement of this source that no later one has superseded; of raw data, those too,
    and nothing is held back there."""
    model, selection = MODELS[source], recipe.selection
    rows: QuerySet[Any] = model._default_manager.filter(prompt__project=project)
    found = scanned(rows, _failing(project, selection))
    if recipe.kind != "raw":
        corrections = model._default_manager.filter(supersedes__isnull=False)
        found = found.without(copying.columns(corrections, "supersedes")[0])
        _hold_back(found, model, project)
        quarantine(found, source, project)
    _look_up(found, rows, source, project, selection)
    return found


def _failing(project: Project, selection: Selection) -> Failing:
    """What the rows and their prompts say by themselves."""
    found: Failing = dated(project, selection)
    if selection.guideline_versions:
        wanted = Q(guideline_version__number__in=selection.guideline_versions)
        found.append((Reason.VERSION, ~wanted))
    if selection.valid_under_current:
        changed = validity.changed_since(project)
        found.append((Reason.CHANGED, validity.rests_on_changed(changed)))
    if selection.labelers:
        found.append((Reason.LABELER, ~Q(labeler__in=people(selection.labelers))))
    if selection.not_labelers:
        found.append((Reason.LABELER, Q(labeler__in=people(selection.not_labelers))))
    return found + of_prompts(selection, "prompt__")


def dated(project: Project, selection: Selection) -> Failing:
    found: Failing = []
    if selection.since:
        found.append((Reason.DATES, Q(created_at__lt=_midnight(selection.since))))
    if selection.until:
        found.append((Reason.DATES, Q(created_at__gte=_midnight(selection.until))))
    if selection.rounds:
        inside = [_within(span) for span in chosen_of(project, selection.rounds)]
        found.append((Reason.ROUND, ~reduce(or_, inside, Q(pk__in=[]))))
    return found


def of_prompts(selection: Selection, prompt: str) -> Failing:
    found: Failing = []
    if selection.tags:
        found.append((Reason.TAG, ~Q(**{f"{prompt}tags__overlap": list(selection.tags)})))
    if selection.languages:
        found.append((Reason.LANGUAGE, ~Q(**{f"{prompt}language__in": selection.languages})))
    return found


def people(pseudonyms: tuple[str, ...]) -> list[int]:
    return list(User.objects.filter(pseudonym__in=pseudonyms).values_list("pk", flat=True))


def _within(span: Span) -> Q:
    began = Q() if span.began_at is None else Q(created_at__gte=span.began_at)
    ended = Q() if span.ended_at is None else Q(created_at__lt=span.ended_at)
    return Q(pk__isnull=False) & began & ended


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _hold_back(found: Marked, model: Judged, project: Project) -> None:
    """Each under the one reason that its record tells."""
    reasons = Withheld(model, project).among(found.keys)
    for reason in HELD_BACK:
        words = WORDS[reason]
        keys = [key for key, told in reasons.items() if told == words]
        found.drop(np.array(keys, dtype=np.int64), reason)


def _look_up(
    found: Marked, rows: QuerySet[Any], source: str, project: Project, selection: Selection
) -> None:
    """What stands in other tables, asked only where it is chosen by."""
    if selection.valid_under_current:
        changed = validity.changed_since(project)
        again = validity.confirmed(rows, project, changed)
        found.pardon(copying.keys(again), Reason.CHANGED)
    if selection.models:
        found.keep_only(drawn_by.of_models(source, project, selection.models), Reason.MODEL)
    if selection.autonomy_levels:
        at_level = rows.annotate(level=LEVEL_OF[source]()).filter(
            level__in=selection.autonomy_levels
        )
        found.keep_only(copying.keys(at_level), Reason.LEVEL)
    if selection.reviewed == "accepted":
        found.drop_where(~accepted(found, rows, project), Reason.NOT_ACCEPTED)
    if selection.reviewed == "unreviewed":
        found.drop(copying.keys(validity.looked_at(rows)), Reason.REVIEWED)
        found.drop(copying.keys(validity.of_reviewers(rows, project)), Reason.REVIEWED)


def accepted(found: Marked, rows: QuerySet[Any], project: Project) -> Any:
    """Which of them a reviewer has accepted as they stand, or wrote."""
    as_it_is = found.among(copying.keys(rows.filter(validity.accepted_since())))
    return as_it_is | found.among(copying.keys(validity.of_reviewers(rows, project)))


def _level(kind: str) -> Any:
    return Coalesce("assignment__work_level__level", Value(int(LEVELS[kind][0])))


def _level_of_answer() -> Any:
    """Where drafts were drawn for an answer, it was made at the level of drafts at least."""
    by_draws = Case(
        When(assignment__n_draws__gt=0, then=Value(int(Level.EDIT))),
        default=Value(int(LEVELS[Task.Kind.DEMONSTRATION][0])),
        output_field=IntegerField(),
    )
    return Coalesce("assignment__work_level__level", by_draws)


LEVEL_OF: dict[str, Callable[[], Any]] = {
    "demonstration": _level_of_answer,
    "comparison": lambda: _level(Task.Kind.COMPARISON),
    "ranking": lambda: _level(Task.Kind.RANKING),
}

"""What was said against answers: repairs labelers asked for, fixes and returns of reviewers."""

from typing import Any

from django.db.models import Q, QuerySet

from exports.recipe import Recipe, Selection
from exports.selecting import validity
from exports.selecting.marks import Failing, Marked, scanned
from exports.selecting.quarantined import quarantine
from exports.selecting.reasons import Reason
from exports.selecting.submissions import dated, of_prompts, people
from labeling.models import Repair, Review, Task
from projects.models import Project


def repairs(project: Project, recipe: Recipe) -> Marked:
    """By whoever wrote the answer, under the version beside their task."""
    rows: QuerySet[Any] = Repair.objects.filter(assignment__task__project=project)
    places = {"labeler": "assignment__labeler", "version": "assignment__guideline_version"}
    failing = _failing(project, recipe.selection, "assignment__task__prompt__", "clauses", **places)
    failing.append((Reason.GOLD, Q(assignment__task__lane__is_gold=True)))
    return _out_of_quarantine(scanned(rows, failing), "repair", project)


def reviews(project: Project, recipe: Recipe) -> Marked:
    """By the reviewer, under the version of the review."""
    rows: QuerySet[Any] = Review.objects.filter(
        prompt__project=project,
        verdict__in=(Review.Verdict.FIX, Review.Verdict.RETURN),
        reviewed__task__kind=Task.Kind.DEMONSTRATION,
    )
    places = {"labeler": "labeler", "version": "guideline_version"}
    failing = _failing(project, recipe.selection, "prompt__", "cites", **places)
    failing.append((Reason.GOLD, Q(reviewed__task__lane__is_gold=True)))
    return _out_of_quarantine(scanned(rows, failing), "review", project)


def _failing(
    project: Project,
    selection: Selection,
    prompt: str,
    cites: str,
    *,
    labeler: str,
    version: str,
) -> Failing:
    found = dated(project, selection) + of_prompts(selection, prompt)
    if selection.guideline_versions:
        numbers = {f"{version}__number__in": selection.guideline_versions}
        found.append((Reason.VERSION, ~Q(**numbers)))
    if selection.valid_under_current:
        changed = validity.changed_since(project)
        touched = validity.rests_on_changed(changed, version=version, cites=cites)
        found.append((Reason.CHANGED, touched))
    if selection.labelers:
        found.append((Reason.LABELER, ~Q(**{f"{labeler}__in": people(selection.labelers)})))
    if selection.not_labelers:
        found.append((Reason.LABELER, Q(**{f"{labeler}__in": people(selection.not_labelers)})))
    return found


def _out_of_quarantine(found: Marked, source: str, project: Project) -> Marked:
    quarantine(found, source, project)
    return found

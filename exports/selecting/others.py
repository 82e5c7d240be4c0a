"""Votes, what judges settled alone, and prompts: what speaks against each."""

from typing import Any

import numpy as np
from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from numpy.typing import NDArray

from arena.models import Vote
from exports.recipe import Recipe, Selection
from exports.selecting import copying, validity
from exports.selecting.drawn_by import model_keys
from exports.selecting.marks import Failing, Marked, scanned
from exports.selecting.quarantined import quarantine
from exports.selecting.reasons import Reason
from exports.selecting.submissions import dated, of_prompts
from labeling.autonomy.levels import Level
from labeling.autonomy.standing_in import standing
from labeling.models import MachineJudgement, Prompt
from projects.models import Project

Ints = NDArray[np.int64]
JUDGE = "judge "
VOTER = "v-"
VOTER_LETTERS = 16
"""Who judged is written so in exports: “judge Clara”, “v-” and the first letters of a digest."""
TAG = "tag:"
"""Stands before the owner's own categories among those of a vote."""


def votes(project: Project, recipe: Recipe) -> Marked:
    """Nobody votes under a guideline: votes are of none of its versions, and none of its changes
    touches them. Nor is there a level of autonomy or a review for them."""
    selection = recipe.selection
    rows: QuerySet[Any] = Vote.objects.filter(project=project)
    failing = dated(project, selection) + _never(
        {
            Reason.VERSION: bool(selection.guideline_versions),
            Reason.LEVEL: bool(selection.autonomy_levels),
            Reason.NOT_ACCEPTED: selection.reviewed == "accepted",
        }
    )
    rows = rows.annotate(told_voter=Left("voter", VOTER_LETTERS))
    if selection.labelers:
        failing.append((Reason.LABELER, ~Q(told_voter__in=_voters(selection.labelers))))
    if selection.not_labelers:
        failing.append((Reason.LABELER, Q(told_voter__in=_voters(selection.not_labelers))))
    found = scanned(rows, failing)
    _look_up_votes(found, rows, selection)
    if recipe.kind != "raw":
        quarantine(found, "vote", project)
    return found


def _look_up_votes(found: Marked, rows: QuerySet[Any], selection: Selection) -> None:
    if selection.tags:
        known = [name for tag in selection.tags for name in (tag, TAG + tag)]
        found.keep_only(copying.keys(rows.filter(counted__categories__overlap=known)), Reason.TAG)
    if selection.languages:
        is_of = Q(counted__language__in=selection.languages)
        if "" in selection.languages:
            is_of |= Q(counted__isnull=True)
        found.keep_only(copying.keys(rows.filter(is_of)), Reason.LANGUAGE)
    if selection.models:
        models = model_keys(selection.models)
        sides = (Q(battle__model_a__in=models), Q(battle__model_b__in=models))
        of_models = np.concatenate([copying.keys(rows.filter(side)) for side in sides])
        found.keep_only(of_models, Reason.MODEL)
    if selection.minimum_vote_weight > 0:
        # A vote that no board counts weighs nothing.
        heavy = rows.filter(counted__weight__gte=selection.minimum_vote_weight)
        found.keep_only(copying.keys(heavy), Reason.WEIGHT)


def _voters(pseudonyms: tuple[str, ...]) -> list[str]:
    told = [name.removeprefix(VOTER) for name in pseudonyms if name.startswith(VOTER)]
    return [name for name in told if name]


def _never(reasons: dict[Reason, bool]) -> Failing:
    """Reasons that hold for all rows there are, where they hold."""
    return [(reason, Q(pk__isnull=False)) for reason, holds in reasons.items() if holds]


def judged_alone(project: Project, recipe: Recipe) -> Marked:
    """Verdicts that stand where nobody has judged; no labeler or reviewer had a part in them."""
    selection = recipe.selection
    rows = standing(project)
    if recipe.kind == "raw":
        rows = MachineJudgement.objects.filter(task__project=project, is_audit=False)
    failing = dated(project, selection) + of_prompts(selection, "task__prompt__")
    failing += _never(
        {
            Reason.LEVEL: bool(selection.autonomy_levels)
            and int(Level.AUDIT) not in selection.autonomy_levels,
            Reason.NOT_ACCEPTED: selection.reviewed == "accepted",
        }
    )
    if selection.guideline_versions:
        numbers = Q(verdict__guideline_version__number__in=selection.guideline_versions)
        failing.append((Reason.VERSION, ~numbers))
    if selection.valid_under_current:
        rests_on = {"version": "verdict__guideline_version", "cites": "verdict__clauses"}
        changed = validity.changed_since(project)
        failing.append((Reason.CHANGED, validity.rests_on_changed(changed, **rests_on)))
    if selection.labelers:
        chosen = ~Q(verdict__judge__name__in=_judges(selection.labelers))
        failing.append((Reason.LABELER, chosen))
    if selection.not_labelers:
        refused = Q(verdict__judge__name__in=_judges(selection.not_labelers))
        failing.append((Reason.LABELER, refused))
    found = scanned(rows, failing)
    if recipe.kind != "raw":
        quarantine(found, "judge", project)
    if selection.models:
        found.keep_only(_with_answers_of(rows, selection.models), Reason.MODEL)
    return found


def _judges(names: tuple[str, ...]) -> list[str]:
    return [name.removeprefix(JUDGE) for name in names if name.startswith(JUDGE)]


def _with_answers_of(rows: QuerySet[Any], names: tuple[str, ...]) -> Ints:
    models, found = model_keys(names), []
    for side in ("verdict__first", "verdict__second"):
        drawn = Q(**{f"{side}__generation__model__in": models})
        said = Q(**{f"{side}__generation": None, f"{side}__model_name__in": names})
        found += [copying.keys(rows.filter(each)) for each in (drawn, said)]
    return np.concatenate(found)


def prompts(project: Project, recipe: Recipe) -> Marked:
    """Nobody has judged a prompt: only its tags, its language and its date are chosen by."""
    selection = recipe.selection
    rows = Prompt.objects.filter(project=project)
    return scanned(rows, dated(project, selection) + of_prompts(selection, ""))

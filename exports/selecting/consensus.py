"""Judgements whose labelers agree too little, and those that another one speaks for."""

from collections.abc import Callable
from typing import Any

import numpy as np
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Abs, Coalesce, Greatest, Least, Sign
from numpy.typing import NDArray

from exports.recipe import Selection
from exports.selecting import copying
from exports.selecting.agreeing import (
    BOTH_BAD,
    EQUAL,
    N_CLASSES,
    Compared,
    Ranked,
    Rule,
    leading_shares,
    numbered,
    ranking_shares,
    speaking,
    speaking_rankings,
)
from exports.selecting.marks import Marked
from exports.selecting.reasons import HELD_BACK, Reason
from exports.selecting.submissions import MODELS, accepted
from labeling.judging.rules import rules_of
from labeling.models import Comparison, QualityReport, Ranking, WorkRules
from labeling.quality.consensus import HEAVIEST, Consensus, adjudicated, majority, weighted
from labeling.quality.reliability import dawid_skene
from projects.models import Project

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SUBJECT = Coalesce(
    "assignment__task__about_id", "assignment__task__reviewed__task_id", "assignment__task_id"
)
"""The task that a row judges, also where it is a reviewer's fix or settlement."""
SETTLES = Case(When(assignment__task__about__isnull=False, then=Value(1)), default=Value(0))
MIDDLING = 0.8
"""The reliability of a labeler of whom nothing is known, where nothing is known of any."""
TIERS = """
SELECT judged.id, tier.place, answer::bigint
FROM labeling_ranking judged
CROSS JOIN LATERAL jsonb_array_elements(judged.tiers) WITH ORDINALITY AS tier(answers, place)
CROSS JOIN LATERAL jsonb_array_elements(tier.answers) AS answer
WHERE judged.id = ANY(%s)
"""


def settle(found: Marked, source: str, project: Project, selection: Selection) -> None:
    """Mark what goes for want of agreement, or because another judgement speaks for its task.

    Agreement is among all that may be used of a task; consensus is of what is chosen of it. One
    judgement agrees with itself, and demonstrations have no sides to agree on: of several of one
    task the first that a reviewer accepted speaks, else the first.
    """
    wants_one = selection.judgements == "consensus"
    if source == "comparison" and (wants_one or selection.minimum_agreement > 0):
        _settle_comparisons(found, project, selection, wants_one)
    elif source == "ranking" and (wants_one or selection.minimum_agreement > 0):
        _settle_rankings(found, project, selection, wants_one)
    elif source == "demonstration" and wants_one:
        _settle_demonstrations(found, project)


def _settle_comparisons(
    found: Marked, project: Project, selection: Selection, wants_one: bool
) -> None:
    places, compared = _comparisons(found, project)
    shares = leading_shares(compared.unit, compared.said, N_CLASSES)
    _mark_agreement(found, places, shares, selection)
    if wants_one:
        chosen = found.is_free[places]
        is_undecided, speaks = speaking(compared.at(chosen), _rule(project))
        _mark_consensus(found, places[chosen], is_undecided, speaks)


def _mark_agreement(found: Marked, places: Ints, shares: Floats, selection: Selection) -> None:
    # A share of three in five is 0.6, whatever is left over in its last digit.
    too_little = places[shares < selection.minimum_agreement - 1e-9]
    found.drop(found.keys[too_little], Reason.AGREEMENT)


def _mark_consensus(found: Marked, places: Ints, is_undecided: Flags, speaks: Flags) -> None:
    found.drop(found.keys[places[is_undecided]], Reason.UNDECIDED)
    found.drop(found.keys[places[~is_undecided & ~speaks]], Reason.SPOKEN_FOR)


def _comparisons(found: Marked, project: Project) -> tuple[Ints, Compared]:
    """Places among those found of what may be used, in order, and what was said there."""
    sign = Sign(F("preference"))
    turned = Case(
        When(response_a__gt=F("response_b"), then=-sign), default=sign, output_field=IntegerField()
    )
    rows: QuerySet[Any] = Comparison.objects.filter(prompt__project=project)
    keys, *told, settles = copying.columns(
        rows,
        "pk",
        task=SUBJECT,
        low=Least("response_a_id", "response_b_id"),
        high=Greatest("response_a_id", "response_b_id"),
        said=Case(
            When(preference=None, then=Value(BOTH_BAD)),
            default=turned + EQUAL,
            output_field=IntegerField(),
        ),
        strength=Coalesce(Abs("preference"), Value(0), output_field=IntegerField()),
        labeler=F("labeler_id"),
        settles=SETTLES,
    )
    order = np.argsort(keys)
    usable = found.keys[~found.has(*HELD_BACK)]
    order = order[np.isin(keys[order], usable, assume_unique=True)]
    task, low, high, said, strength, labeler = (told.pop(0)[order] for _ in range(6))
    compared = Compared(task, low, high, said, strength, labeler, settles[order] > 0)
    return found.places(keys[order]), compared


def _settle_rankings(
    found: Marked, project: Project, selection: Selection, wants_one: bool
) -> None:
    places, ranked = _rankings(found, project)
    _mark_agreement(found, places, ranking_shares(ranked), selection)
    if wants_one:
        chosen = found.is_free[places]
        rest = ranked.at(chosen)
        rule = rules_of(project).consensus
        weights = np.ones(len(rest.task))
        if rule == WorkRules.Consensus.WEIGHTED:
            weights = _weights(_trust(project, rest.labeler, None))
        is_undecided, speaks = speaking_rankings(
            rest, weights, unanimous=rule == WorkRules.Consensus.ADJUDICATED
        )
        _mark_consensus(found, places[chosen], is_undecided, speaks)


def _rankings(found: Marked, project: Project) -> tuple[Ints, Ranked]:
    """Those that may be used of tasks with several of them: one alone agrees with itself."""
    rows: QuerySet[Any] = Ranking.objects.filter(prompt__project=project)
    columns = {"task": SUBJECT, "labeler": F("labeler_id"), "settles": SETTLES}
    keys, task, labeler, settles = copying.columns(rows, "pk", **columns)
    order = np.argsort(keys)
    usable = found.keys[~found.has(*HELD_BACK)]
    order = order[np.isin(keys[order], usable, assume_unique=True)]
    unit = numbered(task[order])
    order = order[np.bincount(unit)[unit] > 1]
    responses, tiers = _tiers(keys[order])
    is_settling = settles[order] > 0
    ranked = Ranked(task[order], labeler[order], is_settling, responses, tiers)
    return found.places(keys[order]), ranked


def _tiers(keys: Ints) -> tuple[Ints, Ints]:
    """A row for each ranking: its responses, and beside each the tier it is in."""
    ranking, tier, response = copying.copied(TIERS, (keys.tolist(),), n_columns=3)
    order = np.lexsort((response, ranking))
    row = np.searchsorted(keys, ranking[order])
    begins = np.searchsorted(row, np.arange(len(keys)))
    column = np.arange(len(row)) - begins[row]
    widest = int(column.max(initial=0)) + 1
    responses = np.zeros((len(keys), widest), dtype=np.int64)
    tiers = np.full((len(keys), widest), -1, dtype=np.int64)
    responses[row, column], tiers[row, column] = response[order], tier[order]
    return responses, tiers


def _settle_demonstrations(found: Marked, project: Project) -> None:
    rows: QuerySet[Any] = MODELS["demonstration"]._default_manager.filter(prompt__project=project)
    keys, task = copying.columns(rows, "pk", task=SUBJECT)
    order = np.argsort(keys)
    order = order[np.isin(keys[order], found.keys[found.is_free], assume_unique=True)]
    places, unit = found.places(keys[order]), numbered(task[order])
    is_accepted = accepted(found, rows, project)[places]
    by_unit = np.lexsort((np.arange(len(unit)), ~is_accepted, unit))
    speaks = np.zeros(len(unit), dtype=bool)
    speaks[by_unit[np.unique(unit[by_unit], return_index=True)[1]]] = True
    found.drop(found.keys[places[~speaks]], Reason.SPOKEN_FOR)


def _rule(project: Project) -> Rule:
    rules: dict[str, Callable[..., Consensus]] = {
        WorkRules.Consensus.WEIGHTED: _by_weight(project),
        WorkRules.Consensus.ADJUDICATED: _by_reviewers,
    }
    return rules.get(rules_of(project).consensus, _by_majority)


def _by_majority(
    units: Ints, values: Ints, labelers: Ints, is_settling: Flags, n_classes: int
) -> Consensus:
    return majority(units, values, n_classes=n_classes)


def _by_reviewers(
    units: Ints, values: Ints, labelers: Ints, is_settling: Flags, n_classes: int
) -> Consensus:
    settled = dict(zip(units[is_settling].tolist(), values[is_settling].tolist(), strict=True))
    return adjudicated(units, values, settled, n_classes=n_classes)


def _by_weight(project: Project) -> Rule:
    def rule(
        units: Ints, values: Ints, labelers: Ints, is_settling: Flags, n_classes: int
    ) -> Consensus:
        trust = _trust(project, labelers, (units, values))
        return weighted(units, values, trust, n_classes=n_classes)

    return rule


def _trust(project: Project, labelers: Ints, choices: tuple[Ints, Ints] | None) -> Floats:
    """How likely each is right: as the project's report has it, otherwise from these choices;
    of whom neither tells counts like the middle labeler."""
    known = _reported(project) or (_fitted(labelers, *choices) if choices else {})
    middle = float(np.median(list(known.values()))) if known else MIDDLING
    people, codes = np.unique(labelers, return_inverse=True)
    trust = np.array([known.get(person, middle) for person in people.tolist()], dtype=np.float64)
    return trust[codes]


def _reported(project: Project) -> dict[int, float]:
    report = QualityReport.objects.filter(project=project).first()
    rows = report.data.get("labelers", []) if report else []
    return {row["id"]: row["reliability"] for row in rows if row.get("reliability") is not None}


def _fitted(labelers: Ints, units: Ints, values: Ints) -> dict[int, float]:
    if not len(units):
        return {}
    people, workers = np.unique(labelers, return_inverse=True)
    classes, labels = np.unique(values, return_inverse=True)
    fit = dawid_skene(units, workers, labels, n_classes=len(classes))
    return dict(zip(people.tolist(), fit.reliability.tolist(), strict=True))


def _weights(trust: Floats) -> Floats:
    """As a choice of two is weighted: the log-odds of being right."""
    r = np.clip(trust, 1e-6, 1 - 1e-6)
    return np.asarray(np.clip(np.log(r / (1 - r)), 0, HEAVIEST))

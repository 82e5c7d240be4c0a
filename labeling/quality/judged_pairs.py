"""Comparisons and rankings of what models drew, as rows that know nothing of labeling."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations, islice

from django.db.models import F

from labeling.models import Comparison, Ranking, Response
from labeling.reviewing.verdicts import usable
from projects.models import Project
from workers.pairs import JudgedPair, Verdict, to_grain

_FETCHED = 2_000


def judged_pairs(project: Project) -> Iterator[JudgedPair]:
    """The judgements to be used of responses that two models gave as they are.

    A comparison weighs 1, however strong the preference: a board counts who won. The pairs of a
    ranking are not independent of each other: they weigh so much that each of its responses counts
    as often as in one comparison.
    """
    yield from _compared(project)
    yield from _ranked(project)


def _compared(project: Project) -> Iterator[JudgedPair]:
    rows = (
        usable(Comparison.objects.filter(prompt__project=project))
        .filter(response_a__origin=Response.Origin.MODEL, response_b__origin=Response.Origin.MODEL)
        .exclude(response_a__generation__model=F("response_b__generation__model"))
        .order_by("pk")
        .values_list(
            "response_a__generation__model__name",
            "response_b__generation__model__name",
            "preference",
            "created_at",
        )
    )
    for model_a, model_b, preference, judged_at in rows.iterator(chunk_size=_FETCHED):
        yield JudgedPair(model_a, model_b, _verdict(preference), 1.0, judged_at)


def _ranked(project: Project) -> Iterator[JudgedPair]:
    rows = usable(Ranking.objects.filter(prompt__project=project)).order_by("pk")
    told = rows.values_list("tiers", "all_bad", "created_at").iterator(chunk_size=_FETCHED)
    while some := list(islice(told, _FETCHED)):
        models = _models_of([pk for tiers, _, _ in some for tier in tiers for pk in tier])
        for tiers, all_bad, judged_at in some:
            yield from _pairs(tiers, all_bad=all_bad, judged_at=judged_at, models=models)


def _pairs(
    tiers: Sequence[Sequence[int]], *, all_bad: bool, judged_at: datetime, models: Mapping[int, str]
) -> Iterator[JudgedPair]:
    """The better response first. Of those that are equal and all bad, both are bad."""
    placed = [(place, pk) for place, tier in enumerate(tiers) for pk in tier]
    weight = to_grain(1 / (len(placed) - 1))
    for (place_a, a), (place_b, b) in combinations(placed, 2):
        model_a, model_b = models.get(a), models.get(b)
        if model_a and model_b and model_a != model_b:
            equal: Verdict = "both_bad" if all_bad else "tie"
            verdict: Verdict = "a" if place_a < place_b else equal
            yield JudgedPair(model_a, model_b, verdict, weight, judged_at)


def _models_of(responses: Sequence[int]) -> Mapping[int, str]:
    """By response: the model that gave it; nothing of those that people wrote."""
    drawn = Response.objects.filter(pk__in=responses, origin=Response.Origin.MODEL)
    return dict(drawn.values_list("pk", "generation__model__name"))


def _verdict(preference: int | None) -> Verdict:
    """Below 0, A is better; without a preference both are bad."""
    if preference is None:
        return "both_bad"
    if preference == 0:
        return "tie"
    return "a" if preference < 0 else "b"

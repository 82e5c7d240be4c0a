"""Comparisons of what two models drew, as rows that know nothing of labeling."""

from collections.abc import Iterator

from django.db.models import F

from labeling.models import Comparison, Response
from labeling.reviewing.verdicts import usable
from projects.models import Project
from workers.pairs import JudgedPair, Verdict

_FETCHED = 2_000


def judged_pairs(project: Project) -> Iterator[JudgedPair]:
    """The comparisons to be used whose two responses came from two models as they are.

    Each weighs 1, however strong the preference: a board counts who won.
    """
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


def _verdict(preference: int | None) -> Verdict:
    """Below 0, A is better; without a preference both are bad."""
    if preference is None:
        return "both_bad"
    if preference == 0:
        return "tie"
    return "a" if preference < 0 else "b"

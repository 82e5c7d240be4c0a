"""Comparisons of what models drew, as rows that boards read."""

import pytest

from labeling.models import Comparison
from labeling.quality.judged_pairs import judged_pairs
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.rows import claim, make_comparison_task
from workers.pairs import pairs_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("preference", "verdict"), [(-3, "a"), (-1, "a"), (0, "tie"), (2, "b"), (None, "both_bad")]
)
def test_a_comparison_of_two_models_is_a_judged_pair(preference: int | None, verdict: str) -> None:
    project = make_project()
    version = make_guideline_version(project)
    task = make_comparison_task(project)
    labeler = make_member(project)
    assignment = claim(labeler, project, "comparison")
    first, second = (one.response for one in task.candidates.order_by("position"))
    assert first is not None
    assert second is not None
    assert first.generation is not None
    assert second.generation is not None
    Comparison.objects.create(
        assignment=assignment,
        labeler=labeler,
        guideline_version=version,
        seconds=1.0,
        prompt=task.prompt,
        response_a=second,
        response_b=first,
        preference=preference,
        both_bad=preference is None,
    )
    (pair,) = judged_pairs(project)
    assert (pair.model_a, pair.model_b) == (
        second.generation.model.name,
        first.generation.model.name,
    )
    assert (pair.verdict, pair.weight) == (verdict, 1.0)
    assert pair in list(pairs_of(project))
    assert list(judged_pairs(make_project())) == []

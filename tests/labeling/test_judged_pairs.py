"""Comparisons of what models drew, as rows that boards read."""

import pytest

from labeling.models import Comparison, Ranking, Response, Task
from labeling.quality.judged_pairs import judged_pairs
from projects.models import Project
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.rows import claim, make_comparison_task, make_generation, make_ranking_task
from workers.models import LanguageModel
from workers.pairs import pairs_of, to_grain

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


def rank(
    project: Project, tiers: list[list[Response]], *, all_bad: bool = False, task: Task
) -> None:
    labeler, version = make_member(project), make_guideline_version(project)
    Ranking.objects.create(
        assignment=claim(labeler, project, "ranking"),
        labeler=labeler,
        guideline_version=version,
        seconds=1.0,
        prompt=task.prompt,
        tiers=[[response.pk for response in tier] for tier in tiers],
        all_bad=all_bad,
    )


def drawn_for(task: Task) -> list[Response]:
    found = [each.response for each in task.candidates.order_by("position")]
    return [response for response in found if response is not None]


def model_of(response: Response) -> str:
    return str(
        Response.objects.values_list("generation__model__name", flat=True).get(pk=response.pk)
    )


def test_a_ranking_is_a_judged_pair_for_each_two_of_its_models() -> None:
    project = make_project()
    task = make_ranking_task(project)
    first, second, third = drawn_for(task)
    rank(project, [[third], [first, second]], task=task)
    a, b, c = map(model_of, (first, second, third))
    pairs = [(pair.model_a, pair.model_b, pair.verdict) for pair in judged_pairs(project)]
    assert pairs == [(c, a, "a"), (c, b, "a"), (a, b, "tie")]
    assert {pair.weight for pair in judged_pairs(project)} == {0.5}


def test_of_equal_responses_in_a_ranking_that_is_all_bad_both_are_bad() -> None:
    project = make_project()
    task = make_ranking_task(project)
    first, second, third = drawn_for(task)
    rank(project, [[first, third], [second]], all_bad=True, task=task)
    assert [pair.verdict for pair in judged_pairs(project)] == ["both_bad", "a", "a"]


def test_what_people_wrote_and_a_model_against_itself_are_no_pairs() -> None:
    project = make_project()
    task = make_ranking_task(project)
    one, other, _ = drawn_for(task)
    model = LanguageModel.objects.get(name=model_of(one))
    drawn = make_generation(project, task.prompt, "Twice.", model=model)
    twin, written = (
        Response.objects.create(prompt=task.prompt, text=text, **fields)
        for text, fields in (
            ("Twice.", {"origin": "model", "generation": drawn}),
            ("By hand.", {"origin": "person", "author": make_member(project)}),
        )
    )
    rank(project, [[other], [one], [twin], [written]], task=task)
    pairs = [(pair.model_a, pair.model_b) for pair in judged_pairs(project)]
    assert pairs == [(model_of(other), model_of(one))] * 2
    assert {pair.weight for pair in judged_pairs(project)} == {to_grain(1 / 3)}


def test_weights_are_kept_to_the_nearest_1024th_and_stay_in_bounds() -> None:
    assert to_grain(1 / 3) == 341 / 1024
    assert to_grain(1.0) == 1.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        to_grain(1.01)

"""Neutral records as they are read from the database."""

import pytest

from exports import rows
from exports.models import Export
from labeling.models import Response
from projects.models import Project, User
from tests.exports.judgements import (
    HAIKU,
    drawn,
    make_comparison,
    make_demonstration,
    make_prompt,
    make_vote,
)
from tests.factories import make_guideline_version, make_model, make_project

pytestmark = pytest.mark.django_db


def test_a_demonstration_carries_its_answer_and_where_it_is_from(
    project: Project, labeler: User
) -> None:
    made = make_demonstration(project, labeler, "Bent wire, patient", messages=HAIKU)
    (record,) = rows.demonstrations(project)
    assert record.id == f"demonstration-{made.pk}"
    assert record.prompt == HAIKU
    assert (record.answer.text, record.answer.origin) == ("Bent wire, patient", "person")
    assert record.answer.model == ""
    assert record.annotator == labeler.pseudonym != labeler.username
    assert (record.guideline_version, record.seconds) == (1, 42.5)
    assert record.external_id == made.prompt.external_id
    assert record.tags == ("tried",)
    assert record.created_at == made.created_at.isoformat(timespec="milliseconds")


def test_a_comparison_keeps_the_sides_as_they_stood_on_the_screen(
    project: Project, labeler: User
) -> None:
    made = make_comparison(project, labeler, a="Left.", b="Right.", preference=3)
    (record,) = rows.comparisons(project)
    assert (record.first.text, record.second.text, record.strength) == ("Left.", "Right.", 3)
    generation = made.response_a.generation
    assert generation is not None
    assert record.first.model == generation.model.name
    assert record.first.parameters == {"temperature": 0.7, "max_tokens": 64}
    assert (record.source, record.justification) == ("comparison", "Because.")


def test_a_comparison_of_two_bad_answers_has_no_strength(project: Project, labeler: User) -> None:
    make_comparison(project, labeler, preference=None)
    assert [record.strength for record in rows.comparisons(project)] == [None]


def test_a_persons_answer_names_no_model(project: Project, labeler: User) -> None:
    prompt = make_prompt(project)
    drawn(prompt, make_model(), "Drawn.")
    Response.objects.create(prompt=prompt, origin="person", text="Written.", author=labeler)
    make_demonstration(project, labeler, "Written too.")
    assert [record.answer.model for record in rows.demonstrations(project)] == [""]


@pytest.mark.parametrize(("verdict", "strength"), [("a", -1), ("b", 1), ("tie", 0)])
def test_a_vote_on_one_turn_is_a_preference(project: Project, verdict: str, strength: int) -> None:
    vote = make_vote(project, verdict=verdict)
    (record,) = rows.votes(project)
    assert record.prompt == [{"role": "user", "content": "Say hello."}]
    assert (record.first.text, record.second.text) == ("Hello!", "Go away.")
    assert (record.first.model, record.strength) == (vote.battle.model_a.name, strength)
    assert record.annotator == "v-a1a1a1a1a1a1a1a1"
    assert (record.n_turns, record.guideline_version) == (1, None)


def test_both_bad_is_no_preference(project: Project) -> None:
    make_vote(project, verdict="both_bad")
    assert [record.strength for record in rows.votes(project)] == [None]


def test_a_vote_on_several_turns_says_so(project: Project) -> None:
    make_vote(project, turns=[("Hello.", "A1", "B1"), ("And?", "A2", "B2")])
    (record,) = rows.votes(project)
    assert record.n_turns == 2
    assert record.first.text == "A1"


def test_an_imported_vote_without_texts_has_no_prompt(project: Project) -> None:
    make_vote(project, turns=[], source="import")
    (record,) = rows.votes(project)
    assert (record.prompt, record.first.text, record.second.text) == ([], "", "")


def test_another_projects_judgements_are_not_read(project: Project, labeler: User) -> None:
    elsewhere = make_project()
    make_guideline_version(elsewhere)
    make_demonstration(elsewhere, labeler, "Elsewhere.")
    make_comparison(elsewhere, labeler)
    make_vote(elsewhere)
    assert list(rows.demonstrations(project)) == []
    assert list(rows.preferences(project, Export.Source.ALL)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [("all", ["comparison", "vote"]), ("comparisons", ["comparison"]), ("votes", ["vote"])],
)
def test_the_source_says_which_judgements_are_read(
    project: Project, labeler: User, source: str, expected: list[str]
) -> None:
    make_vote(project)
    make_comparison(project, labeler)
    assert [record.source for record in rows.preferences(project, source)] == expected


def test_the_number_of_statements_does_not_grow_with_the_judgements(
    project: Project, labeler: User, django_assert_max_num_queries: "object"
) -> None:
    for _ in range(5):
        make_comparison(project, labeler)
        make_vote(project)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(list(rows.preferences(project, Export.Source.ALL))) == 10

"""Neutral records as they are read from the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.reading import withheld
from labeling.assigning.lanes import lane_for
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Response,
    Review,
    Task,
)
from projects.models import Project, User
from tests.exports.judgements import (
    HAIKU,
    drawn,
    make_comparison,
    make_demonstration,
    make_prompt,
    make_ranking,
    make_vote,
    next_of,
)
from tests.exports.reading.records_of import read
from tests.factories import make_guideline_version, make_model, make_project

pytestmark = pytest.mark.django_db


def test_a_demonstration_carries_its_answer_and_where_it_is_from(
    project: Project, labeler: User
) -> None:
    made = make_demonstration(project, labeler, "Bent wire, patient", messages=HAIKU)
    (record,) = read("sft", project)
    assert record.id == f"demonstration-{made.pk}"
    assert record.prompt == HAIKU
    assert (record.answer.text, record.answer.origin) == ("Bent wire, patient", "person")
    assert record.answer.model == ""
    assert record.annotator == labeler.pseudonym != labeler.username
    assert (record.guideline_version, record.seconds) == (1, 42.5)
    assert record.external_id == made.prompt.external_id
    assert record.tags == ("tried",)
    assert record.created_at == made.created_at.isoformat(timespec="milliseconds")


def test_an_answer_made_of_drafts_says_what_is_whose(project: Project, labeler: User) -> None:
    made = make_demonstration(project, labeler, "Unused", messages=HAIKU)
    draft = drawn(made.prompt, make_model("slate"), "Bent wire, patient").generation
    assert draft is not None
    spans = [[draft.pk, 9, 0], ["person", 3]]
    response = Response.objects.create(
        prompt=made.prompt,
        origin="mixed",
        text="Bent wire so",
        author=labeler,
        spans=spans,
        turns=[
            {"role": "assistant", "content": "Bent wire so"},
            {"role": "user", "content": "More?"},
            {"role": "assistant", "content": "No."},
        ],
        turn_spans=[spans, None, [["person", 3]]],
    )
    values = {name: getattr(made, name) for name in ("assignment", "prompt", "guideline_version")}
    Demonstration.objects.create(
        **values, labeler=labeler, seconds=1, response=response, supersedes=made
    )
    (record,) = read("sft", project)
    assert (record.answer.origin, record.human_share, record.model_share) == ("mixed", 0.4, 0.6)
    assert record.spans == (spans, None, [["person", 3]])
    assert record.drafts == {str(draft.pk): draft.model.name}


def test_a_comparison_keeps_the_sides_as_they_stood_on_the_screen(
    project: Project, labeler: User
) -> None:
    made = make_comparison(project, labeler, a="Left.", b="Right.", preference=3)
    (record,) = read("preferences", project, source="comparisons")
    assert (record.first.text, record.second.text, record.strength) == ("Left.", "Right.", 3)
    generation = made.response_a.generation
    assert generation is not None
    assert record.first.model == generation.model.name
    assert record.first.parameters == {"temperature": 0.7, "max_tokens": 64}
    assert (record.source, record.justification) == ("comparison", "Because.")


def test_a_comparison_of_two_bad_answers_has_no_strength(project: Project, labeler: User) -> None:
    make_comparison(project, labeler, preference=None)
    assert [record.strength for record in read("preferences", project, source="comparisons")] == [
        None
    ]


def test_a_persons_answer_names_no_model(project: Project, labeler: User) -> None:
    prompt = make_prompt(project)
    drawn(prompt, make_model(), "Drawn.")
    Response.objects.create(prompt=prompt, origin="person", text="Written.", author=labeler)
    make_demonstration(project, labeler, "Written too.")
    assert [record.answer.model for record in read("sft", project)] == [""]


def test_the_turns_after_the_first_answer_come_along(project: Project, labeler: User) -> None:
    made = make_demonstration(project, labeler, "Hello.")
    turns = [
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "Goodbye."},
    ]
    longer = Response.objects.create(
        prompt=made.prompt, origin="person", text="Hello.", author=labeler, turns=turns
    )
    Demonstration.objects.create(**next_of(made), response=longer)
    (record,) = read("sft", project)
    assert list(record.turns) == turns


def test_what_was_superseded_is_not_read(project: Project, labeler: User) -> None:
    made = make_comparison(project, labeler, preference=-2)
    sides = {"response_a": made.response_a, "response_b": made.response_b}
    Comparison.objects.create(**next_of(made), **sides, preference=1)
    assert [record.strength for record in read("preferences", project, source="comparisons")] == [1]


def test_a_ranking_is_all_its_pairs_together(project: Project, labeler: User) -> None:
    made = make_ranking(project, labeler, [["Best."], ["Good.", "As good."], ["Bad."]])
    pairs = list(read("preferences", project, source="rankings"))
    assert [(pair.first.text, pair.second.text, pair.strength) for pair in pairs] == [
        ("Best.", "Good.", -1),
        ("Best.", "As good.", -1),
        ("Best.", "Bad.", -2),
        ("Good.", "As good.", 0),
        ("Good.", "Bad.", -1),
        ("As good.", "Bad.", -1),
    ]
    assert {pair.group for pair in pairs} == {f"ranking-{made.pk}"}
    assert len({pair.id for pair in pairs}) == 6


def test_a_ranking_of_bad_answers_prefers_none(project: Project, labeler: User) -> None:
    make_ranking(project, labeler, [["Bad."], ["Worse."]], all_bad=True)
    assert [pair.strength for pair in read("preferences", project, source="rankings")] == [None]


def test_what_is_being_corrected_is_held_back(project: Project, labeler: User) -> None:
    made = make_comparison(project, labeler)
    Assignment.objects.filter(pk=made.assignment_id).update(state="reopened")
    assert [record.held_back for record in read("preferences", project, source="comparisons")] == [
        withheld.CORRECTED
    ]


def test_gold_is_held_back(project: Project, labeler: User) -> None:
    made = make_comparison(project, labeler)
    gold = lane_for(project=project, kind="comparison", is_gold=True)
    Task.objects.filter(pk=made.assignment.task_id).update(lane=gold)
    assert [record.held_back for record in read("preferences", project, source="comparisons")] == [
        withheld.GOLD
    ]


def test_a_settlement_stands_for_what_it_settled(
    project: Project, labeler: User, reviewer: User
) -> None:
    made = make_comparison(project, labeler, preference=-3)
    task = made.assignment.task
    review = Task.objects.create(
        project=project,
        prompt=task.prompt,
        kind="review",
        variant="settle",
        about=task,
        lane=lane_for(project=project, kind="review"),
        is_open=False,
    )
    assignment = Assignment.objects.create(
        task=review,
        labeler=reviewer,
        state="submitted",
        leased_until=made.created_at,
        guideline_version=made.guideline_version,
    )
    common = {"assignment": assignment, "labeler": reviewer, "seconds": 9.0}
    common |= {"guideline_version": made.guideline_version, "prompt": task.prompt}
    Review.objects.create(**common, about=task, verdict="settle")
    sides = {"response_a": made.response_a, "response_b": made.response_b}
    Comparison.objects.create(**common, **sides, preference=2)
    assert [
        (record.strength, record.held_back)
        for record in read("preferences", project, source="comparisons")
    ] == [
        (-3, withheld.SETTLED),
        (2, ""),
    ]


@pytest.mark.parametrize(("verdict", "strength"), [("a", -1), ("b", 1), ("tie", 0)])
def test_a_vote_on_one_turn_is_a_preference(project: Project, verdict: str, strength: int) -> None:
    vote = make_vote(project, verdict=verdict)
    (record,) = read("preferences", project, source="votes")
    assert record.prompt == [{"role": "user", "content": "Say hello."}]
    assert (record.first.text, record.second.text) == ("Hello!", "Go away.")
    assert (record.first.model, record.strength) == (vote.battle.model_a.name, strength)
    assert record.annotator == "v-a1a1a1a1a1a1a1a1"
    assert (record.n_turns, record.guideline_version) == (1, None)


def test_both_bad_is_no_preference(project: Project) -> None:
    make_vote(project, verdict="both_bad")
    assert [record.strength for record in read("preferences", project, source="votes")] == [None]


def test_a_vote_on_several_turns_says_so(project: Project) -> None:
    make_vote(project, turns=[("Hello.", "A1", "B1"), ("And?", "A2", "B2")])
    (record,) = read("preferences", project, source="votes")
    assert record.n_turns == 2
    assert record.first.text == "A1"


def test_an_imported_vote_without_texts_has_no_prompt(project: Project) -> None:
    make_vote(project, turns=[], source="import")
    (record,) = read("preferences", project, source="votes")
    assert (record.prompt, record.first.text, record.second.text) == ([], "", "")


def test_another_projects_judgements_are_not_read(project: Project, labeler: User) -> None:
    elsewhere = make_project()
    make_guideline_version(elsewhere)
    make_demonstration(elsewhere, labeler, "Elsewhere.")
    make_comparison(elsewhere, labeler)
    make_vote(elsewhere)
    assert list(read("sft", project)) == []
    assert list(read("preferences", project)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [("all", ["comparison", "vote"]), ("comparisons", ["comparison"]), ("votes", ["vote"])],
)
def test_the_source_says_which_judgements_are_read(
    project: Project, labeler: User, source: str, expected: list[str]
) -> None:
    make_vote(project)
    make_comparison(project, labeler)
    assert [record.source for record in read("preferences", project, source=source)] == expected


def test_the_number_of_statements_does_not_grow_with_the_judgements(
    project: Project, labeler: User
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(4):
            make_comparison(project, labeler)
            make_ranking(project, labeler, [["1"], ["2"]])
            make_vote(project)
        with CaptureQueriesContext(connection) as asked:
            list(read("preferences", project))
        counts.append(len(asked))
    assert counts[0] == counts[1]

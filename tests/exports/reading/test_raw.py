"""Raw judgements: everything that is known, and nothing left out."""

import pytest
from django.utils import timezone

from exports.reading import withheld
from exports.reading.raw import SUPERSEDED
from labeling.models import Assignment, Comparison, JudgeVerdict, WorkLevel
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration, make_ranking, make_vote
from tests.exports.reading.mixture import correct, review
from tests.exports.reading.records_of import read
from tests.labeling.judged import make_judge
from tests.labeling.levelled import make_verdict

pytestmark = pytest.mark.django_db


def test_a_comparison_comes_with_all_that_was_said_and_done(
    project: Project, labeler: User, reviewer: User, owner: User
) -> None:
    made = make_comparison(project, labeler, a="Left.", b="Right.", preference=2)
    verdict = make_verdict_on(made, owner)
    WorkLevel.objects.create(assignment=made.assignment, level=4, is_blind=False, verdict=verdict)
    given = review(made, reviewer, "accept")
    (record,) = read("raw", project)
    said = record.judgement
    assert (record.id, record.kind, record.held_back) == (
        f"comparison-{made.pk}",
        "comparison",
        "",
    )
    assert (said["labeler"], said["seconds"]) == (labeler.pseudonym, 17.25)
    assert (said["preference"], said["both_bad"], said["scale"]) == (2, False, "seven")
    assert said["answer_a"]["text"] == "Left."
    assert said["answer_b"]["parameters"] == {"temperature": 0.7, "max_tokens": 64}
    assert said["presented"] == [made.response_a_id, made.response_b_id]
    assert said["prompt"]["messages"] == made.prompt.messages
    assert (said["shown"]["level"], said["shown"]["verdict"]) == (4, "first")
    (told,) = said["reviews"]
    assert (told["id"], told["verdict"]) == (f"review-{given.pk}", "accept")
    assert told["reviewer"] == reviewer.pseudonym
    assert said["held_back"] == ""


def make_verdict_on(made: Comparison, owner: User) -> JudgeVerdict:
    judge = make_judge(made.prompt.project, owner)
    task = made.assignment.task
    for position, response in enumerate((made.response_a, made.response_b)):
        task.candidates.create(position=position, response=response)
    return make_verdict(judge, task, made.guideline_version)


def test_what_was_superseded_is_there_and_says_by_what(project: Project, labeler: User) -> None:
    made = make_demonstration(project, labeler, "Written.")
    later = correct(
        made,
        assignment=made.assignment,
        labeler=labeler,
        guideline_version=made.guideline_version,
        prompt=made.prompt,
        seconds=5,
        created_at=timezone.now(),
        supersedes=made,
    )
    first, second = (record.judgement for record in read("raw", project))
    assert (first["superseded_by"], first["held_back"]) == (
        f"demonstration-{later.pk}",
        SUPERSEDED,
    )
    assert (second["supersedes"], second["held_back"]) == (f"demonstration-{made.pk}", "")
    assert second["answer"]["text"] == "A better answer."


def test_why_one_is_not_trained_on_stands_in_the_judgement(project: Project, labeler: User) -> None:
    made = make_ranking(project, labeler, [["1"], ["2"]])
    Assignment.objects.filter(pk=made.assignment_id).update(state="reopened")
    (record,) = read("raw", project)
    assert (record.held_back, record.judgement["held_back"]) == ("", withheld.CORRECTED)
    assert [answer["text"] for answer in record.judgement["answers"]] == ["1", "2"]
    assert record.judgement["tiers"] == made.tiers


def test_a_battle_comes_with_all_its_turns(project: Project) -> None:
    made = make_vote(project, verdict="tie", turns=[("One?", "A1", "B1"), ("Two?", "A2", "B2")])
    made.notes.create(degree=-1, reasons=["tone"])
    (record,) = read("raw", project)
    said = record.judgement
    assert (said["verdict"], said["model_a"]) == ("tie", made.battle.model_a.name)
    assert [(turn["number"], turn["parent"]) for turn in said["turns"]] == [(1, None), (2, 1)]
    assert [turn["reply_b"] for turn in said["turns"]] == ["B1", "B2"]
    assert (said["notes"][0]["degree"], said["flags"]) == (-1, None)


def test_a_conversation_has_both_sides_and_what_was_said_of_them(project: Project) -> None:
    made = make_vote(project, verdict="b", turns=[("One?", "A1", "B1"), ("Two?", "A2", "B2")])
    made.notes.create(degree=1, reasons=["tone"])
    made.notes.create(degree=2, reasons=["clarity", "safety"])
    (record,) = read("conversations", project)
    assert [message["content"] for message in record.conversation_b] == ["One?", "B1", "Two?", "B2"]
    assert (record.winner, record.n_turns, record.weight) == ("model_b", 2, 0.0)
    assert (record.degree, record.reasons) == (2, ("clarity", "safety"))
    assert record.voter == "v-a1a1a1a1a1a1a1a1"

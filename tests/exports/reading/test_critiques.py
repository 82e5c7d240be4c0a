"""What was said against answers: repairs, fixes, returns."""

from typing import Any

import pytest
from django.utils import timezone

from exports.reading import critiques as module
from labeling.models import Demonstration, Response
from projects.models import Project, User
from tests.exports.judgements import HAIKU, make_demonstration, make_repair
from tests.exports.reading.mixture import correct, review
from tests.exports.reading.records_of import read

pytestmark = pytest.mark.django_db
TURNS = [
    {"role": "assistant", "content": "Written."},
    {"role": "user", "content": "And now?"},
    {"role": "assistant", "content": "Later."},
]


def submitted_as(row: Demonstration, **common: Any) -> dict[str, Any]:
    names = ("assignment", "labeler", "guideline_version", "prompt", "seconds", "created_at")
    return {name: getattr(row, name) for name in names} | common


def test_a_repair_says_what_was_wrong_and_what_became_of_it(
    project: Project, labeler: User
) -> None:
    made = make_demonstration(project, labeler, "Written.", messages=HAIKU)
    repair = make_repair(made)
    (record,) = read("critiques", project)
    assert (record.id, record.source, record.prompt) == (f"repair-{repair.pk}", "repair", HAIKU)
    assert (record.answer.text, record.critique) == ("As it was.", "Too long.")
    assert (record.clauses, record.outcome) == (("c-1",), "accepted")
    drawer = repair.generation.model.name
    assert (record.revision.text, record.revision.model) == ("Rewritten.\n", drawer)
    assert (record.annotator, record.guideline_version) == (labeler.pseudonym, 1)


@pytest.mark.parametrize(("outcome", "is_there"), [("discarded", False), ("edited", True)])
def test_a_discarded_rewriting_is_no_revision(
    project: Project, labeler: User, outcome: str, is_there: bool
) -> None:
    make_repair(make_demonstration(project, labeler, "Written."), outcome=outcome)
    (record,) = read("critiques", project)
    assert (record.revision is not None, record.outcome) == (is_there, outcome)


def test_a_repair_of_a_later_reply_comes_with_what_was_said_before(
    project: Project, labeler: User
) -> None:
    made = make_demonstration(project, labeler, "Written.", messages=HAIKU)
    make_repair(made, turn=1)
    (lost,) = read("critiques", project)
    assert lost.held_back == module.LOST_TURN
    response = Response.objects.create(
        prompt=made.prompt, origin="person", text="Written.", author=labeler, turns=TURNS
    )
    Demonstration.objects.create(**submitted_as(made, supersedes=made, response=response))
    (record,) = read("critiques", project)
    assert (record.prompt, record.held_back) == ([*HAIKU, *TURNS[:2]], "")


def test_a_reviewers_fix_is_a_revision(project: Project, labeler: User, reviewer: User) -> None:
    made = make_demonstration(project, labeler, "Written.")
    given = review(made, reviewer, "fix")
    names = ("assignment", "labeler", "guideline_version", "prompt", "seconds", "created_at")
    correct(made, supersedes=made, **{name: getattr(given, name) for name in names})
    (record,) = read("critiques", project)
    assert (record.id, record.source) == (f"review-{given.pk}", "fix")
    assert (record.answer.text, record.revision.text) == ("Written.", "A better answer.")
    assert (record.critique, record.clauses) == ("Say it shorter.", ("c-1",))
    assert (record.annotator, record.answer.origin) == (reviewer.pseudonym, "person")


def test_a_return_waits_for_its_correction(project: Project, labeler: User, reviewer: User) -> None:
    made = make_demonstration(project, labeler, "Written.")
    review(made, reviewer, "return")
    (waiting,) = read("critiques", project)
    assert (waiting.source, waiting.answer.text, waiting.revision) == ("return", "Written.", None)
    correct(made, **submitted_as(made, supersedes=made, created_at=timezone.now()))
    (record,) = read("critiques", project)
    assert (record.answer.text, record.revision.text) == ("Written.", "A better answer.")


def test_of_a_conversation_the_reply_that_was_changed_is_told(
    project: Project, labeler: User, reviewer: User
) -> None:
    made = make_demonstration(project, labeler, "Unused.", messages=HAIKU)
    first = Response.objects.create(
        prompt=made.prompt, origin="person", text="Written.", author=labeler, turns=TURNS
    )
    row = Demonstration.objects.create(**submitted_as(made, supersedes=made, response=first))
    given = review(row, reviewer, "fix")
    fixed = Response.objects.create(
        prompt=made.prompt,
        origin="person",
        text="Written.",
        author=reviewer,
        turns=[*TURNS[:2], {"role": "assistant", "content": "Sooner."}],
    )
    common = submitted_as(made, supersedes=row, response=fixed)
    common |= {"assignment": given.assignment, "labeler": reviewer}
    Demonstration.objects.create(**common)
    (record,) = read("critiques", project)
    assert (record.answer.text, record.revision.text) == ("Later.", "Sooner.")
    assert record.prompt == [*HAIKU, *TURNS[:2]]


def test_what_was_accepted_is_no_critique(project: Project, labeler: User, reviewer: User) -> None:
    made = make_demonstration(project, labeler, "Written.")
    review(made, reviewer, "accept")
    assert list(read("critiques", project)) == []

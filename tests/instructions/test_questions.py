"""Questions on clauses: asking, answering, hiding, and where they are shown."""

from typing import Any

import pytest
from django.test import Client

from instructions import questions
from instructions.models import ClauseQuestion
from instructions.questions import answer, ask, hide, open_questions, questions_of, show
from projects import tokens
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted, TooMany
from projects.models import AuditEvent, Project, User
from tests.conftest import SignIn
from tests.factories import make_guideline_version

pytestmark = pytest.mark.django_db

PAGE = "/projects/harbour/guideline/questions/"
NOTES = "/projects/harbour/guideline/notes/"
API = "/api/v1/projects/harbour/guideline/questions"


def api(user: User) -> Client:
    _, token = tokens.create(by=user, name="x")
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_a_member_asks_and_an_owner_answers(project: Project, owner: User, labeler: User) -> None:
    question = ask(by=labeler, project=project, anchor="c-1", text=" What if it is rude? ")
    assert (question.text, question.version.number) == ("What if it is rude?", 1)
    assert open_questions(project) == 1
    answer(by=owner, question=question, text="Stay polite.")
    answer(by=owner, question=question, text="Stay polite, always.")
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("Stay polite, always.", owner)
    assert open_questions(project) == 0
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", "actor__username")
    assert list(verbs) == [
        ("question.asked", "lena-labeler"),
        ("question.answered", "olga-owner"),
        ("question.answered", "olga-owner"),
    ]


def test_the_version_that_was_read_is_kept(project: Project, labeler: User) -> None:
    make_guideline_version(project)
    newest = ask(by=labeler, project=project, anchor="c-1", text="a")
    older = ask(by=labeler, project=project, anchor="c-1", text="b", version=1)
    assert (newest.version.number, older.version.number) == (2, 1)


def test_the_same_question_twice_is_one(project: Project, labeler: User) -> None:
    first = ask(by=labeler, project=project, anchor="c-1", text="Why?")
    assert ask(by=labeler, project=project, anchor="c-1", text="Why?") == first
    assert ClauseQuestion.objects.count() == 1


def test_too_many_open_questions_have_to_wait(
    project: Project, owner: User, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_OPEN", 1)
    first = ask(by=labeler, project=project, anchor="c-1", text="One?")
    with pytest.raises(TooMany):
        ask(by=labeler, project=project, anchor="c-1", text="Two?")
    answer(by=owner, question=first, text="Yes.")
    ask(by=labeler, project=project, anchor="c-1", text="Two?")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"anchor": "c-9"}, "anchor"),
        ({"anchor": ""}, "anchor"),
        ({"anchor": "c\0"}, "anchor"),
        ({"anchor": 7}, "anchor"),
        ({"text": " "}, "text"),
        ({"text": "x" * 4_001}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": None}, "text"),
        ({"version": 7}, "anchor"),
    ],
)
def test_a_question_out_of_form_is_refused(
    project: Project, labeler: User, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(by=labeler, project=project, **{"anchor": "c-1", "text": "Why?", **change})
    assert [problem.field for problem in caught.value.problems] == [field]
    assert not ClauseQuestion.objects.exists()


def test_only_owners_answer_and_hide(
    project: Project, owner: User, reviewer: User, labeler: User, stranger: User
) -> None:
    question = ask(by=labeler, project=project, anchor="c-1", text="Why?")
    for person, error in ((reviewer, NotPermitted), (labeler, NotPermitted), (stranger, NotFound)):
        with pytest.raises(error):
            answer(by=person, question=question, text="So.")
        with pytest.raises(error):
            hide(by=person, question=question)
    with pytest.raises(NotFound):
        ask(by=stranger, project=project, anchor="c-1", text="Why?")


def test_a_hidden_question_is_out_of_sight_until_shown_again(
    project: Project, owner: User, labeler: User
) -> None:
    question = ask(by=labeler, project=project, anchor="c-1", text="Why?")
    hide(by=owner, question=question)
    assert (list(questions_of(project)), open_questions(project)) == ([], 0)
    assert list(questions_of(project, with_hidden=True)) == [question]
    with pytest.raises(Conflict):
        hide(by=owner, question=question)
    show(by=owner, question=question)
    assert list(questions_of(project)) == [question]


def test_open_questions_come_first_and_the_oldest_of_them_on_top(
    project: Project, owner: User, labeler: User
) -> None:
    one, two, three, four = (
        ask(by=labeler, project=project, anchor="c-1", text=text) for text in "abcd"
    )
    answer(by=owner, question=one, text="A")
    answer(by=owner, question=two, text="B")
    assert list(questions_of(project)) == [three, four, two, one]


def test_the_page_shows_names_to_staff_only(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    ask(by=labeler, project=project, anchor="c-1", text="**Why?**")
    pages = {p: signed_in(p).get(PAGE).content.decode() for p in (owner, reviewer, labeler)}
    assert all("<strong>Why?</strong>" in page for page in pages.values())
    assert "lena-labeler asked" in pages[owner]
    assert "lena-labeler asked" in pages[reviewer]
    assert "You asked" in pages[labeler]
    assert "question-answer" not in pages[labeler]
    ask(by=owner, project=project, anchor="c-1", text="Mine")
    assert "olga-owner asked" not in signed_in(labeler).get(PAGE).content.decode()


def test_an_owner_sees_on_every_tab_how_many_wait(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    ask(by=labeler, project=project, anchor="c-1", text="One?")
    pages = [signed_in(p).get("/projects/harbour/members/") for p in (owner, reviewer)]
    words = '1<span class="visually-hidden"> open question</span>'
    assert [words in page.content.decode() for page in pages] == [True, False]


def test_asking_and_answering_by_form(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    assert signed_in(labeler).post(PAGE, {"anchor": "c-1", "text": "Why?"})["Location"] == PAGE
    question = ClauseQuestion.objects.get()
    browser = signed_in(owner)
    bad = browser.post(f"{PAGE}{question.pk}/answer/", {"answer": " "})
    assert (bad.status_code, "must not be blank" in bad.content.decode()) == (400, True)
    assert browser.post(f"{PAGE}{question.pk}/answer/", {"answer": "So."})["Location"] == PAGE
    assert browser.post(f"{PAGE}{question.pk}/hide/", {"to": "gone"}).status_code == 400
    assert browser.post(f"{PAGE}{question.pk}/hide/", {"to": "hidden"})["Location"] == PAGE
    assert browser.post(f"{PAGE}{question.pk}/hide/", {"to": "hidden"}).status_code == 409
    question.refresh_from_db()
    assert (question.answer, question.hidden_at is None) == ("So.", False)


def test_a_refused_question_is_shown_again_with_its_text(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    answer = signed_in(labeler).post(PAGE, {"anchor": "c-9", "text": "Kept words"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Clause: is no clause of this guideline" in page
    assert "Kept words" in page


def test_a_script_asks_without_leaving_the_page(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    browser = signed_in(labeler)
    json = {"Accept": "application/json"}
    made = browser.post(PAGE, {"anchor": "c-1", "text": "*Why?*"}, headers=json)
    assert made.status_code == 201
    assert made.json()["html"] == "<p><em>Why?</em></p>\n"
    refused = browser.post(PAGE, {"anchor": "c-1", "text": ""}, headers=json)
    assert (refused.status_code, refused.json()["detail"]) == (400, "text: must not be blank")


def test_notes_hold_questions_and_answers_and_nobodys_name(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    question = ask(by=labeler, project=project, anchor="c-1", text="<b>Why?</b>")
    answer(by=owner, question=question, text="So.")
    hide(by=owner, question=ask(by=labeler, project=project, anchor="c-1", text="Hidden"))
    body = signed_in(owner).get(NOTES)
    assert body.json() == {
        "pins": [],
        "questions": [
            {
                "id": question.pk,
                "anchor": "c-1",
                "html": "<p>&lt;b&gt;Why?&lt;/b&gt;</p>\n",
                "asked_at": question.asked_at.isoformat(),
                "answer_html": "<p>So.</p>\n",
            }
        ],
        "pin_url": "/projects/harbour/guideline/pins/",
        "ask_url": PAGE,
    }


def test_the_api_lists_asks_and_answers(project: Project, owner: User, labeler: User) -> None:
    made = api(labeler).post(
        API, {"anchor": "c-1", "text": "Why?"}, content_type="application/json"
    )
    assert made.status_code == 201
    assert set(made.json()) == {
        "id", "anchor", "guideline_version", "text", "asked_at", "answer", "answered_at",
    }  # fmt: skip
    path = f"{API}/{made.json()['id']}/answer"
    kind = "application/json"
    assert api(labeler).post(path, {"answer": "So."}, content_type=kind).status_code == 403
    assert api(owner).post(path, {"answer": "So."}, content_type=kind).json()["answer"] == "So."
    assert api(owner).post(path, {"answer": 7}, content_type=kind).status_code == 400
    assert api(owner).post(path, [1], content_type=kind).status_code == 400
    assert (
        api(owner).post(f"{API}/{2**63}/answer", {"answer": "x"}, content_type=kind).status_code
        == 404
    )
    listed = api(labeler).get(API).json()["results"]
    assert [(row["text"], row["answer"]) for row in listed] == [("Why?", "So.")]

"""The pages of quizzes."""

from typing import Any

import pytest
from django.test import Client

from instructions.models import Quiz, QuizAttempt, QuizGrant, QuizQuestion
from instructions.quiz_taking import sheet_for
from projects.models import Project, User
from tests.conftest import SignIn
from tests.instructions.quizzes import RULES, answer_quiz, make_quiz

PAGE = "/projects/harbour/quizzes/"
FORM = {"anchor": "c-1", "text": "What first?", "option": ["Help", "", "Speed"], "right": ["0"]}


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def filled(user: User, quiz: Quiz, place: int) -> dict[str, Any]:
    """The form of the first attempt with one original place chosen everywhere."""
    sheet = sheet_for(user=user, quiz=quiz, number=1)
    fields: dict[str, Any] = {"attempt": "1", "seal": sheet.seal}
    return fields | {asked.field: asked.order.index(place) for asked in sheet.questions}


def test_an_owner_writes_a_quiz_and_switches_it_on(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    made = browser.post(PAGE, RULES)
    quiz = Quiz.objects.get()
    assert made["Location"] == f"{PAGE}{quiz.pk}/edit/"
    assert browser.post(f"{PAGE}{quiz.pk}/questions/", FORM)["Location"] == made["Location"]
    question = QuizQuestion.objects.get()
    assert (question.options, question.right) == (["Help", "Speed"], [0])
    changed = {**FORM, "right": ["2"]}
    browser.post(f"{PAGE}questions/{question.pk}/", changed)
    assert QuizQuestion.objects.get().right == [1]
    browser.post(f"{PAGE}{quiz.pk}/edit/", {**RULES, "is_active": "1"})
    assert Quiz.objects.get().is_active is True
    assert "What first?" in shown(browser, f"{PAGE}{quiz.pk}/preview/")


def test_a_form_out_of_form_is_shown_again_with_every_rule(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    answer = browser.post(PAGE, {"title": "", "pass_percent": "0", "most_attempts": "x"})
    page = answer.content.decode()
    assert answer.status_code == 400
    for words in ("Title: must not be blank", "Pass mark in percent: must be", "Attempts: must be"):
        assert words in page
    quiz = make_quiz(owner, project)
    answer = browser.post(f"{PAGE}{quiz.pk}/questions/", {**FORM, "text": "", "right": ["1"]})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Question: must not be blank" in page
    assert "Right answer: marks an option that is empty" in page
    assert 'value="Speed"' in page


def test_a_labeler_takes_a_quiz_and_may_start(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    quiz = make_quiz(owner, project)
    browser = signed_in(labeler)
    page = shown(browser, f"{PAGE}{quiz.pk}/")
    assert "Question 1?" in page
    assert "§1 Be helpful" in page
    assert "Clause 1 says so" not in page
    done = browser.post(f"{PAGE}{quiz.pk}/", filled(labeler, quiz, 0))
    attempt = QuizAttempt.objects.get()
    assert done["Location"] == f"{PAGE}attempts/{attempt.pk}/"
    page = shown(browser, done["Location"])
    assert "Clause 1 says so" in page
    assert 'action="/projects/harbour/next/demonstration/"' in page
    assert "You have passed" in shown(browser, f"{PAGE}{quiz.pk}/")


def test_what_is_right_does_not_show_in_the_page(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    quiz = make_quiz(owner, project)
    order = sheet_for(user=labeler, quiz=quiz, number=1).questions[0].order
    options = [["Help", "Speed", "Style"][place] for place in order]
    page = shown(signed_in(labeler), f"{PAGE}{quiz.pk}/")
    places = [page.index(f"<span>{option}</span>") for option in options]
    assert places == sorted(places)


def test_a_question_left_open_keeps_the_others_chosen(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    quiz = make_quiz(owner, project, n_questions=2)
    fields = filled(labeler, quiz, 0)
    last = list(fields)[-1]
    place = fields.pop(last)
    answer = signed_in(labeler).post(f"{PAGE}{quiz.pk}/", fields)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Question 2 is not answered yet." in page
    assert page.count(" checked>") == 1
    assert not QuizAttempt.objects.exists()
    assert signed_in(labeler).post(f"{PAGE}{quiz.pk}/", {**fields, last: place}).status_code == 302


@pytest.mark.parametrize(
    "change",
    [{"attempt": "x"}, {"attempt": ""}, {"attempt": "9" * 40}, {"seal": "x"}, {"attempt": "7"}],
)
def test_a_form_of_no_meaning_is_refused(
    project: Project, owner: User, labeler: User, signed_in: SignIn, change: dict[str, str]
) -> None:
    quiz = make_quiz(owner, project)
    fields = {**filled(labeler, quiz, 0), **change}
    assert signed_in(labeler).post(f"{PAGE}{quiz.pk}/", fields).status_code in (400, 409)
    assert not QuizAttempt.objects.exists()


@pytest.mark.parametrize("place", ["-1", "x", "999", "\0", "¹", "9"])
def test_an_option_that_is_not_there_is_refused(
    project: Project, owner: User, labeler: User, signed_in: SignIn, place: str
) -> None:
    quiz = make_quiz(owner, project)
    field = f"q{quiz.questions.get().pk}"
    fields = {**filled(labeler, quiz, 0), field: place}
    assert signed_in(labeler).post(f"{PAGE}{quiz.pk}/", fields).status_code == 400
    assert not QuizAttempt.objects.exists()


def test_used_up_attempts_are_met_kindly_and_an_owner_gives_another(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    quiz = make_quiz(owner, project)
    answer_quiz(labeler, quiz, 1)
    answer_quiz(labeler, quiz, 1)
    assert "No attempt is left for now" in shown(signed_in(labeler), f"{PAGE}{quiz.pk}/")
    browser = signed_in(owner)
    assert "Give another attempt" in shown(browser, f"{PAGE}{quiz.pk}/results/")
    for user in ("", "x", "-1", "9" * 30):
        assert browser.post(f"{PAGE}{quiz.pk}/grant/", {"user": user}).status_code == 400
    assert browser.post(f"{PAGE}{quiz.pk}/grant/", {"user": labeler.pk}).status_code == 302
    assert QuizGrant.objects.get().user == labeler
    assert "Hand in" in shown(signed_in(labeler), f"{PAGE}{quiz.pk}/")


def test_an_attempt_is_its_makers_own(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    attempt = answer_quiz(labeler, make_quiz(owner, project), 1)
    for person in (owner, reviewer):
        assert signed_in(person).get(f"{PAGE}attempts/{attempt.pk}/").status_code == 404


def test_labelers_see_no_quiz_that_is_switched_off(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    signed_in(owner).post(PAGE, RULES)
    assert RULES["title"] not in shown(signed_in(labeler), PAGE)
    assert RULES["title"] in shown(signed_in(owner), PAGE)


def test_hostile_text_in_a_quiz_stays_text(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    bad = "<script>alert(1)</script>"
    browser = signed_in(owner)
    quiz = make_quiz(owner, project)
    form = {**FORM, "text": bad, "option": [bad, "b"], "explanation": bad}
    browser.post(f"{PAGE}questions/{quiz.questions.get().pk}/", form)
    attempt = answer_quiz(labeler, Quiz.objects.get(), 0)
    pages = [shown(browser, f"{PAGE}{quiz.pk}/{part}") for part in ("", "edit/", "results/")]
    pages.append(shown(signed_in(labeler), f"{PAGE}attempts/{attempt.pk}/"))
    assert not [page for page in pages if bad in page]

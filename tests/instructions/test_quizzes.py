"""Quizzes: what they gate, writing, taking and judging them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection

from instructions.models import Quiz, QuizAttempt, QuizGrant, QuizQuestion
from instructions.quiz_results import by_question, people
from instructions.quiz_taking import asked_in, sheet_for, take
from instructions.quiz_writing import (
    add_question,
    change_question,
    change_quiz,
    create_quiz,
    grant_attempt,
    move_question,
    retire_question,
)
from instructions.quizzes import standing, waiting
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_guideline_version, make_member, make_project
from tests.instructions.quizzes import QUESTION, RULES, answer_quiz, make_quiz

pytestmark = pytest.mark.django_db


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {problem.field: problem.rule for problem in error.value.problems}


def test_an_active_quiz_waits_until_it_is_passed(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project)
    for person in (owner, labeler):
        assert waiting(user=person, project=project, kind="demonstration") == [quiz]
    assert waiting(user=labeler, project=project, kind="comparison") == []
    answer_quiz(labeler, quiz, 1)
    assert waiting(user=labeler, project=project, kind="demonstration") == [quiz]
    answer_quiz(labeler, quiz, 0)
    assert waiting(user=labeler, project=project, kind="demonstration") == []
    assert waiting(user=owner, project=project, kind="demonstration") == [quiz]


def test_waiting_is_one_query_and_knows_no_other_project(
    project: Project, owner: User, labeler: User, django_assert_num_queries: Any
) -> None:
    make_quiz(owner, project)
    elsewhere = make_project("elsewhere")
    with django_assert_num_queries(1):
        assert waiting(user=labeler, project=elsewhere, kind="demonstration") == []


def test_a_quiz_switched_off_waits_for_nobody(project: Project, owner: User, labeler: User) -> None:
    quiz = make_quiz(owner, project)
    change_quiz(by=owner, quiz=quiz, is_active=False, **RULES)
    assert waiting(user=labeler, project=project, kind="demonstration") == []


def test_only_owners_write_and_strangers_find_nothing(
    project: Project, owner: User, reviewer: User, labeler: User, stranger: User
) -> None:
    quiz = make_quiz(owner, project)
    question = quiz.questions.get()
    for person, error in ((reviewer, NotPermitted), (labeler, NotPermitted), (stranger, NotFound)):
        with pytest.raises(error):
            create_quiz(by=person, project=project, **RULES)
        with pytest.raises(error):
            change_quiz(by=person, quiz=quiz, is_active=False, **RULES)
        with pytest.raises(error):
            add_question(by=person, quiz=quiz, **QUESTION)
        with pytest.raises(error):
            change_question(by=person, question=question, **QUESTION)
        with pytest.raises(error):
            move_question(by=person, question=question, to="up")
        with pytest.raises(error):
            retire_question(by=person, question=question)
        with pytest.raises(error):
            grant_attempt(by=person, quiz=quiz, user_id=labeler.pk)
    assert Quiz.objects.get().is_active is True


def test_every_broken_rule_of_a_quiz_is_named_at_once(project: Project, owner: User) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_quiz(
            by=owner,
            project=project,
            title=" ",
            kinds=["dancing"],
            pass_percent="101",
            most_attempts=-1,
        )
    assert set(problems(caught)) == {"title", "kinds", "pass_percent", "most_attempts"}
    assert not Quiz.objects.exists()


def test_every_broken_rule_of_a_question_is_named_at_once(project: Project, owner: User) -> None:
    quiz = create_quiz(by=owner, project=project, **RULES)
    with pytest.raises(InvalidInput) as caught:
        add_question(
            by=owner,
            quiz=quiz,
            anchor="c-9",
            text="a\0b",
            options=["only one"],
            right=[],
            explanation="x" * 4_001,
        )
    assert set(problems(caught)) == {"anchor", "text", "options", "right", "explanation"}
    assert not QuizQuestion.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"options": ["a", "a"]}, "options"),
        ({"options": ["a", " "]}, "options[1]"),
        ({"options": ["a", 7]}, "options[1]"),
        ({"options": list("abcdefghi")}, "options"),
        ({"options": "ab"}, "options"),
        ({"right": [3]}, "right"),
        ({"right": [True]}, "right"),
        ({"right": ["0"]}, "right"),
        ({"anchor": 7}, "anchor"),
        ({"text": None}, "text"),
    ],
)
def test_a_question_out_of_form_is_refused(
    project: Project, owner: User, change: dict[str, Any], field: str
) -> None:
    quiz = create_quiz(by=owner, project=project, **RULES)
    with pytest.raises(InvalidInput) as caught:
        add_question(by=owner, quiz=quiz, **{**QUESTION, **change})
    assert list(problems(caught)) == [field]


def test_a_quiz_without_questions_cannot_be_switched_on(project: Project, owner: User) -> None:
    quiz = create_quiz(by=owner, project=project, **RULES)
    with pytest.raises(InvalidInput) as caught:
        change_quiz(by=owner, quiz=quiz, is_active=True, **RULES)
    assert list(problems(caught)) == ["is_active"]


def test_an_active_quiz_keeps_its_last_question(project: Project, owner: User) -> None:
    quiz = make_quiz(owner, project)
    with pytest.raises(Conflict, match="keeps a question"):
        retire_question(by=owner, question=quiz.questions.get())


def test_questions_change_places(project: Project, owner: User) -> None:
    quiz = make_quiz(owner, project, n_questions=3)
    first, second, third = quiz.questions.order_by("position")
    move_question(by=owner, question=third, to="up")
    move_question(by=owner, question=first, to="up")
    assert list(quiz.questions.order_by("position")) == [first, third, second]
    with pytest.raises(InvalidInput):
        move_question(by=owner, question=first, to="sideways")


def test_a_question_may_keep_a_clause_that_has_gone(project: Project, owner: User) -> None:
    quiz = make_quiz(owner, project)
    question = quiz.questions.get()
    make_guideline_version(project).clauses.all().delete()
    change_question(by=owner, question=question, **{**QUESTION, "text": "Still?"})
    assert QuizQuestion.objects.get().text == "Still?"
    with pytest.raises(InvalidInput):
        add_question(by=owner, quiz=quiz, **QUESTION)


def test_several_right_options_must_all_be_chosen_and_no_other(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project, most_attempts=0)
    change_question(by=owner, question=quiz.questions.get(), **{**QUESTION, "right": [2, 0]})
    outcomes = []
    for number, wanted in enumerate(([0], [0, 1, 2], [0, 2]), start=1):
        sheet = sheet_for(user=labeler, quiz=quiz, number=number)
        (asked,) = sheet.questions
        chosen = {asked.id: [asked.order.index(place) for place in wanted]}
        attempt = take(by=labeler, quiz=quiz, number=number, seal=sheet.seal, chosen=chosen)
        outcomes.append((attempt.answers, attempt.has_passed))
    assert outcomes == [([[0]], False), ([[0, 1, 2]], False), ([[0, 2]], True)]


@pytest.mark.parametrize(("percent", "passes"), [(66, True), (67, False)])
def test_the_pass_mark_counts_exactly(
    project: Project, owner: User, labeler: User, percent: int, passes: bool
) -> None:
    quiz = make_quiz(owner, project, n_questions=3, pass_percent=percent)
    attempt = answer_quiz(labeler, quiz, 0, 0, 1)
    assert (attempt.n_right, attempt.has_passed) == (2, passes)


def test_options_are_shuffled_anew_for_each_person_and_attempt(
    project: Project, owner: User
) -> None:
    quiz = make_quiz(owner, project)
    change_question(
        by=owner,
        question=quiz.questions.get(),
        **{**QUESTION, "options": list("abcdefgh")},
    )
    members = [make_member(project) for _ in range(6)]
    orders = {
        tuple(sheet_for(user=person, quiz=quiz, number=number).questions[0].order)
        for person in members
        for number in (1, 2)
    }
    assert len(orders) > 6
    assert all(sorted(order) == list(range(8)) for order in orders)


def test_the_same_attempt_twice_is_one(project: Project, owner: User, labeler: User) -> None:
    quiz = make_quiz(owner, project)
    sheet = sheet_for(user=labeler, quiz=quiz, number=1)
    chosen = {asked.id: [0] for asked in sheet.questions}
    other = {asked.id: [1] for asked in sheet.questions}
    first = take(by=labeler, quiz=quiz, number=1, seal=sheet.seal, chosen=chosen)
    again = take(by=labeler, quiz=quiz, number=1, seal=sheet.seal, chosen=other)
    assert again.pk == first.pk
    assert again.answers == first.answers
    assert QuizAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_make_one_attempt(project: Project, owner: User, labeler: User) -> None:
    quiz = make_quiz(owner, project)
    sheet = sheet_for(user=labeler, quiz=quiz, number=1)
    chosen = {asked.id: [0] for asked in sheet.questions}

    def hand_in(_: int) -> int:
        try:
            return take(by=labeler, quiz=quiz, number=1, seal=sheet.seal, chosen=chosen).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(hand_in, range(8)))
    assert len(made) == QuizAttempt.objects.count() == 1


def test_a_quiz_changed_meanwhile_is_shown_again(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project)
    sheet = sheet_for(user=labeler, quiz=quiz, number=1)
    change_question(
        by=owner, question=quiz.questions.get(), **{**QUESTION, "options": ["Speed", "Help"]}
    )
    with pytest.raises(Conflict, match="changed meanwhile"):
        take(by=labeler, quiz=quiz, number=1, seal=sheet.seal, chosen={})
    with pytest.raises(Conflict, match="changed meanwhile"):
        take(by=labeler, quiz=quiz, number=2, seal=sheet.seal, chosen={})
    assert not QuizAttempt.objects.exists()


def test_an_unanswered_question_uses_up_no_attempt(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project, n_questions=3)
    sheet = sheet_for(user=labeler, quiz=quiz, number=1)
    first, second, third = sheet.questions
    chosen = {first.id: [0], second.id: [9], third.id: [0, 1]}
    with pytest.raises(InvalidInput) as caught:
        take(by=labeler, quiz=quiz, number=1, seal=sheet.seal, chosen=chosen)
    assert problems(caught) == {
        second.field: "question 2 has no such option",
        third.field: "question 3 takes one option",
    }
    assert not QuizAttempt.objects.exists()


def test_attempts_run_out_and_an_owner_gives_another(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project)
    with pytest.raises(Conflict, match="needs no other"):
        grant_attempt(by=owner, quiz=quiz, user_id=labeler.pk)
    answer_quiz(labeler, quiz, 1)
    answer_quiz(labeler, quiz, 2)
    with pytest.raises(Conflict, match="used up"):
        answer_quiz(labeler, quiz, 0)
    grant_attempt(by=owner, quiz=quiz, user_id=labeler.pk)
    with pytest.raises(Conflict, match="needs no other"):
        grant_attempt(by=owner, quiz=quiz, user_id=labeler.pk)
    assert standing(user=labeler, quiz=quiz).left == 1
    assert answer_quiz(labeler, quiz, 0).has_passed is True
    with pytest.raises(Conflict, match="passed this quiz already"):
        answer_quiz(labeler, quiz, 0)
    assert (QuizGrant.objects.count(), QuizAttempt.objects.count()) == (1, 3)
    event = AuditEvent.objects.get(verb="quiz.attempt_granted")
    assert (event.actor, event.subject) == (owner, f"user:{labeler.pk}")


def test_nobody_but_a_member_is_given_an_attempt(
    project: Project, owner: User, stranger: User
) -> None:
    quiz = make_quiz(owner, project)
    with pytest.raises(NotFound):
        grant_attempt(by=owner, quiz=quiz, user_id=stranger.pk)
    with pytest.raises(NotFound):
        take(by=stranger, quiz=quiz, number=1, seal="", chosen={})


def test_who_has_passed_stays_passed_whatever_is_changed(
    project: Project, owner: User, labeler: User
) -> None:
    quiz = make_quiz(owner, project)
    passed = answer_quiz(labeler, quiz, 0)
    change_question(by=owner, question=quiz.questions.get(), **{**QUESTION, "right": [1]})
    add_question(by=owner, quiz=quiz, **{**QUESTION, "text": "And now?"})
    assert waiting(user=labeler, project=project, kind="demonstration") == []
    (asked,) = asked_in(QuizAttempt.objects.get(pk=passed.pk))
    assert (asked.text, asked.right) == ("Question 1?", [0])


def test_an_attempt_never_changes(project: Project, owner: User, labeler: User) -> None:
    attempt = answer_quiz(labeler, make_quiz(owner, project), 1)
    with pytest.raises(IntegrityError):
        QuizAttempt.objects.filter(pk=attempt.pk).update(has_passed=True)


def test_results_name_everybody_and_the_share_right_of_first_attempts(
    project: Project, owner: User
) -> None:
    quiz = make_quiz(owner, project, n_questions=2)
    members = [make_member(project, Role.LABELER, f"quiz-{n}") for n in range(4)]
    for n, person in enumerate(members[:3]):
        answer_quiz(person, quiz, 0, 0 if n == 0 else 1)
    answer_quiz(members[1], quiz, 0, 0)
    found = {row.member.user.username: row for row in people(quiz)}
    assert found["quiz-0"].standing.passed is not None
    assert [attempt.number for attempt in found["quiz-1"].standing.attempts] == [1, 2]
    assert (found["quiz-2"].best_percent, found["quiz-2"].standing.left) == (50, 1)
    assert (found["quiz-3"].best_percent, found["quiz-3"].standing.left) == (None, 2)
    first, second = by_question(quiz)
    assert (first.n_answers, first.percent, first.is_unclear) == (3, 100, False)
    assert (second.n_answers, second.percent, second.is_unclear) == (3, 33, True)
    change_question(by=owner, question=second.question, **{**QUESTION, "text": "Clearer?"})
    assert [row.n_answers for row in by_question(quiz)] == [3, 0]


def test_results_cost_the_same_however_many_people(
    project: Project, owner: User, django_assert_max_num_queries: Any
) -> None:
    quiz = make_quiz(owner, project)
    for _ in range(5):
        answer_quiz(make_member(project), quiz, 0)
    quiz = Quiz.objects.select_related("guideline__project").get(pk=quiz.pk)
    with django_assert_max_num_queries(5):
        people(quiz)
        by_question(quiz)

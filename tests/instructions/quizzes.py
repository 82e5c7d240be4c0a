"""Quizzes for tests, through the functions owners use."""

from typing import Any

from instructions.models import Quiz, QuizAttempt, QuizQuestion
from instructions.quiz_taking import sheet_for, take
from instructions.quiz_writing import add_question, change_quiz, create_quiz
from instructions.quizzes import standing
from projects.models import Project, User

RULES: dict[str, Any] = {
    "title": "Before you start",
    "kinds": ["demonstration"],
    "pass_percent": 100,
    "most_attempts": 2,
}
QUESTION: dict[str, Any] = {
    "anchor": "c-1",
    "text": "What comes first?",
    "options": ["Help", "Speed", "Style"],
    "right": [0],
    "explanation": "Clause 1 says so.",
}


def make_quiz(by: User, project: Project, *, n_questions: int = 1, **rules: Any) -> Quiz:
    """An active quiz whose questions all have their first option as the right one."""
    quiz = create_quiz(by=by, project=project, **{**RULES, **rules})
    for n in range(n_questions):
        add_question(by=by, quiz=quiz, **{**QUESTION, "text": f"Question {n + 1}?"})
    return change_quiz(by=by, quiz=quiz, is_active=True, **{**RULES, **rules})


def shown_at(user: User, quiz: Quiz, question: QuizQuestion, place: int) -> int:
    """Where this person's next attempt shows the option whose original place is `place`."""
    number = standing(user=user, quiz=quiz).next_number
    sheet = sheet_for(user=user, quiz=quiz, number=number)
    asked = next(asked for asked in sheet.questions if asked.id == question.pk)
    return asked.order.index(place)


def answer_quiz(user: User, quiz: Quiz, *places: int) -> QuizAttempt:
    """Hand in the next attempt with one original place a question, in the questions' order."""
    number = standing(user=user, quiz=quiz).next_number
    sheet = sheet_for(user=user, quiz=quiz, number=number)
    chosen = {
        asked.id: [asked.order.index(place)]
        for asked, place in zip(sheet.questions, places, strict=True)
    }
    return take(by=user, quiz=quiz, number=number, seal=sheet.seal, chosen=chosen)

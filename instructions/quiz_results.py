"""What became of a quiz: who has passed it, and which questions most people get wrong."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from instructions.models import Quiz, QuizAttempt, QuizGrant, QuizQuestion
from instructions.quizzes import Standing, standing_after
from projects.models import Membership

UNCLEAR_BELOW = 0.5
ENOUGH_ANSWERS = 3

# First attempts only, for afterwards the explanation has been read; and only of people who were
# asked the question as it stands now.
_SHARES = """
SELECT question.id, count(*),
       count(*) FILTER (WHERE asked.q -> 'right' = attempt.answers -> (asked.place::int - 1))
FROM instructions_quizattempt attempt
CROSS JOIN LATERAL jsonb_array_elements(attempt.asked) WITH ORDINALITY AS asked (q, place)
JOIN instructions_quizquestion question
  ON question.id = (asked.q ->> 'id')::bigint AND question.quiz_id = attempt.quiz_id
 AND question.text = asked.q ->> 'text' AND to_jsonb(question.options) = asked.q -> 'options'
 AND to_jsonb(question."right") = asked.q -> 'right'
WHERE attempt.quiz_id = %s AND attempt.number = 1
GROUP BY question.id
"""


@dataclass(frozen=True)
class PersonResult:
    member: Membership
    standing: Standing

    @property
    def best_percent(self) -> int | None:
        """Of the questions, in the best attempt."""
        shares = [
            100 * attempt.n_right // max(1, len(attempt.answers))
            for attempt in self.standing.attempts
        ]
        return max(shares, default=None)


@dataclass(frozen=True)
class QuestionResult:
    """How first attempts answered a question."""

    question: QuizQuestion
    n_answers: int
    n_right: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.n_right / self.n_answers) if self.n_answers else None

    @property
    def is_unclear(self) -> bool:
        """Most people get it wrong: rather the clause than the people."""
        enough = self.n_answers >= ENOUGH_ANSWERS
        return enough and self.n_right < UNCLEAR_BELOW * self.n_answers


def people(quiz: Quiz) -> list[PersonResult]:
    """Every member, by name. Three queries."""
    attempts = defaultdict[int, list[QuizAttempt]](list)
    for attempt in quiz.attempts.defer("asked").order_by("number"):
        attempts[attempt.user_id].append(attempt)
    grants = defaultdict[int, int](int)
    for user_id in QuizGrant.objects.filter(quiz=quiz).values_list("user_id", flat=True):
        grants[user_id] += 1
    members = Membership.objects.filter(project=quiz.guideline.project).select_related("user")
    return [
        PersonResult(member, standing_after(quiz, attempts[member.user_id], grants[member.user_id]))
        for member in members.order_by("user__username", "pk")
    ]


def by_question(quiz: Quiz) -> list[QuestionResult]:
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, [quiz.pk])
        counts = {pk: (n_answers, n_right) for pk, n_answers, n_right in cursor.fetchall()}
    return [
        QuestionResult(question, *counts.get(question.pk, (0, 0)))
        for question in quiz.questions.order_by("position", "pk")
    ]

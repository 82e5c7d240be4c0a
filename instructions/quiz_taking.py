"""Taking a quiz: what is asked, in which order, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from instructions.models import Quiz, QuizAttempt, QuizQuestion
from instructions.publish import current_version
from instructions.quizzes import Standing, standing
from projects import audit
from projects.access import membership
from projects.errors import Conflict, InvalidInput, Problem
from projects.models import User

_SALT = "instructions.quiz"


@dataclass(frozen=True)
class Asked:
    """A question as one attempt is asked it. `order` lists the options' places as shown."""

    id: int
    anchor: str
    text: str
    options: list[str]
    right: list[int]
    explanation: str
    order: list[int]

    @property
    def has_several(self) -> bool:
        return len(self.right) > 1

    @property
    def shown_options(self) -> list[str]:
        return [self.options[place] for place in self.order]

    @property
    def field(self) -> str:
        return f"q{self.id}"


@dataclass(frozen=True)
class Sheet:
    """The questions of one attempt. `seal` tells whether a form still belongs to it."""

    number: int
    questions: list[Asked]
    seal: str


def sheet_for(*, user: User, quiz: Quiz, number: int) -> Sheet:
    """The same order each time for a person's attempt, and another one for the next.

    It is drawn with the site's secret, so neither the order nor the seal tells what is right.
    """
    key = f"{quiz.pk}:{user.pk}:{number}"
    questions = [_asked(row, key) for row in quiz.questions.order_by("position", "pk")]
    said = json.dumps([asdict(question) for question in questions], sort_keys=True)
    return Sheet(number, questions, seal=salted_hmac(_SALT, f"{key}:{said}").hexdigest())


def require_attempt(quiz: Quiz, where: Standing) -> None:
    """Raises Conflict where this person may not take the quiz now."""
    if not quiz.is_active:
        raise Conflict("This quiz is not open at the moment.")
    if where.passed is not None:
        raise Conflict("You have passed this quiz already.")
    if where.is_used_up:
        raise Conflict("All attempts are used up. An owner of the project can give you another.")


def take(
    *, by: User, quiz: Quiz, number: int, seal: str, chosen: Mapping[int, Sequence[int]]
) -> QuizAttempt:
    """Grade one attempt and keep it. `chosen` holds, by question, the places chosen as shown.

    The same attempt sent again, from another tab say, is the one that was made.
    """
    project = quiz.guideline.project
    membership(by, project.slug)
    where = standing(user=by, quiz=quiz)
    earlier = next((row for row in where.attempts if row.number == number), None)
    if earlier is not None:
        return earlier
    require_attempt(quiz, where)
    sheet = sheet_for(user=by, quiz=quiz, number=where.next_number)
    if number != sheet.number or not constant_time_compare(seal, sheet.seal):
        raise Conflict("The quiz was changed meanwhile. Please look at its questions again.")
    answers = _answers(sheet, chosen)
    n_right = sum(a == q.right for a, q in zip(answers, sheet.questions, strict=True))
    try:
        with transaction.atomic():
            attempt = QuizAttempt.objects.create(
                quiz=quiz,
                user=by,
                version=current_version(project),
                number=number,
                asked=[asdict(question) for question in sheet.questions],
                answers=answers,
                n_right=n_right,
                has_passed=100 * n_right >= quiz.pass_percent * len(answers),
            )
            audit.record(
                verb="quiz.attempted",
                by=by,
                project=project,
                subject=quiz,
                number=number,
                has_passed=attempt.has_passed,
            )
    except IntegrityError:
        # The same form, sent twice at once: the other one was first.
        return QuizAttempt.objects.get(quiz=quiz, user=by, number=number)
    return attempt


def asked_in(attempt: QuizAttempt) -> list[Asked]:
    """The questions as they stood."""
    return [Asked(**question) for question in attempt.asked]


def _asked(row: QuizQuestion, key: str) -> Asked:
    def chance(place: int) -> bytes:
        return salted_hmac(_SALT, f"{key}:{row.pk}:{place}").digest()

    return Asked(
        id=row.pk,
        anchor=row.anchor,
        text=row.text,
        options=row.options,
        right=sorted(row.right),
        explanation=row.explanation,
        order=sorted(range(len(row.options)), key=chance),
    )


def _answers(sheet: Sheet, chosen: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """The chosen options by their original places, or every question that is amiss."""
    answers, problems = [], list[Problem]()
    for at, question in enumerate(sheet.questions, start=1):
        places = list(chosen.get(question.id, ()))
        if any(not 0 <= place < len(question.order) for place in places):
            problems.append(Problem(question.field, f"question {at} has no such option"))
        elif not places:
            problems.append(Problem(question.field, f"question {at} is not answered yet"))
        elif len(places) > 1 and not question.has_several:
            problems.append(Problem(question.field, f"question {at} takes one option"))
        else:
            answers.append(sorted({question.order[place] for place in places}))
    if problems:
        raise InvalidInput(*problems)
    return answers

"""Owners write quizzes: what they gate, what they ask, and which answers are right."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max

from instructions.models import Clause, Guideline, Quiz, QuizAttempt, QuizGrant, QuizQuestion
from instructions.publish import current_version
from instructions.quizzes import standing
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound, Problem
from projects.models import Membership, Project, TaskKind, User
from projects.text import clean_name, clean_text

TITLE_LIMIT = 120
TEXT_LIMIT = 4_000
OPTION_LIMIT = 500
FEWEST_OPTIONS = 2
MOST_OPTIONS = 8
MOST_ATTEMPTS = 100
MOST_QUESTIONS = 100


def create_quiz(*, by: User, project: Project, **fields: Any) -> Quiz:
    """A quiz without questions, so not active yet. Takes the fields of `change_quiz`."""
    membership(by, project.slug, roles=OWNERS)
    checked = _checked(_quiz_checks(fields))
    with transaction.atomic():
        guideline, _ = Guideline.objects.get_or_create(project=project)
        quiz = Quiz.objects.create(guideline=guideline, created_by=by, **checked)
        audit.record(verb="quiz.created", by=by, project=project, subject=quiz, **checked)
    return quiz


def change_quiz(*, by: User, quiz: Quiz, is_active: bool, **fields: Any) -> Quiz:
    """Change title, kinds, pass_percent, most_attempts and whether it gates work.

    Names every broken rule at once. Who has passed stays passed.
    """
    project = _owned(by, quiz)
    checked = _checked(_quiz_checks(fields)) | {"is_active": is_active}
    with transaction.atomic():
        quiz = Quiz.objects.select_for_update().get(pk=quiz.pk)
        if is_active and not quiz.questions.exists():
            raise InvalidInput.field("is_active", "a quiz needs a question before it is active")
        for name, value in checked.items():
            setattr(quiz, name, value)
        quiz.save(update_fields=list(checked))
        audit.record(verb="quiz.changed", by=by, project=project, subject=quiz, **checked)
    return quiz


def add_question(*, by: User, quiz: Quiz, **fields: Any) -> QuizQuestion:
    """Ask one more. Takes anchor, text, options, right (their places) and explanation."""
    project = _owned(by, quiz)
    checked = _checked(_question_checks(project, fields, kept_anchor=""))
    with transaction.atomic():
        Quiz.objects.select_for_update().get(pk=quiz.pk)
        if quiz.questions.count() >= MOST_QUESTIONS:
            raise Conflict(f"A quiz has at most {MOST_QUESTIONS} questions.")
        last = quiz.questions.aggregate(last=Max("position"))["last"] or 0
        question = QuizQuestion.objects.create(quiz=quiz, position=last + 1, **checked)
        audit.record(verb="quiz.question_added", by=by, project=project, subject=question)
    return question


def change_question(*, by: User, question: QuizQuestion, **fields: Any) -> QuizQuestion:
    """Attempts made before keep the question as they were asked it."""
    project = _owned(by, question.quiz)
    checked = _checked(_question_checks(project, fields, kept_anchor=question.anchor))
    with transaction.atomic():
        for name, value in checked.items():
            setattr(question, name, value)
        question.save(update_fields=list(checked))
        audit.record(verb="quiz.question_changed", by=by, project=project, subject=question)
    return question


def move_question(*, by: User, question: QuizQuestion, to: str) -> None:
    """Change places with the neighbour that `to` names: up or down. At the end, stay."""
    _owned(by, question.quiz)
    if to not in ("up", "down"):
        raise InvalidInput.field("to", "must be up or down")
    with transaction.atomic():
        rows = list(question.quiz.questions.select_for_update().order_by("position", "pk"))
        at = next((i for i, row in enumerate(rows) if row.pk == question.pk), None)
        if at is None:
            raise NotFound("There is no such question.")
        target = at + (-1 if to == "up" else 1)
        if not 0 <= target < len(rows):
            return
        rows[at], rows[target] = rows[target], rows[at]
        for position, row in enumerate(rows, start=1):
            row.position = position
        QuizQuestion.objects.bulk_update(rows, ["position"])


def retire_question(*, by: User, question: QuizQuestion) -> None:
    """Ask it no more. Attempts made before keep it."""
    project = _owned(by, question.quiz)
    with transaction.atomic():
        quiz = Quiz.objects.select_for_update().get(pk=question.quiz_id)
        others = quiz.questions.exclude(pk=question.pk).exists()
        if quiz.is_active and not others:
            raise Conflict("An active quiz keeps a question. Switch the quiz off first.")
        audit.record(
            verb="quiz.question_retired",
            by=by,
            project=project,
            subject=question,
            text=question.text,
        )
        QuizQuestion.objects.filter(pk=question.pk).delete()


def grant_attempt(*, by: User, quiz: Quiz, user_id: int) -> Membership:
    """One more attempt for a member who has used theirs up."""
    project = _owned(by, quiz)
    with transaction.atomic():
        # Held, so that two owners at once give one attempt, not two.
        member = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(project=project, user_id=user_id)
            .first()
        )
        if member is None:
            raise NotFound("There is no such member.")
        if not standing(user=member.user, quiz=quiz).is_used_up:
            raise Conflict(f"{member.user.username} needs no other attempt.")
        QuizGrant.objects.create(quiz=quiz, user=member.user, granted_by=by)
        audit.record(
            verb="quiz.attempt_granted", by=by, project=project, subject=member.user, quiz=quiz.pk
        )
    return member


def question_in(project: Project, pk: int) -> QuizQuestion:
    found = (
        QuizQuestion.objects.select_related("quiz__guideline__project")
        .filter(quiz__guideline__project=project, pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("There is no such question.")
    return found


def attempt_of(*, user: User, project: Project, pk: int) -> QuizAttempt:
    """A person's own attempt."""
    found = (
        QuizAttempt.objects.select_related("quiz", "version")
        .filter(quiz__guideline__project=project, user=user, pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("There is no such attempt of yours.")
    return found


def _owned(by: User, quiz: Quiz) -> Project:
    project = quiz.guideline.project
    membership(by, project.slug, roles=OWNERS)
    return project


def _checked(checks: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Every check's value, or all that is wrong at once."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, check in checks.items():
        try:
            values[name] = check()
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(*problems)
    return values


def _quiz_checks(fields: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    return {
        "title": lambda: clean_name(fields.get("title"), field="title", limit=TITLE_LIMIT),
        "kinds": lambda: _kinds(fields.get("kinds")),
        "pass_percent": lambda: _whole(fields.get("pass_percent"), "pass_percent", 1, 100),
        "most_attempts": lambda: _whole(
            fields.get("most_attempts"), "most_attempts", 0, MOST_ATTEMPTS
        ),
    }


def _question_checks(
    project: Project, fields: dict[str, Any], *, kept_anchor: str
) -> dict[str, Callable[[], Any]]:
    options, right = fields.get("options"), fields.get("right")
    explanation = fields.get("explanation", "")
    n_options = len(options) if isinstance(options, list) else MOST_OPTIONS
    return {
        "anchor": lambda: _anchor(project, fields.get("anchor"), kept_anchor),
        "text": lambda: clean_text(fields.get("text"), field="text", limit=TEXT_LIMIT).strip(),
        "options": lambda: _options(options),
        "right": lambda: _right(right, n_options),
        "explanation": lambda: clean_text(
            explanation, field="explanation", limit=TEXT_LIMIT, required=False
        ).strip(),
    }


def _kinds(value: Any) -> list[str]:
    if not isinstance(value, list) or any(kind not in TaskKind.values for kind in value):
        raise InvalidInput.field("kinds", f"must be some of {', '.join(TaskKind.values)}")
    return [kind for kind in TaskKind.values if kind in value]


def _whole(value: Any, field: str, low: int, high: int) -> int:
    text = str(value).strip()
    if len(text) > 9 or not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise InvalidInput.field(field, f"must be a whole number from {low} to {high}")
    return int(text)


def _anchor(project: Project, value: Any, kept: str) -> str:
    """A clause of the current version; a question may keep one that has since gone."""
    anchor = clean_text(value, field="anchor", limit=40)
    version = current_version(project)
    is_there = Clause.objects.filter(version=version, anchor=anchor).exists() if version else False
    if not is_there and anchor != kept:
        raise InvalidInput.field("anchor", "choose a clause of the current guideline")
    return anchor


def _options(value: Any) -> list[str]:
    if not isinstance(value, list) or not FEWEST_OPTIONS <= len(value) <= MOST_OPTIONS:
        rule = f"must be {FEWEST_OPTIONS} to {MOST_OPTIONS} options"
        raise InvalidInput.field("options", rule)
    options = [
        clean_text(option, field=f"options[{i}]", limit=OPTION_LIMIT).strip()
        for i, option in enumerate(value)
    ]
    if len(set(options)) < len(options):
        raise InvalidInput.field("options", "holds the same option twice")
    return options


def _right(value: Any, n_options: int) -> list[int]:
    is_whole = isinstance(value, list) and all(type(place) is int for place in value)
    if not is_whole or not value:
        raise InvalidInput.field("right", "mark at least one option as right")
    if not all(0 <= place < n_options for place in value):
        raise InvalidInput.field("right", "marks an option that is empty")
    return sorted(set(value))

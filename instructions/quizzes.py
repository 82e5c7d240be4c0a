"""Quizzes on the guideline: which there are, and which stand between a person and the work."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from instructions.models import Quiz, QuizAttempt, QuizGrant
from projects.errors import NotFound
from projects.models import Project, TaskKind, User


@dataclass(frozen=True)
class Standing:
    """Where a person stands with a quiz. `left` is None where attempts are not counted."""

    attempts: list[QuizAttempt]
    left: int | None

    @property
    def next_number(self) -> int:
        return self.attempts[-1].number + 1 if self.attempts else 1

    @property
    def passed(self) -> QuizAttempt | None:
        return next((attempt for attempt in self.attempts if attempt.has_passed), None)

    @property
    def is_used_up(self) -> bool:
        return self.passed is None and self.left == 0


def waiting(*, user: User, project: Project, kind: TaskKind | str) -> list[Quiz]:
    """The active quizzes that `user` has to pass before work of `kind`, oldest first.

    Whoever labels is asked, owners and reviewers too. One query.
    """
    passed = QuizAttempt.objects.filter(user=user, has_passed=True).values("quiz_id")
    return list(
        Quiz.objects.filter(guideline__project=project, is_active=True, kinds__contains=[kind])
        .exclude(pk__in=passed)
        .order_by("pk")
    )


def quizzes_of(project: Project) -> QuerySet[Quiz]:
    """All of them, active ones first; each says how many questions it has in `n_questions`."""
    return (
        Quiz.objects.filter(guideline__project=project)
        .annotate(n_questions=Count("questions"))
        .order_by("-is_active", "pk")
    )


def quiz_in(project: Project, pk: int) -> Quiz:
    found = Quiz.objects.filter(guideline__project=project, pk=pk).first()
    if found is None:
        raise NotFound("There is no such quiz.")
    return found


def standing(*, user: User, quiz: Quiz) -> Standing:
    attempts = list(QuizAttempt.objects.filter(quiz=quiz, user=user).order_by("number"))
    return standing_after(quiz, attempts, QuizGrant.objects.filter(quiz=quiz, user=user).count())


def standing_after(quiz: Quiz, attempts: list[QuizAttempt], n_grants: int) -> Standing:
    if not quiz.most_attempts:
        return Standing(attempts, left=None)
    return Standing(attempts, left=max(0, quiz.most_attempts + n_grants - len(attempts)))

"""Quizzes on the guideline: which ones stand between a person and the work."""

from instructions.models import Quiz, QuizAttempt
from projects.models import Project, TaskKind, User


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

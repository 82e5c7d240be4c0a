"""People, projects and what was done in them."""

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone


def new_pseudonym() -> str:
    return f"p-{secrets.token_hex(5)}"


class User(AbstractUser):
    pseudonym = models.CharField(
        max_length=20,
        unique=True,
        default=new_pseudonym,
        editable=False,
        help_text="Stands for this person in exports.",
    )
    is_demo = models.BooleanField(default=False, help_text="Goes away with the demo project.")


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    REVIEWER = "reviewer", "Reviewer"
    LABELER = "labeler", "Labeler"


class TaskKind(models.TextChoices):
    """The kinds of work. Guidelines gate them, projects set them, labeling does them."""

    DEMONSTRATION = "demonstration", "Demonstration"
    COMPARISON = "comparison", "Comparison"
    RANKING = "ranking", "Ranking"
    REVIEW = "review", "Review"


class ArenaAccess(models.TextChoices):
    CLOSED = "closed", "Closed"
    MEMBERS = "members", "Members only"
    PUBLIC = "public", "Anyone"


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, user: User) -> "ProjectQuerySet":
        """The projects this person is a member of."""
        return self.filter(memberships__user=user)


class Project(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    overlap = models.PositiveSmallIntegerField(
        default=1, help_text="How many labelers work on each task."
    )
    candidates_per_prompt = models.PositiveSmallIntegerField(
        default=2, help_text="How many responses are drawn for each comparison."
    )
    lease_minutes = models.PositiveSmallIntegerField(
        default=60, help_text="How long a labeler may hold a task without working on it."
    )
    arena_access = models.CharField(
        max_length=10, choices=ArenaAccess.choices, default=ArenaAccess.CLOSED
    )
    is_home_arena = models.BooleanField(
        default=False, help_text="Its arena is the one at the site's first page."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_home_arena"], condition=Q(is_home_arena=True), name="one_home_arena"
            ),
            models.CheckConstraint(condition=Q(overlap__gte=1), name="overlap_at_least_one"),
            models.CheckConstraint(
                condition=Q(candidates_per_prompt__range=(2, 9)), name="candidates_two_to_nine"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_membership_each"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project} as {self.role}"


class AuditEvent(models.Model):
    """Who did what to which row, written in the same transaction as the deed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-created_at"], name="audit_by_project"),
            # Of tasks alone, as an index of every submission's would cost at each of them.
            models.Index(
                fields=["subject"], condition=Q(subject__startswith="task:"), name="audit_of_tasks"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


class ApiToken(models.Model):
    """A key to the API with its owner's rights. Only the digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

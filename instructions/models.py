"""Guidelines: the labeling instructions of a project."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.models import Project, User


class Guideline(models.Model):
    """A project's guideline; `draft` is what its owner is writing, versions are what counts."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="guideline")
    draft = models.TextField(blank=True)
    draft_saved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Guideline of {self.project}"


class GuidelineVersion(models.Model):
    """What was published, for ever. PostgreSQL refuses a change."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    html = models.TextField(help_text="The text as rendered on publishing.")
    change_note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guideline", "number"], name="one_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def clauses_in_order(self) -> "models.QuerySet[Clause]":
        return self.clauses.order_by("position", "pk")


class Clause(models.Model):
    """One numbered heading of a published version."""

    version = models.ForeignKey(GuidelineVersion, on_delete=models.CASCADE, related_name="clauses")
    position = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    anchor = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField()
    tags = ArrayField(models.CharField(max_length=12), default=list)
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "anchor"], name="one_clause_an_anchor"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

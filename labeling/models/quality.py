"""What guards the quality of the work: flags, gold tasks and their results, agreement."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.tasks import Assignment, Task
from projects.models import Project, User


class Flag(models.Model):
    """A labeler says that a task is not as it should be; its owner decides what happens."""

    class Reason(models.TextChoices):
        UNANSWERABLE = "unanswerable", "Cannot be answered"
        PRIVATE_DATA = "private_data", "Holds private data"
        WRONG_LANGUAGE = "wrong_language", "Wrong language"
        BROKEN = "broken", "Broken"

    class Outcome(models.TextChoices):
        QUEUED = "queued", "Back to the queue"
        DRAWN_AGAIN = "drawn_again", "Candidates drawn again"
        RETIRED = "retired", "Task retired"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="raised_flags")
    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="flag")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=14, choices=Reason.choices)
    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=11, choices=Outcome.choices, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["task"], condition=Q(resolved_at=None), name="open_flags"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} on task {self.task_id}"


class Gold(models.Model):
    """The expected judgement of a task whose answer is known, and why it is the right one.

    `expected` is, for a comparison, {"preferences": [-3, -2], "both_bad": false}: any of these is
    right; for a ranking, {"tiers": [[id], …], "all_bad": false}.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="gold")
    expected = models.JSONField(help_text="Sides as the candidates' positions: first, second.")
    reason = models.TextField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Gold of task {self.task_id}"


class GoldResult(models.Model):
    """How a labeler's judgement of a gold task compares with the expected one."""

    gold = models.ForeignKey(Gold, on_delete=models.CASCADE, related_name="results")
    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, related_name="gold_result"
    )
    labeler = models.ForeignKey(User, on_delete=models.PROTECT, related_name="gold_results")
    score = models.FloatField(help_text="0 to 1.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["labeler", "-created_at"], name="gold_by_labeler")]
        constraints = [
            models.CheckConstraint(condition=Q(score__range=(0, 1)), name="a_score_from_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"{self.score:.0%} by {self.labeler_id}"


class QualityReport(models.Model):
    """Agreement and reliability in a project, computed in the background when it changed."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="quality_report")
    digest = models.CharField(max_length=64, help_text="Of what it was computed from.")
    data = models.JSONField(default=dict)
    computed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Quality of {self.project}"

"""How far a project leaves judging to models, what was shown, and what they judged alone."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.judges import Judge, JudgeVerdict
from labeling.models.tasks import Assignment, Task
from projects.models import Project, TaskKind, User


class Autonomy(models.Model):
    """The level of one kind of task in a project; without a row a kind has its lowest.

    `bar_percent` and `fewest` are what audited agreement must clear before a judge is relied on.
    """

    class Level(models.IntegerChoices):
        WRITE = 1, "People write"
        EDIT = 2, "People edit drafts"
        PICK = 3, "People pick"
        CONFIRM = 4, "People confirm"
        AUDIT = 5, "People audit a sample"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="autonomy")
    kind = models.CharField(max_length=14, choices=TaskKind.choices)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, null=True, related_name="+")
    bar_percent = models.PositiveSmallIntegerField(
        default=80, help_text="The lower bound of audited agreement has to be above it."
    )
    fewest = models.PositiveSmallIntegerField(
        default=100, help_text="Audited comparisons that are enough to go by."
    )
    audit_percent = models.PositiveSmallIntegerField(
        default=10, help_text="Of a hundred tasks, how many people judge without the model."
    )
    sure_percent = models.PositiveSmallIntegerField(
        default=80, help_text="How sure the judge has to be where it judges alone."
    )
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "kind"], name="one_level_a_kind"),
            models.CheckConstraint(
                condition=Q(level__range=(1, 5)), name="levels_run_from_one_to_five"
            ),
            models.CheckConstraint(
                condition=Q(level__lte=3) | Q(judge__isnull=False),
                name="no_model_judges_without_a_judge",
            ),
            models.CheckConstraint(
                condition=Q(bar_percent__range=(50, 99), audit_percent__range=(1, 100)),
                name="a_bar_and_an_audit_there_is",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project_id} at level {self.level}"


class AutonomyChange(models.Model):
    """One move of a level, with the figures it was made on."""

    class Cause(models.TextChoices):
        RAISED = "raised", "Raised"
        LOWERED = "lowered", "Lowered"
        FELL_BACK = "fell_back", "Fell back by itself"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="autonomy_changes")
    kind = models.CharField(max_length=14, choices=TaskKind.choices)
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=9, choices=Cause.choices)
    reason = models.CharField(max_length=300, blank=True)
    figures = models.JSONField(default=dict, help_text="n, agreeing, low, bar, fewest, judge.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(null=True, help_text="When an owner took note of a fall.")

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="changes_of_autonomy"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_level} to {self.to_level}"


class WorkLevel(models.Model):
    """At which level a labeler was given a task, and what of a judge they were shown.

    An assignment without a row was given at its kind's lowest level. `verdict` is what the judge
    had said by then; where `is_blind`, it was kept from the labeler.
    """

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="work_level"
    )
    level = models.PositiveSmallIntegerField()
    verdict = models.ForeignKey(
        JudgeVerdict, on_delete=models.PROTECT, null=True, related_name="shown_on"
    )
    is_blind = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_blind=True) | Q(verdict__isnull=False),
                name="what_was_shown_is_a_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"Level {self.level} of assignment {self.assignment_id}"


class MachineJudgement(models.Model):
    """A task that a judge could settle alone: either its verdict stands, or people audit it.

    Which of the two was drawn by chance, once. A withdrawn one counts no more; its task is
    people's again.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="machine_judgement")
    verdict = models.OneToOneField(JudgeVerdict, on_delete=models.PROTECT, related_name="stands_as")
    is_audit = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_audit=False) | Q(withdrawn_at__isnull=True),
                name="an_audited_task_is_never_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"Verdict {self.verdict_id} on task {self.task_id}"

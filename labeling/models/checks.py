"""Answers checked against the guideline by a model while they are written, and whether it helps."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from instructions.models import GuidelineVersion
from labeling.models.tasks import Assignment
from projects.models import Project
from workers.models import Generation, LanguageModel


class CheckRules(models.Model):
    """Whether answers can be checked in a project; one without a row has it off."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="check_rules")
    is_on = models.BooleanField(default=False)
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, null=True, related_name="+")
    off_percent = models.PositiveSmallIntegerField(
        default=50, help_text="Of a hundred tasks, how many have no check, drawn by chance."
    )
    most_checks = models.PositiveSmallIntegerField(
        default=5, help_text="Checks that one answer may have."
    )
    token_budget = models.PositiveIntegerField(
        default=3_000, help_text="Of the question to the model, its answer left out."
    )
    measured_since = models.DateTimeField(
        default=timezone.now,
        help_text="When the model or the share last changed: before and after are not compared.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_on=False) | Q(model__isnull=False), name="a_check_has_its_model"
            ),
            models.CheckConstraint(
                condition=Q(off_percent__lte=90), name="most_tasks_may_be_checked"
            ),
        ]

    def __str__(self) -> str:
        return f"Checks in {self.project}"


class CheckArm(models.Model):
    """Whether this assignment has the check or not, as chance had it. Never changes."""

    class Arm(models.TextChoices):
        ON = "on", "With the check"
        OFF = "off", "Without it"

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, related_name="check_arm"
    )
    arm = models.CharField(max_length=3, choices=Arm.choices)
    off_percent = models.PositiveSmallIntegerField(help_text="The share it was drawn with.")
    drawn_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["drawn_at"], name="check_arms_by_time")]

    def __str__(self) -> str:
        return f"{self.arm} for assignment {self.assignment_id}"


class Check(models.Model):
    """One answer held against some clauses. Once it is settled it never changes."""

    class State(models.TextChoices):
        DRAWING = "drawing", "Being checked"
        READ = "read", "Read"
        UNREADABLE = "unreadable", "Could not be read"
        FAILED = "failed", "Could not be drawn"

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="checks")
    number = models.PositiveSmallIntegerField(help_text="Among the assignment's, from 1.")
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="+")
    guideline_version = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    text = models.TextField(help_text="The answer as it was checked.")
    anchors = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Clauses it was held against."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAWING)
    n_dropped = models.PositiveSmallIntegerField(
        default=0, help_text="Claims without a quote from the answer or a clause it was shown."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="drawing"), name="checks_being_drawn"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "number"], name="one_check_a_number"),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(state="drawing"), name="one_check_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="drawing", settled_at__isnull=True)
                | (~Q(state="drawing") & Q(settled_at__isnull=False)),
                name="settled_checks_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Check {self.number} of assignment {self.assignment_id}"


class CheckClaim(models.Model):
    """What a model says is wrong with a place in an answer, and what its labeler made of it."""

    class Severity(models.TextChoices):
        MINOR = "minor", "Minor"
        SERIOUS = "serious", "Serious"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACTED = "acted", "Acted on"
        DISMISSED = "dismissed", "Dismissed"

    class Reason(models.TextChoices):
        """Why a claim is dismissed."""

        WRONG = "wrong", "It is not so"
        NOT_MEANT = "not_meant", "The clause does not mean this"
        TRIFLE = "trifle", "Too small to matter"

    checked = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="claims")
    position = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=40)
    quote = models.TextField(help_text="As it stands in the answer that was checked.")
    starts_at = models.PositiveIntegerField(help_text="Its first character there.")
    problem = models.TextField()
    severity = models.CharField(max_length=7, choices=Severity.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=9, choices=Reason.choices, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checked", "position"], name="one_claim_a_position"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, reason="")
                | Q(state="acted", decided_at__isnull=False, reason="")
                | Q(state="dismissed", decided_at__isnull=False),
                name="a_decided_claim_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Claim {self.position} of check {self.checked_id}"

"""What people submitted. PostgreSQL refuses a change; a correction is a new row."""

from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from instructions.models import GuidelineVersion
from labeling.models.prompts import Prompt, Response
from labeling.models.tasks import Assignment, Task
from projects.models import User

_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class Submissions(models.QuerySet[_Row]):
    """Rows of one kind of judgement."""

    def current(self) -> Self:
        """What counts: the rows that no correction supersedes."""
        return self.filter(superseded_by__isnull=True)


class Submission(models.Model):
    """What every judgement carries.

    The first one of an assignment supersedes nothing; a correction (by its labeler after undoing
    or after a return, or by a reviewer) points at the row it supersedes.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT)
    labeler = models.ForeignKey(User, on_delete=models.PROTECT)
    guideline_version = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT)
    seconds = models.FloatField(help_text="From being given the task to submitting it.")
    active_seconds = models.FloatField(null=True, help_text="Of these at work; empty: not known.")
    evidence = models.JSONField(default=dict, help_text="How the text came in: typed or pasted.")
    cites = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Anchors of clauses named by §."
    )
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = Submissions.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(supersedes__isnull=True),
                name="one_%(class)s_an_assignment",
            ),
        ]


class Demonstration(Submission):
    """The ideal answer a labeler submitted."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="demonstrations")
    response = models.OneToOneField(Response, on_delete=models.PROTECT)

    class Meta(Submission.Meta):
        pass

    def __str__(self) -> str:
        return f"Demonstration {self.pk}"


class Comparison(Submission):
    """A judgement of two responses as they stood on the screen.

    `preference` runs from -3 (A is much better) over 0 (equal) to +3 (B is much better) and is
    empty exactly when both are bad; on the simple scale it is -1, 0 or 1. `marks` holds a mark a
    criterion: "a", "equal" or "b", or a pair of ratings from 0 to 4. `flags` holds, by side, the
    safety flags raised: {"a": ["violence"], "b": []}.
    """

    class Scale(models.TextChoices):
        SEVEN = "seven", "Seven points"
        SIMPLE = "simple", "A, equal or B"

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="comparisons")
    response_a = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    response_b = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    scale = models.CharField(max_length=6, choices=Scale.choices, default=Scale.SEVEN)
    preference = models.SmallIntegerField(null=True)
    both_bad = models.BooleanField(default=False)
    marks = models.JSONField(default=dict)
    flags = models.JSONField(default=dict)
    justification = models.TextField(blank=True)

    class Meta(Submission.Meta):
        constraints = [
            *Submission.Meta.constraints,
            models.CheckConstraint(
                # Said out loud, as a check whose answer is unknown (null) would pass.
                condition=Q(both_bad=True, preference__isnull=True)
                | Q(both_bad=False, preference__isnull=False, preference__range=(-3, 3)),
                name="a_preference_or_both_bad",
            ),
            models.CheckConstraint(
                condition=Q(scale="seven")
                | Q(preference__isnull=True)
                | Q(preference__range=(-1, 1)),
                name="a_simple_choice_is_one_of_three",
            ),
            models.CheckConstraint(
                condition=~Q(response_a=F("response_b")), name="two_different_responses"
            ),
        ]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"


class Ranking(Submission):
    """An ordering of two to nine responses.

    `tiers` holds response ids, the best tier first; responses of one tier are equal. `all_bad`
    says that even the best is not acceptable.
    """

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="rankings")
    tiers = models.JSONField()
    all_bad = models.BooleanField(default=False)
    flags = models.JSONField(default=dict, help_text="Safety flags by response id.")
    justification = models.TextField(blank=True)

    class Meta(Submission.Meta):
        pass

    def __str__(self) -> str:
        return f"Ranking {self.pk}"


class Review(Submission):
    """A reviewer's verdict on one submission, or the settling of a task by adjudication.

    What a reviewer fixed or settled is a judgement row of its own with this review's assignment;
    a fix supersedes the reviewed row, a settlement supersedes nothing.
    """

    class Verdict(models.TextChoices):
        ACCEPT = "accept", "Accepted"
        FIX = "fix", "Fixed and accepted"
        RETURN = "return", "Returned"
        SETTLE = "settle", "Settled"

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="reviews")
    reviewed = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, null=True, related_name="verdicts"
    )
    about = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, related_name="settlements")
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    reason = models.TextField(blank=True)

    class Meta(Submission.Meta):
        constraints = [
            *Submission.Meta.constraints,
            models.CheckConstraint(
                condition=Q(verdict="settle", about__isnull=False, reviewed__isnull=True)
                | (~Q(verdict="settle") & Q(about__isnull=True, reviewed__isnull=False)),
                name="a_verdict_has_its_subject",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="return") | ~Q(reason=""), name="a_return_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"Review {self.pk}"

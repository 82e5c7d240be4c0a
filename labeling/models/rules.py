"""How a project works: its rules, its criteria, and its members as labelers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.judgements import Comparison
from projects.models import Project, User


class WorkRules(models.Model):
    """What holds for the work in a project; a project without a row has the defaults."""

    class GoldFeedback(models.TextChoices):
        IMMEDIATELY = "immediately", "Immediately"
        NEVER = "never", "Never"

    class ReviewMode(models.TextChoices):
        NONE = "none", "Nothing"
        SAMPLE = "sample", "A sample"
        ALL = "all", "Everything"
        DISPUTED = "disputed", "Only disputes"

    class Consensus(models.TextChoices):
        MAJORITY = "majority", "Majority"
        WEIGHTED = "weighted", "Weighted by reliability"
        ADJUDICATED = "adjudicated", "Adjudicated by a reviewer"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="work_rules")

    scale = models.CharField(
        max_length=6, choices=Comparison.Scale.choices, default=Comparison.Scale.SEVEN
    )
    safety_flags = ArrayField(models.CharField(max_length=40), default=list)
    justify_always = models.BooleanField(default=False)
    justify_strong = models.BooleanField(default=False, help_text="At the ends of the scale.")
    justify_disputed = models.BooleanField(default=False)
    ranking_size = models.PositiveSmallIntegerField(
        default=4, help_text="Responses in a ranking, two to nine."
    )
    demonstrations_go_on = models.BooleanField(
        default=False, help_text="Labelers may go on with the conversation for several turns."
    )

    set_aside_after_skips = models.PositiveSmallIntegerField(
        default=3, help_text="Skips after which a task waits for the owner; 0: never."
    )
    daily_cap = models.PositiveIntegerField(
        default=0, help_text="Submissions a labeler may make a day; 0: no cap."
    )
    idle_seconds = models.PositiveSmallIntegerField(
        default=60, help_text="Without a sign of life, after which time is no longer active."
    )

    gold_percent = models.PositiveSmallIntegerField(
        default=0, help_text="How many of a hundred tasks are gold."
    )
    gold_feedback = models.CharField(
        max_length=11, choices=GoldFeedback.choices, default=GoldFeedback.IMMEDIATELY
    )
    pause_below_percent = models.PositiveSmallIntegerField(
        default=0, help_text="Gold score below which a labeler is paused; 0: never."
    )
    pause_after_golds = models.PositiveSmallIntegerField(
        default=5, help_text="Gold tasks after which the score counts."
    )
    qualify_percent = models.PositiveSmallIntegerField(
        default=0, help_text="Gold score that lets a labeler in; 0: everybody."
    )
    qualify_golds = models.PositiveSmallIntegerField(
        default=5, help_text="Gold tasks a labeler does before any other."
    )

    review_mode = models.CharField(
        max_length=8, choices=ReviewMode.choices, default=ReviewMode.NONE
    )
    review_percent = models.PositiveSmallIntegerField(default=10)
    review_shows_names = models.BooleanField(default=False)
    consensus = models.CharField(
        max_length=11, choices=Consensus.choices, default=Consensus.MAJORITY
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ranking_size__range=(2, 9)), name="rankings_of_two_to_nine"
            ),
            models.CheckConstraint(
                condition=Q(
                    gold_percent__lte=100,
                    pause_below_percent__lte=100,
                    qualify_percent__lte=100,
                    review_percent__lte=100,
                ),
                name="percent_are_at_most_a_hundred",
            ),
        ]

    def __str__(self) -> str:
        return f"Rules of {self.project}"


class Criterion(models.Model):
    """Something besides the preference that labelers mark in a comparison."""

    class Form(models.TextChoices):
        SIDES = "sides", "A, equal or B"
        RATING = "rating", "0 to 4 for each answer"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    form = models.CharField(max_length=6, choices=Form.choices, default=Form.SIDES)
    is_required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="one_criterion_a_key"),
        ]

    def __str__(self) -> str:
        return self.name


class Labeler(models.Model):
    """A member as a labeler: what they may be given, and whether they are paused.

    A member without a row has no language, no skill, the project's cap, and is not paused.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labelers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="labeler_in")
    languages = ArrayField(models.CharField(max_length=16), default=list)
    skills = ArrayField(models.CharField(max_length=40), default=list)
    daily_cap = models.PositiveIntegerField(null=True, help_text="Empty: the project's.")
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    resumed_at = models.DateTimeField(
        null=True, help_text="When a person lifted the last pause; gold counts anew from there."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_labeler_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as a labeler of {self.project_id}"

"""Votes as they were cast, what was said with them, and how they are counted now."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from arena.models.battles import Battle
from projects.models import Project, User
from workers.models import LanguageModel


class Verdict(models.TextChoices):
    A = "a", "A is better"
    B = "b", "B is better"
    TIE = "tie", "Tie"
    BOTH_BAD = "both_bad", "Both are bad"


class Vote(models.Model):
    """The verdict on a battle. One a battle; PostgreSQL refuses a change."""

    battle = models.OneToOneField(Battle, on_delete=models.CASCADE, related_name="vote")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="votes")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    voter = models.CharField(max_length=64, blank=True)
    network = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    seconds = models.FloatField(null=True, help_text="From the end of the replies to the vote.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="known_verdict"),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="votes_in_order"),
            models.Index(
                fields=["project", "voter"], condition=~Q(voter=""), name="votes_of_a_voter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} in battle {self.battle_id}"


class VoteNote(models.Model):
    """Why, said after the vote: of several, the last holds."""

    class Reason(models.TextChoices):
        ACCURACY = "accuracy", "Accuracy"
        CLARITY = "clarity", "Clarity"
        TONE = "tone", "Tone"
        FORMAT = "format", "Format"
        SAFETY = "safety", "Safety"

    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="notes")
    degree = models.SmallIntegerField(null=True, help_text="−3 (A, much better) to 3 (B).")
    reasons = ArrayField(models.CharField(max_length=10, choices=Reason.choices), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(degree=None) | Q(degree__gte=-3, degree__lte=3),
                name="degree_on_seven_points",
            ),
        ]

    def __str__(self) -> str:
        return f"Note on vote {self.vote_id}"


class CountedVote(models.Model):
    """How a vote is counted now. All of it follows from the vote, its texts, the rules and the
    flags, so that it can be made anew at any time; only votes of anonymous battles have one.

    Denormalised, because boards read millions of these and nothing else.
    """

    vote = models.OneToOneField(
        Vote, on_delete=models.CASCADE, primary_key=True, related_name="counted"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="counted_votes")
    model_a = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    model_b = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    weight = models.FloatField(default=1.0)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    language = models.CharField(max_length=8, blank=True)
    style = ArrayField(
        models.FloatField(),
        null=True,
        help_text="(A − B) / (A + B + 1) of each style feature; empty without texts.",
    )
    prompt_key = models.CharField(
        max_length=64, blank=True, help_text="Equal for prompts that are the same but for spelling."
    )
    cast_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="a_vote_weighs_zero_to_one"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "vote"], name="counted_votes_in_order"),
            models.Index(
                fields=["project", "prompt_key"],
                condition=~Q(prompt_key=""),
                name="counted_votes_of_a_prompt",
            ),
        ]

    def __str__(self) -> str:
        return f"Vote {self.vote_id}, weight {self.weight:g}"


class VoteFlag(models.Model):
    """A reason to doubt a vote. While it stands the vote weighs nothing; nothing is deleted."""

    class Reason(models.TextChoices):
        LEAK = "leak", "A model's name was in the conversation"
        FAST = "fast", "Cast too fast to have been read"
        SKEWED = "skewed", "This voter favours or harms one model beyond chance"
        CONCENTRATED = "concentrated", "This voter's battles centre on one model beyond chance"
        BURST = "burst", "One of many votes of newcomers in a short time"
        MANUAL = "manual", "By an owner"

    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="flags")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    detail = models.JSONField(default=dict)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vote", "reason"],
                condition=Q(lifted_at=None),
                name="a_reason_flags_a_vote_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: vote {self.vote_id}"


class IntegrityCheck(models.Model):
    """One look at all of an arena's votes: what was tested, and what came out."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="integrity_checks")
    n_votes = models.BigIntegerField()
    n_voters = models.BigIntegerField()
    findings = models.JSONField(default=dict)
    checked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="latest_integrity_check")]

    def __str__(self) -> str:
        return f"Check of {self.n_votes} votes"

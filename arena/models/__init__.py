"""Battles, votes and the boards made of them."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.models import Project, User
from workers.models import Generation, LanguageModel


class BattleQuerySet(models.QuerySet["Battle"]):
    def of(self, *, visitor: str, user: User | None) -> "BattleQuerySet":
        """The battles of this browser, and of whoever is signed in to it."""
        own = Q(visitor=visitor) & ~Q(visitor="")
        if user is not None:
            own |= Q(user=user)
        return self.filter(own, source=Battle.Source.ARENA)


class Battle(models.Model):
    """An anonymous conversation with two models, whose sides were drawn by a coin."""

    class Source(models.TextChoices):
        ARENA = "arena", "Arena"
        IMPORT = "import", "Imported"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="battles")
    model_a = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    model_b = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.ARENA)
    visitor = models.CharField(
        max_length=64, blank=True, help_text="Whose browser it is, as a keyed digest."
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    import_key = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BattleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(model_a=F("model_b")), name="two_different_models"),
            models.UniqueConstraint(
                fields=["project", "import_key"],
                condition=~Q(import_key=""),
                name="one_battle_an_import_key",
            ),
        ]

    def __str__(self) -> str:
        return f"Battle {self.public_id}"

    @property
    def is_voted(self) -> bool:
        return hasattr(self, "vote")


class Turn(models.Model):
    """One message of the visitor and the two replies."""

    class State(models.TextChoices):
        STREAMING = "streaming", "Being written"
        COMPLETE = "complete", "Complete"
        VOID = "void", "Could not be finished"

    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveSmallIntegerField()
    message = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.STREAMING)
    generation_a = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    generation_b = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reply_a = models.TextField(blank=True)
    reply_b = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["battle", "number"], name="one_turn_a_number"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="streaming"), name="streaming_turns"),
        ]

    def __str__(self) -> str:
        return f"Turn {self.number} of {self.battle_id}"


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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="known_verdict"),
        ]
        indexes = [models.Index(fields=["project", "id"], name="votes_in_order")]

    def __str__(self) -> str:
        return f"{self.verdict} in battle {self.battle_id}"


class Tally(models.Model):
    """All counted verdicts between two models, kept up inside each vote's transaction.

    `left` is the model with the smaller id.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tallies")
    left = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    left_wins = models.BigIntegerField(default=0)
    right_wins = models.BigIntegerField(default=0)
    ties = models.BigIntegerField(default=0)
    both_bad = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["project", "left", "right"], name="one_tally_a_pair"),
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="left_before_right"),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} against {self.right_id}"


class CountsImport(models.Model):
    """Aggregated counts that came from elsewhere, as they came; they are in the tallies too."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    rows = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "import of counts"
        verbose_name_plural = "imports of counts"
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="counts_imported_once"),
        ]

    def __str__(self) -> str:
        return self.file_name


class OnlineElo(models.Model):
    """A model's online Elo on a board: moved by each vote, in the vote's transaction."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT)
    rating = models.FloatField()
    n_votes = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "online Elo"
        verbose_name_plural = "online Elo ratings"
        constraints = [
            models.UniqueConstraint(fields=["project", "model"], name="one_elo_a_model"),
        ]

    def __str__(self) -> str:
        return f"{self.rating:.0f}"


class RatingRun(models.Model):
    """One computation of a board, kept for its history."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rating_runs")
    tallies_digest = models.CharField(max_length=64)
    n_votes = models.BigIntegerField()
    method = models.JSONField()
    computed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "tallies_digest"], name="one_run_a_state_of_the_tallies"
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.n_votes} votes"


class Standing(models.Model):
    """One model's row in a rating run."""

    run = models.ForeignKey(RatingRun, on_delete=models.CASCADE, related_name="standings")
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT)
    upper_rank = models.PositiveIntegerField()
    lower_rank = models.PositiveIntegerField()
    rating = models.FloatField()
    lower = models.FloatField()
    upper = models.FloatField()
    n_votes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "model"], name="one_standing_a_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model_id}: {self.rating:.0f}"

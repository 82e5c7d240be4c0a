"""What votes add up to, and the boards computed from that."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.models import Project, User
from workers.models import LanguageModel


class Board(models.Model):
    """A named board of a project, beside the main one, which has no row."""

    class Source(models.TextChoices):
        VOTES = "votes", "Votes of the arena"
        LAB = "lab", "Comparisons and rankings of the labelers"
        BOTH = "both", "Both together"

    class Ties(models.TextChoices):
        HALF = "half", "Half a win each"
        DAVIDSON = "davidson", "Davidson"
        RAO_KUPPER = "rao_kupper", "Rao–Kupper"

    class Intervals(models.TextChoices):
        SANDWICH = "sandwich", "Sandwich estimate"
        BOOTSTRAP = "bootstrap", "Bootstrap"
        ANYTIME = "anytime", "Valid at any time"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="boards")
    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=5, choices=Source.choices, default=Source.VOTES)
    category = models.CharField(max_length=40, blank=True)
    is_style_controlled = models.BooleanField(default=False)
    is_open_only = models.BooleanField(default=False)
    is_filtered = models.BooleanField(
        default=True, help_text="Votes count by their weight; otherwise each as one."
    )
    is_public = models.BooleanField(
        default=True, help_text="As open as the arena; otherwise members only."
    )
    ties = models.CharField(max_length=10, choices=Ties.choices, default=Ties.HALF)
    intervals = models.CharField(
        max_length=9, choices=Intervals.choices, default=Intervals.SANDWICH
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="one_board_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """All verdicts between two models in a category, kept up inside each vote's transaction.

    `left` is the model with the smaller id. The whole numbers count every vote; the weights add up
    what the votes weigh now, and the squares that squared, which intervals need. Category "" is
    all votes.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tallies")
    category = models.CharField(max_length=40, blank=True, default="")
    left = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    left_wins = models.BigIntegerField(default=0)
    right_wins = models.BigIntegerField(default=0)
    ties = models.BigIntegerField(default=0)
    both_bad = models.BigIntegerField(default=0)
    left_weight = models.FloatField(default=0)
    right_weight = models.FloatField(default=0)
    tie_weight = models.FloatField(default=0)
    bad_weight = models.FloatField(default=0)
    left_square = models.FloatField(default=0)
    right_square = models.FloatField(default=0)
    tie_square = models.FloatField(default=0)
    bad_square = models.FloatField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "category", "left", "right"],
                name="one_tally_a_pair_and_category",
            ),
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
    board = models.CharField(max_length=50, blank=True, help_text="Its slug; empty: the main one.")
    tallies_digest = models.CharField(max_length=64)
    n_votes = models.BigIntegerField()
    method = models.JSONField()
    computed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "board", "tallies_digest"], name="one_run_a_state_of_a_board"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "board", "-computed_at"], name="runs_of_a_board"),
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

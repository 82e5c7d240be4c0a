"""Dataset snapshots."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project, User


class Export(models.Model):
    """An immutable, checksummed snapshot with a manifest and a dataset card."""

    class Kind(models.TextChoices):
        SFT = "sft", "Demonstrations (SFT)"
        PREFERENCES = "preferences", "Preferences"
        REWARD = "reward", "Preferences with margins"
        RANKINGS = "rankings", "Rankings"
        UNPAIRED = "unpaired", "Wanted and unwanted answers"
        RATINGS = "ratings", "Ratings by criterion"
        CRITIQUES = "critiques", "Critiques and revisions"
        PROMPTS = "prompts", "Prompts"
        CONVERSATIONS = "conversations", "Arena conversations"
        RAW = "raw", "Judgements with everything"

    class Source(models.TextChoices):
        ALL = "all", "Comparisons, rankings and votes"
        COMPARISONS = "comparisons", "Comparisons"
        RANKINGS = "rankings", "Rankings"
        VOTES = "votes", "Votes"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Phase(models.TextChoices):
        WAITING = "", "Waiting for a worker"
        SELECTING = "selecting", "Choosing the judgements"
        WRITING = "writing", "Writing rows"
        SCANNING = "scanning", "Looking for poisoned data, in two walks"
        FINISHING = "finishing", "Describing and checking the files"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    recipe = models.JSONField(
        default=dict, help_text="What it is made of and how: exports.recipe, without defaults."
    )
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.ALL)
    with_machine = models.BooleanField(
        default=False,
        db_default=False,
        help_text="With comparisons that a judge settled alone; they say so.",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    phase = models.CharField(max_length=9, choices=Phase.choices, blank=True, default="")
    claim = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Builders that began since a file was last finished."
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    n_read = models.BigIntegerField(default=0, help_text="Judgements read so far.")
    n_expected = models.BigIntegerField(null=True, help_text="Judgements that are to be read.")
    rows_per_second = models.FloatField(null=True, help_text="Of the last moments, while it runs.")
    n_rows = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    address = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of what it holds and how it was made: the same for the same content.",
    )
    manifest = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="exports_by_project")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(n_rows__isnull=False, finished_at__isnull=False) & ~Q(sha256=""),
                name="a_finished_export_has_its_checksum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} export {self.public_id}"

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def seconds_left(self) -> float | None:
        """By the pace of the last moments; None where nothing can be said."""
        if not (self.is_waiting and self.n_expected and self.rows_per_second):
            return None
        return max(self.n_expected - self.n_read, 0) / self.rows_per_second

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

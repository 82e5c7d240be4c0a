"""Endpoints, the language models on them, and every draw of text."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project
from workers.measured import DrawMinute as DrawMinute
from workers.measured import DrawTotal as DrawTotal
from workers.measured import Tally as Tally
from workers.secrets import EncryptedTextField


class Endpoint(models.Model):
    """An OpenAI-compatible server, vLLM above all."""

    class Health(models.TextChoices):
        UNKNOWN = "unknown", "Not checked yet"
        READY = "ready", "Ready"
        DOWN = "down", "Not answering"

    class Intake(models.TextChoices):
        OPEN = "open", "Open"
        DRAINING = "draining", "Draining"
        PAUSED = "paused", "Paused"

    name = models.CharField(max_length=80, unique=True)
    base_url = models.CharField(
        max_length=300,
        validators=[RegexValidator(r"^https?://[^\s]+$", "must be an http or https address")],
        help_text="Ends in /v1.",
    )
    api_key = EncryptedTextField(blank=True, help_text="Kept encrypted and never shown again.")
    is_active = models.BooleanField(default=True)
    is_from_settings = models.BooleanField(default=False, editable=False)
    is_trusted = models.BooleanField(
        default=False,
        editable=False,
        help_text="Named in the settings or on the command line: it may lie in a private network.",
    )
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.UNKNOWN)
    health_note = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    most_in_flight = models.PositiveSmallIntegerField(
        default=64,
        validators=[MinValueValidator(1), MaxValueValidator(4096)],
        help_text="Draws at the same moment, from all workers together.",
    )
    kept_for_interactive = models.PositiveSmallIntegerField(
        default=2,
        validators=[MaxValueValidator(4096)],
        help_text="How many of these batch draws leave free for people who wait.",
    )
    intake = models.CharField(
        max_length=8,
        choices=Intake.choices,
        default=Intake.OPEN,
        help_text="Draining: what runs may end, nothing begins. Paused: batch draws are put back.",
    )
    n_failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Failures in a row, which the breaker counts."
    )
    open_until = models.DateTimeField(
        null=True, editable=False, help_text="The breaker lets nothing through before this."
    )
    probing_until = models.DateTimeField(
        null=True, editable=False, help_text="One draw tries it now; it answers by this time."
    )
    last_token_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(most_in_flight__gte=1), name="endpoints_take_one_draw_at_least"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def most_batch_in_flight(self) -> int:
        """How many of its draws may be batch draws; one always may."""
        return max(1, self.most_in_flight - self.kept_for_interactive)


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def drawable(self) -> "LanguageModelQuerySet":
        """Models that text can be asked of: active, on an active endpoint."""
        return self.filter(is_active=True, endpoint__is_active=True)

    def up(self) -> "LanguageModelQuerySet":
        """Drawable models whose endpoint answered when it was last checked."""
        return self.drawable().exclude(endpoint__health=Endpoint.Health.DOWN)


class LanguageModel(models.Model):
    """A contender: weights and the parameters they are drawn with.

    Two settings of one set of weights are two language models with the same `weights`.
    Models known only from imported votes have no endpoint and cannot be drawn from.
    """

    name = models.CharField(max_length=120, unique=True)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="language_models"
    )
    served_name = models.CharField(
        max_length=200, blank=True, help_text="Its name on the endpoint."
    )
    weights = models.CharField(max_length=200, blank=True)
    organisation = models.CharField(max_length=120, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    is_open = models.BooleanField(default=False, help_text="Its weights are published.")
    system_prompt = models.TextField(blank=True)
    sampling = models.JSONField(
        default=dict, blank=True, help_text="temperature, top_p, max_tokens, stop, seed, …"
    )
    price = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="For a million tokens of output, in US dollars.",
    )
    size = models.DecimalField(
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Billions of parameters.",
    )
    is_active = models.BooleanField(default=True)
    is_in_arena = models.BooleanField(default=True)
    is_from_settings = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LanguageModelQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ModelReplica(models.Model):
    """One more endpoint that serves a language model, under a name of its own."""

    model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="replicas")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="replicas")
    served_name = models.CharField(max_length=200, help_text="Its name on this endpoint.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "endpoint"], name="one_replica_a_model_and_endpoint"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.served_name} on {self.endpoint_id}"


class Generation(models.Model):
    """One draw of text from a language model. The row is the job; messages are only nudges."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Queue(models.TextChoices):
        INTERACTIVE = "interactive", "Interactive"
        BATCH = "batch", "Batch"

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="generations")
    queue = models.CharField(max_length=12, choices=Queue.choices)
    messages = models.JSONField(help_text="What was sent, the system prompt included.")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts that ended without a word: the worker died."
    )
    claim = models.UUIDField(null=True, editable=False, help_text="Which attempt holds the row.")
    leased_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now, help_text="Earliest next attempt.")
    output = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    stop_asked_at = models.DateTimeField(
        null=True, help_text="Somebody wants no more: it ends with what there is."
    )
    usage = models.JSONField(default=dict)
    served_model = models.CharField(max_length=200, blank=True)
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.PROTECT,
        null=True,
        # Looked for among running rows only, which have an index of their own.
        db_index=False,
        related_name="generations",
        help_text="Which one drew it.",
    )
    revision = models.CharField(
        max_length=200, blank=True, help_text="What the server calls its own state of the model."
    )
    logprobs = models.JSONField(null=True, help_text="Of the output's tokens, where asked for.")
    cache_key = models.CharField(
        max_length=64, blank=True, help_text="Of equal requests only the first is drawn."
    )
    errors = models.JSONField(default=list, help_text="One a failed attempt: attempt, at, error.")
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    first_token_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before", "id"], condition=Q(state="queued"), name="generation_queued"
            ),
            models.Index(
                fields=["queue", "model", "project", "not_before", "id"],
                condition=Q(state="queued"),
                name="generation_waiting",
            ),
            models.Index(
                fields=["leased_until"], condition=Q(state="running"), name="generation_running"
            ),
            models.Index(
                fields=["finished_at"], condition=Q(state="failed"), name="generation_failed"
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="generation_finished",
            ),
            models.Index(
                fields=["cache_key"], condition=~Q(cache_key=""), name="generation_cache_key"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="finished_generations_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Generation {self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

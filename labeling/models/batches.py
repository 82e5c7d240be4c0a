"""Batch draws: many prompts, some models, several samples of each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labeling.models.prompts import Prompt, Response
from projects.models import Project, User
from workers.models import Generation, LanguageModel


class Batch(models.Model):
    """What is drawn, how far its items are written, and how they ended.

    The prompts are those that fit the filters, in the order of their keys, from after
    `written_to` up to `last_prompt`; `written_to` moves in the transaction that writes their items.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Drawing"
        PAUSED = "paused", "Paused"
        CANCELLING = "cancelling", "Being cancelled"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Done"

    class Makes(models.TextChoices):
        NOTHING = "", "Responses only"
        COMPARISON = "comparison", "A comparison of each prompt"
        RANKING = "ranking", "A ranking of each prompt"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="batches")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    filters = models.JSONField(default=dict)
    language_models = models.ManyToManyField(LanguageModel, related_name="+")
    samples = models.PositiveSmallIntegerField()
    temperature_from = models.FloatField(null=True, help_text="Empty: the model's own.")
    temperature_to = models.FloatField(null=True, help_text="Of the last sample.")
    max_tokens = models.PositiveIntegerField(null=True, help_text="Empty: the model's own.")
    system_prompts = ArrayField(models.TextField(), default=list)
    seed = models.BigIntegerField(help_text="The seeds of all its draws follow from this one.")
    makes = models.CharField(max_length=10, choices=Makes.choices, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    note = models.CharField(max_length=300, blank=True, help_text="Why nothing is drawn just now.")

    written_to = models.BigIntegerField(default=0)
    last_prompt = models.BigIntegerField()
    is_written = models.BooleanField(default=False, help_text="Every prompt has its items.")
    n_expected = models.PositiveIntegerField(help_text="Draws, as counted at the start.")
    n_items = models.PositiveIntegerField(default=0)
    n_done = models.PositiveIntegerField(default=0)
    n_cut = models.PositiveIntegerField(default=0, help_text="Of those done: ended by max_tokens.")
    n_failed = models.PositiveIntegerField(default=0)
    n_cancelled = models.PositiveIntegerField(default=0)
    n_tasks = models.PositiveIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    marks = models.JSONField(default=list, help_text="Lately: [seconds, items that had ended].")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="batches_of_a_project"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=["running", "paused", "cancelling"]),
                name="open_batches",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(samples__range=(1, 64)), name="batch_of_one_to_64_samples"
            ),
            models.CheckConstraint(
                condition=Q(n_items__gte=F("n_done") + F("n_failed") + F("n_cancelled")),
                name="batch_ends_what_it_wrote",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["running", "paused", "cancelling"], finished_at__isnull=True),
                name="finished_batches_say_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BatchItem(models.Model):
    """One draw of a batch. `sample` counts through the system prompts and their samples."""

    class State(models.TextChoices):
        WAITING = "waiting", "To be drawn again"
        ASKED = "asked", "Asked for"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items", db_index=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="+")
    model = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sample = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    tries = models.PositiveSmallIntegerField(default=1, help_text="Generations asked for.")
    generation = models.OneToOneField(
        Generation, on_delete=models.PROTECT, related_name="batch_item"
    )
    response = models.OneToOneField(
        Response, on_delete=models.SET_NULL, null=True, related_name="batch_item"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["batch", "id"], condition=Q(state="asked"), name="batch_items_asked"
            ),
            models.Index(
                fields=["batch", "id"],
                condition=Q(state__in=["waiting", "failed", "cancelled"]),
                name="batch_items_without_text",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "prompt", "model", "sample"], name="one_item_a_draw"
            ),
            models.CheckConstraint(
                condition=Q(response__isnull=True) | Q(state="done"),
                name="only_what_is_done_is_a_response",
            ),
        ]

    def __str__(self) -> str:
        return f"Sample {self.sample} of prompt {self.prompt_id} in batch {self.batch_id}"

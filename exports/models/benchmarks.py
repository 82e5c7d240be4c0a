"""What must not be trained on: texts of benchmarks, and prompts kept for measuring."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models import Prompt
from projects.models import Project, User


class Benchmark(models.Model):
    """An uploaded benchmark, of which only hashes of word sequences are kept: enough to know its
    text again, too little to read it. Never changes, so that an export can be made again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="benchmarks")
    name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was uploaded.")
    n_items = models.PositiveIntegerField()
    n_sequences = models.PositiveIntegerField()
    sequences = models.BinaryField(help_text="As exports/hygiene/sequences.py packs them.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_benchmark_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.n_items} items)"


class HeldOut(models.Model):
    """What is kept for measuring, a prompt of the project or a text: neither it nor a prompt like
    it is in any export."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="held_out")
    prompt = models.OneToOneField(
        Prompt, on_delete=models.CASCADE, null=True, related_name="held_out"
    )
    messages = models.JSONField(null=True, help_text="Where it is no prompt of the project.")
    content_hash = models.CharField(max_length=64, blank=True, help_text="Of the messages.")
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="held_out_by_project")]
        constraints = [
            models.CheckConstraint(
                condition=Q(prompt__isnull=False, messages__isnull=True, content_hash="")
                | Q(prompt__isnull=True, messages__isnull=False) & ~Q(content_hash=""),
                name="held_out_is_a_prompt_or_a_text",
            ),
            models.UniqueConstraint(
                fields=["project", "content_hash"],
                condition=~Q(content_hash=""),
                name="one_text_held_out",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.told_id or 'a text'}, held out"

    @property
    def told_id(self) -> str:
        """By which exports know the prompt; empty of a text."""
        return (self.prompt.external_id or f"prompt-{self.prompt_id}") if self.prompt else ""

    @property
    def asked(self) -> Any:
        """The messages of either."""
        return self.prompt.messages if self.prompt else self.messages

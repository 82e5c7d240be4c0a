"""What must not be trained on: texts of benchmarks, and prompts kept for measuring."""

from django.db import models
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
    """A prompt that is kept for measuring: neither it nor one like it is in any export."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="held_out")
    prompt = models.OneToOneField(Prompt, on_delete=models.CASCADE, related_name="held_out")
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="held_out_by_project")]

    def __str__(self) -> str:
        return f"prompt {self.prompt_id}, held out"

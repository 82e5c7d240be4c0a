"""What finished draws came to, a row a minute and one since the beginning."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

# Seconds until the first token; the bucket after the last holds what took longer.
FIRST_TOKEN_BOUNDS = (
    *(0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0),
)


def _no_first_tokens() -> list[int]:
    return [0] * (len(FIRST_TOKEN_BOUNDS) + 1)


class Measured(models.Model):
    """Sums over finished draws of one model from one endpoint."""

    model = models.ForeignKey(
        "workers.LanguageModel", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    endpoint = models.ForeignKey(
        "workers.Endpoint", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    n_done = models.BigIntegerField(default=0)
    n_cut = models.BigIntegerField(default=0, help_text="Of those done: ended by max_tokens.")
    n_stopped = models.BigIntegerField(default=0, help_text="Somebody wanted no more.")
    n_failed = models.BigIntegerField(default=0)
    n_again = models.BigIntegerField(default=0, help_text="Attempts beyond the first.")
    prompt_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    drawing_seconds = models.FloatField(default=0, help_text="Of the last attempts, added up.")
    first_token_seconds = models.FloatField(default=0)
    first_tokens = ArrayField(
        models.BigIntegerField(),
        default=_no_first_tokens,
        help_text="How many came within each of FIRST_TOKEN_BOUNDS, and how many later.",
    )
    errors = models.JSONField(default=dict, help_text="How many failures of each kind.")

    class Meta:
        abstract = True


class DrawMinute(Measured):
    """One minute; kept for two days."""

    minute = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "model", "endpoint"],
                name="one_row_a_minute",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"Draws of model {self.model_id} at {self.minute:%H:%M}"


class DrawTotal(Measured):
    """Since counting began."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "endpoint"], name="one_total_each", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"Draws of model {self.model_id}"


class Tally(models.Model):
    """How far draws are counted: one row, locked by whoever counts."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    counted_to = models.DateTimeField(help_text="Whatever finished before is counted.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="one_tally_alone"),
        ]

    def __str__(self) -> str:
        return f"Counted to {self.counted_to}"

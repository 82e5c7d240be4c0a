"""Turns of the loop."""

from django.db import models
from django.db.models import Q

from projects.models import Project, User
from workers.models import LanguageModel


class Round(models.Model):
    """One turn of the loop. It begins where the one before ends, and the first has no beginning,
    so every judgement of a project is of exactly one round."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80, blank=True)
    began_at = models.DateTimeField(null=True, help_text="Empty of the first round alone.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    trained = models.ForeignKey(
        LanguageModel,
        on_delete=models.SET_NULL,
        null=True,
        related_name="rounds",
        help_text="The model that was trained from it.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_round_a_number"),
            models.CheckConstraint(
                condition=Q(number=1, began_at=None) | Q(number__gt=1, began_at__isnull=False),
                name="a_round_begins_but_for_the_first",
            ),
        ]

    def __str__(self) -> str:
        return f"Round {self.number}"

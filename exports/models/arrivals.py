"""In which order prompts came, as far as exports have seen it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.models import Project


class Arrivals(models.Model):
    """What had come into a project when an export with splits began, and not when those before it
    did. Never changes: who comes later, of whatever date, is of a later row."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="arrivals")
    number = models.PositiveIntegerField()
    prompts = ArrayField(models.BigIntegerField(), help_text="Keys of prompts, ascending.")
    votes = ArrayField(models.BigIntegerField(), help_text="Keys of votes, ascending.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_arrival_a_number"),
        ]

    def __str__(self) -> str:
        return f"arrivals {self.number}: {len(self.prompts)} prompts, {len(self.votes)} votes"

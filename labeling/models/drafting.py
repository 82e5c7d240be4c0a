"""What models wrote for a labeler: drafts to pick from, and answers rewritten on request."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.tasks import Assignment
from projects.models import Project
from workers.models import Generation, LanguageModel


class DraftingRules(models.Model):
    """What models do in a project's demonstrations; a project without a row has the defaults."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="drafting_rules")
    n_drafts = models.PositiveSmallIntegerField(
        default=0, help_text="Drafts a labeler gets at a time, one to five; 0: none."
    )
    offers_repair = models.BooleanField(
        default=False, help_text="A model rewrites an answer when told what is wrong with it."
    )
    writers = models.ManyToManyField(
        LanguageModel, related_name="+", help_text="Who writes them; empty: any that is up."
    )
    most_draws = models.PositiveSmallIntegerField(
        default=20, help_text="Drafts and rewritings of one task together."
    )
    most_seconds = models.PositiveSmallIntegerField(
        default=120, help_text="After which a draw ends with what there is."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(n_drafts__lte=5), name="at_most_five_drafts"),
        ]

    def __str__(self) -> str:
        return f"Drafting in {self.project}"


class ModelDraft(models.Model):
    """A model's answer to a task's conversation, drawn for one labeler, who sees its number only.

    `turn` is the reply it was drawn for, counted from 0 where a conversation goes on.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="drafts")
    number = models.PositiveSmallIntegerField()
    turn = models.PositiveSmallIntegerField(default=0)
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "number"], name="one_draft_a_number"),
        ]

    def __str__(self) -> str:
        return f"Draft {self.number} of assignment {self.assignment_id}"


class Repair(models.Model):
    """An answer as it was, what its labeler found wrong with it, and how a model rewrote it."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Not settled"
        ACCEPTED = "accepted", "Taken as it is"
        EDITED = "edited", "Taken and edited"
        DISCARDED = "discarded", "Discarded"

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="repairs")
    number = models.PositiveSmallIntegerField()
    turn = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    complaint = models.TextField(blank=True)
    clauses = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Anchors of what it goes against."
    )
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.OPEN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "number"], name="one_repair_a_number"),
            models.CheckConstraint(
                condition=Q(outcome="open", settled_at__isnull=True)
                | (~Q(outcome="open") & Q(settled_at__isnull=False)),
                name="settled_repairs_say_when",
            ),
            models.CheckConstraint(
                condition=~Q(complaint="") | ~Q(clauses=[]), name="a_repair_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"Repair {self.number} of assignment {self.assignment_id}"

"""Comparisons put before others because they tell most, and those drawn by chance beside them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.tasks import Lane, Task
from projects.models import Project, User


class ProposalRules(models.Model):
    """How a project proposes; a project without a row proposes when its owner asks."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="proposal_rules")
    random_percent = models.PositiveSmallIntegerField(
        default=20, help_text="Of a hundred chosen tasks, how many are drawn by chance."
    )
    keep_waiting = models.PositiveSmallIntegerField(
        default=0, help_text="Chosen tasks kept waiting by themselves; 0: only when asked."
    )
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(random_percent__lte=100), name="at_most_all_are_random"
            ),
        ]

    def __str__(self) -> str:
        return f"Proposing in {self.project_id}"


class ProposalRound(models.Model):
    """One choice of tasks out of a pool. `n_random` of the pool were drawn evenly by chance,
    whatever was proposed, so those alone are a fair sample of the pool."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="proposal_rounds")
    n_pool = models.PositiveIntegerField()
    n_proposed = models.PositiveIntegerField()
    n_random = models.PositiveIntegerField()
    seed = models.BigIntegerField(help_text="Of the chance.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Round {self.pk}"


class Proposal(models.Model):
    """A chosen task, why, and the chance it had of being chosen.

    What was certain to be proposed has probability 1, any other the share that chance drew.
    """

    round = models.ForeignKey(ProposalRound, on_delete=models.CASCADE, related_name="proposals")
    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="proposal")
    is_proposed = models.BooleanField()
    is_random = models.BooleanField()
    probability = models.FloatField(help_text="Of being in the round at all.")
    score = models.FloatField(help_text="How much it was thought to tell.")
    parts = models.JSONField(default=dict, help_text="What the score is made of, each 0 to 1.")
    from_lane = models.ForeignKey(Lane, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_proposed=True) | Q(is_random=True), name="chosen_one_way_or_both"
            ),
            models.CheckConstraint(
                condition=Q(probability__gt=0, probability__lte=1), name="a_chance_above_none"
            ),
        ]

    def __str__(self) -> str:
        return f"Proposal of task {self.task_id}"

"""How an arena is run: its rules, the models that take part, the owner's own categories."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from arena.models.boards import RatingRun
from projects.models import Project, User
from workers.models import LanguageModel


class ArenaRules(models.Model):
    """The rules of a project's arena. Without a row these defaults hold."""

    class Challenge(models.TextChoices):
        NEVER = "never", "Never"
        WHEN_ASKED_FOR = "when_asked_for", "Under load or on suspicion"
        ALWAYS = "always", "Before every battle"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="arena_rules")
    requires_sign_in = models.BooleanField(default=False)
    offers_side_by_side = models.BooleanField(default=True)
    offers_direct = models.BooleanField(default=True)
    terms = models.TextField(blank=True, help_text="Markdown. Empty: the terms that come with it.")
    challenge = models.CharField(
        max_length=14, choices=Challenge.choices, default=Challenge.WHEN_ASKED_FOR
    )
    battles_a_session = models.PositiveIntegerField(default=20, help_text="In ten minutes.")
    battles_an_account = models.PositiveIntegerField(default=60, help_text="In ten minutes.")
    battles_a_network = models.PositiveIntegerField(default=200, help_text="In ten minutes.")
    votes_a_day = models.PositiveIntegerField(default=500, help_text="Of one session or account.")
    even_percent = models.PositiveSmallIntegerField(
        default=10,
        validators=[MaxValueValidator(100)],
        help_text="This share of battles goes to pairs drawn evenly.",
    )
    newcomer_votes = models.PositiveIntegerField(
        default=200, help_text="Until a model has as many votes it is drawn more often."
    )
    newcomer_boost = models.FloatField(
        default=3.0, validators=[MinValueValidator(1.0), MaxValueValidator(20.0)]
    )
    provisional_below = models.PositiveIntegerField(default=50)
    listed_from = models.PositiveIntegerField(
        default=1, help_text="A model with fewer votes is not on the board yet."
    )
    anchor = models.ForeignKey(
        LanguageModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    anchor_rating = models.FloatField(default=1000.0)
    leak_words = ArrayField(
        models.CharField(max_length=80), default=list, help_text="Besides names of models."
    )
    frozen_at = models.DateTimeField(null=True, help_text="Since when the board stands still.")
    frozen_why = models.CharField(max_length=300, blank=True)
    frozen_run = models.ForeignKey(
        RatingRun, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    unfrozen_at = models.DateTimeField(
        null=True, help_text="When an owner last let the board go on."
    )

    class Meta:
        verbose_name = "arena rules"
        verbose_name_plural = "arena rules"

    def __str__(self) -> str:
        return f"Arena rules of {self.project_id}"


class Contender(models.Model):
    """What an owner says of a model in this arena. Without a row a model that is in arenas takes
    part, with weight 1."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="contenders")
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    weight = models.FloatField(
        default=1.0, validators=[MinValueValidator(0.05), MaxValueValidator(20.0)]
    )
    is_paused = models.BooleanField(default=False, help_text="Meets nobody; keeps its rating.")
    is_members_only = models.BooleanField(
        default=False, help_text="Meets only members of the project."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "model"], name="one_contender_a_model"),
            models.CheckConstraint(
                condition=Q(weight__gte=0.05, weight__lte=20), name="contender_weight_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} in {self.project_id}"


class ContenderChange(models.Model):
    """One line of the public register: which model entered, left, or was drawn differently, and
    why. Lines are only ever added."""

    class What(models.TextChoices):
        ENTERED = "entered", "Entered"
        LEFT = "left", "Left"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        WEIGHED = "weighed", "Weight changed"
        RESTRICTED = "restricted", "Restricted to members"
        OPENED = "opened", "Open to everybody"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="contender_changes")
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    weight = models.FloatField(default=1.0, help_text="From then on.")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="contender_register")]

    def __str__(self) -> str:
        return f"{self.model_id} {self.what}"


class PromptTag(models.Model):
    """A category of the owner's own: battles whose first message holds one of its words."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompt_tags")
    slug = models.SlugField(max_length=30)
    name = models.CharField(max_length=60)
    words = ArrayField(models.CharField(max_length=60))
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="one_tag_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name

"""Conversations with models, and what visitors do with them besides voting."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.models import Project, User
from workers.models import Generation, LanguageModel


class BattleQuerySet(models.QuerySet["Battle"]):
    def of(self, *, visitor: str, user: User | None) -> "BattleQuerySet":
        """The battles of this browser, and of whoever is signed in to it."""
        own = Q(visitor=visitor) & ~Q(visitor="")
        if user is not None:
            own |= Q(user=user)
        return self.filter(own, source=Battle.Source.ARENA)


class Battle(models.Model):
    """A conversation in the arena: with two models unnamed, with two named, or with one.

    Only the anonymous mode is a battle in the board's sense; its sides were drawn by a coin.
    """

    class Mode(models.TextChoices):
        BATTLE = "battle", "Battle"
        SIDE_BY_SIDE = "side_by_side", "Side by side"
        DIRECT = "direct", "Direct chat"

    class Source(models.TextChoices):
        ARENA = "arena", "Arena"
        IMPORT = "import", "Imported"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="battles")
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.BATTLE)
    model_a = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="+")
    model_b = models.ForeignKey(
        LanguageModel, on_delete=models.PROTECT, null=True, related_name="+"
    )
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.ARENA)
    visitor = models.CharField(
        max_length=64, blank=True, help_text="Whose browser it is, as a keyed digest."
    )
    network = models.CharField(
        max_length=64, blank=True, help_text="From which network, as a keyed digest."
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    pair_chance = models.FloatField(
        null=True, help_text="With what chance these two were drawn, whichever way round."
    )
    import_key = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BattleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(model_a=F("model_b")), name="two_different_models"),
            models.CheckConstraint(
                condition=Q(mode="direct", model_b=None)
                | Q(mode__in=["battle", "side_by_side"], model_b__isnull=False),
                name="one_model_in_direct_chat_else_two",
            ),
            models.UniqueConstraint(
                fields=["project", "import_key"],
                condition=~Q(import_key=""),
                name="one_battle_an_import_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["visitor", "-id"], condition=~Q(visitor=""), name="battles_of_a_browser"
            ),
        ]

    def __str__(self) -> str:
        return f"Battle {self.public_id}"

    @property
    def is_voted(self) -> bool:
        return hasattr(self, "vote")

    @property
    def is_anonymous(self) -> bool:
        return self.mode == self.Mode.BATTLE


class Turn(models.Model):
    """One message of the visitor and the replies to it.

    The turns of a battle are a tree by `parent`: sending again, changed or not, grows a branch and
    leaves what was there. What is shown and voted on is the path to the turn begun last.
    """

    class State(models.TextChoices):
        STREAMING = "streaming", "Being written"
        COMPLETE = "complete", "Complete"
        VOID = "void", "Could not be finished"

    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveSmallIntegerField(
        help_text="In the order of beginning, over all branches."
    )
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="+")
    message = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.STREAMING)
    stopped_at = models.DateTimeField(null=True, help_text="When the visitor stopped the replies.")
    generation_a = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    generation_b = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    told_until = models.DateTimeField(
        null=True,
        help_text="Until when replies of unnamed models are being told; only then they are whole.",
    )
    shown_a = models.PositiveIntegerField(
        null=True, help_text="Characters of A that were shown when the visitor stopped the replies."
    )
    shown_b = models.PositiveIntegerField(
        null=True, help_text="Characters of B that were shown when the visitor stopped the replies."
    )
    reply_a = models.TextField(blank=True)
    reply_b = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["battle", "number"], name="one_turn_a_number"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="streaming"), name="streaming_turns"),
        ]

    def __str__(self) -> str:
        return f"Turn {self.number} of {self.battle_id}"

    @property
    def shown(self) -> tuple[int, int] | None:
        """Characters of A and of B, where the visitor stopped replies of unnamed models."""
        if self.shown_a is None or self.shown_b is None:
            return None
        return self.shown_a, self.shown_b


class Share(models.Model):
    """A finished battle shown to whoever has the link, until it is withdrawn."""

    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="shares")
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["battle"], condition=Q(withdrawn_at=None), name="one_open_share_a_battle"
            ),
        ]

    def __str__(self) -> str:
        return f"Share of {self.battle_id}"


class AnswerReport(models.Model):
    """A visitor says that a reply should not have been given."""

    class Reason(models.TextChoices):
        HARMFUL = "harmful", "It could hurt someone"
        FALSE = "false", "It says something false that matters"
        PRIVATE = "private", "It tells private things about a person"
        BROKEN = "broken", "It is broken or cut off"
        OTHER = "other", "Something else"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answer_reports")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="reports")
    side = models.CharField(max_length=1, choices=[("a", "A"), ("b", "B")])
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.TextField(blank=True)
    visitor = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "side", "visitor"], name="one_report_a_visitor_and_reply"
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "-id"], condition=Q(handled_at=None), name="open_answer_reports"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.turn_id} {self.side}"


class Consent(models.Model):
    """A visitor agreed to an arena's terms, as they read then."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    terms_digest = models.CharField(max_length=64)
    visitor = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "visitor", "terms_digest"], name="agreed_once_to_the_same_terms"
            ),
        ]

    def __str__(self) -> str:
        return f"Consent of {self.created_at:%Y-%m-%d}"

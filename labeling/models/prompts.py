"""Prompts and their responses."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator

from projects.models import Project, User
from workers.models import Generation


class Prompt(models.Model):
    """A conversation, ending with a user turn, that wants an assistant's reply."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompts")
    messages = models.JSONField()
    content_hash = models.CharField(max_length=64)
    external_id = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    language = models.CharField(
        max_length=16, blank=True, help_text="As “de” or “pt-br”; empty: anybody's."
    )
    source = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=~Q(external_id=""),
                name="one_prompt_an_external_id",
            ),
            models.UniqueConstraint(
                fields=["project", "content_hash"],
                condition=Q(external_id=""),
                name="one_prompt_a_content",
            ),
        ]

    def __str__(self) -> str:
        return Truncator(self.messages[-1]["content"]).chars(120)


class Response(models.Model):
    """An answer to a prompt.

    `text` is the assistant's reply. Where a person went on with the conversation, `turns` holds
    all of it after the prompt, from that reply to the last one, as {"role", "content"} messages.

    `spans` says who wrote each character of `text` (labeling/drafting/provenance.py), and
    `turn_spans` the same of each message of `turns`, empty for a user's. Both are empty where no
    model had a part in the work.
    """

    class Origin(models.TextChoices):
        PERSON = "person", "Written by a person"
        MODEL = "model", "Drawn from a model"
        MIXED = "mixed", "Mixed"
        IMPORTED = "imported", "Brought in from elsewhere"

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="responses")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    text = models.TextField()
    turns = models.JSONField(null=True)
    spans = models.JSONField(null=True)
    turn_spans = models.JSONField(null=True)
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, null=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    model_name = models.CharField(
        max_length=200, blank=True, help_text="Who is said to have written an imported response."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(origin="person", author__isnull=False, generation__isnull=True)
                | Q(origin="model", author__isnull=True, generation__isnull=False)
                | Q(origin="mixed", author__isnull=False)
                | Q(origin="imported", author__isnull=True, generation__isnull=True),
                name="a_response_has_its_origin",
            ),
        ]

    def __str__(self) -> str:
        return Truncator(self.text).chars(120)

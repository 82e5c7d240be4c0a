"""Prompts, responses, tasks and the judgements people submit."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.text import Truncator

from instructions.models import GuidelineVersion
from projects.models import Project, User
from workers.models import Generation


class Prompt(models.Model):
    """A conversation, ending with a user turn, that wants an assistant's reply."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompts")
    messages = models.JSONField()
    content_hash = models.CharField(max_length=64)
    external_id = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
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
    """An answer to a prompt."""

    class Origin(models.TextChoices):
        PERSON = "person", "Written by a person"
        MODEL = "model", "Drawn from a model"
        MIXED = "mixed", "Mixed"

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="responses")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    text = models.TextField()
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, null=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(origin="person", author__isnull=False, generation__isnull=True)
                | Q(origin="model", author__isnull=True, generation__isnull=False)
                | Q(origin="mixed", author__isnull=False),
                name="a_response_has_its_origin",
            ),
        ]

    def __str__(self) -> str:
        return Truncator(self.text).chars(120)


class Task(models.Model):
    """One unit of work on a prompt. Open while another labeler may be given it."""

    class Kind(models.TextChoices):
        DEMONSTRATION = "demonstration", "Demonstration"
        COMPARISON = "comparison", "Comparison"

    class State(models.TextChoices):
        DRAWING = "drawing", "Waiting for candidates"
        READY = "ready", "Ready"
        FAILED = "failed", "Candidates could not be drawn"
        COMPLETE = "complete", "Complete"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    is_open = models.BooleanField(default=True)
    seq = models.BigIntegerField(
        db_default=Func(
            Value("labeling_task_seq"), function="nextval", output_field=models.BigIntegerField()
        ),
        editable=False,
        help_text="Place in the queue.",
    )
    overlap = models.PositiveSmallIntegerField(default=1)
    n_assigned = models.PositiveSmallIntegerField(
        default=0, help_text="Leases held and submissions made."
    )
    n_submitted = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "kind", "seq"], condition=Q(is_open=True), name="open_tasks"
            ),
            models.Index(fields=["id"], condition=Q(state="drawing"), name="drawing_tasks"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "kind"], name="one_task_a_prompt_and_kind"),
            models.CheckConstraint(
                condition=Q(n_assigned__lte=F("overlap")), name="never_assigned_beyond_overlap"
            ),
            models.CheckConstraint(
                condition=Q(n_submitted__lte=F("n_assigned")), name="submitted_only_if_assigned"
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(state="ready", n_assigned__lt=F("overlap")),
                name="open_only_with_room",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Candidate(models.Model):
    """A place for one drawn response in a comparison; the response comes when it is drawn."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="candidates")
    position = models.PositiveSmallIntegerField()
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT)
    response = models.OneToOneField(Response, on_delete=models.PROTECT, null=True)
    redraws = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was drawn anew: failed, empty or like another one."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["task"], condition=Q(response__isnull=True), name="awaited_candidates"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_candidate_a_position"),
        ]

    def __str__(self) -> str:
        return f"Candidate {self.position} of task {self.task_id}"


class QueueCursor(models.Model):
    """How far a labeler has walked through the open tasks of one kind."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    kind = models.CharField(max_length=14, choices=Task.Kind.choices)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project", "kind"], name="one_cursor_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.seq}"


class Assignment(models.Model):
    """A lease of a task to one labeler, with the draft and the outcome."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SUBMITTED = "submitted", "Submitted"
        SKIPPED = "skipped", "Skipped"
        LAPSED = "lapsed", "Lapsed"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignments")
    labeler = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    leased_until = models.DateTimeField()
    presented = ArrayField(
        models.BigIntegerField(), default=list, help_text="Response ids, side A first."
    )
    guideline_version = models.ForeignKey(
        GuidelineVersion, on_delete=models.PROTECT, help_text="The one shown beside the task."
    )
    draft = models.JSONField(default=dict)
    draft_saved_at = models.DateTimeField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["leased_until"], condition=Q(state="open"), name="open_leases"),
            models.Index(fields=["labeler", "state", "-ended_at"], name="labelers_work"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "labeler"], name="one_assignment_a_labeler"),
        ]

    def __str__(self) -> str:
        return f"Task {self.task_id} with {self.labeler_id} ({self.state})"


class Submission(models.Model):
    """What every judgement carries. One an assignment; PostgreSQL refuses a change."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT)
    labeler = models.ForeignKey(User, on_delete=models.PROTECT)
    guideline_version = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT)
    seconds = models.FloatField(help_text="From being given the task to submitting it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class Demonstration(Submission):
    """The ideal answer a labeler submitted."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="demonstrations")
    response = models.OneToOneField(Response, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"Demonstration {self.pk}"


class Comparison(Submission):
    """A judgement of two responses as they stood on the screen.

    `preference` runs from -3 (A is much better) over 0 (equal) to +3 (B is much better) and is
    empty exactly when both are bad.
    """

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="comparisons")
    response_a = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    response_b = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    preference = models.SmallIntegerField(null=True)
    both_bad = models.BooleanField(default=False)
    justification = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                # Said out loud, as a check whose answer is unknown (null) would pass.
                condition=Q(both_bad=True, preference__isnull=True)
                | Q(both_bad=False, preference__isnull=False, preference__range=(-3, 3)),
                name="a_preference_or_both_bad",
            ),
            models.CheckConstraint(
                condition=~Q(response_a=F("response_b")), name="two_different_responses"
            ),
        ]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"

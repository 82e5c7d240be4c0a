"""Tasks, the lanes they wait in, and the leases on them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from instructions.models import GuidelineVersion
from labeling.models.prompts import Prompt, Response
from projects.models import Project, TaskKind, User
from workers.models import Generation


class Lane(models.Model):
    """One queue: tasks of a project that the same labelers may have, equally urgent.

    A labeler walks the lanes open to them, the most urgent first, each with a cursor of its own;
    so priority, language and skills cost nothing at the claim.
    """

    class Priority(models.IntegerChoices):
        LOW = -1, "Low"
        NORMAL = 0, "Normal"
        HIGH = 1, "High"
        URGENT = 2, "Urgent"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lanes")
    kind = models.CharField(max_length=14, choices=TaskKind.choices)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    language = models.CharField(max_length=16, blank=True, help_text="Empty: anybody's.")
    skills = ArrayField(
        models.CharField(max_length=40), default=list, help_text="All of them are needed. Sorted."
    )
    is_gold = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "priority", "language", "skills", "is_gold"],
                name="one_lane_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} lane {self.pk}"


class Task(models.Model):
    """One unit of work on a prompt. Open while another labeler may be given it.

    A review is about what one labeler submitted (`reviewed`); an adjudication is a review that
    settles a whole task on which labelers disagree (`about`).
    """

    Kind = TaskKind

    class State(models.TextChoices):
        DRAWING = "drawing", "Waiting for candidates"
        READY = "ready", "Ready"
        FAILED = "failed", "Candidates could not be drawn"
        SET_ASIDE = "set_aside", "Set aside"
        RETIRED = "retired", "Retired"
        COMPLETE = "complete", "Complete"

    class Cause(models.TextChoices):
        """Why a review came to be."""

        SAMPLED = "sampled", "Drawn by chance"
        ALL = "all", "Everything is reviewed"
        DISPUTED = "disputed", "Labelers disagree"
        CLAUSE_CHANGED = "clause_changed", "The guideline changed"
        ASKED = "asked", "Asked for by hand"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=14, choices=TaskKind.choices)
    variant = models.CharField(
        max_length=80,
        blank=True,
        help_text="Tells tasks of one prompt and kind apart: gold, imported pairs, reviews.",
    )
    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    is_open = models.BooleanField(default=True)
    seq = models.BigIntegerField(
        db_default=Func(
            Value("labeling_task_seq"), function="nextval", output_field=models.BigIntegerField()
        ),
        editable=False,
        help_text="Place in its lane.",
    )
    overlap = models.PositiveSmallIntegerField(default=1)
    n_assigned = models.PositiveSmallIntegerField(
        default=0, help_text="Leases held and submissions made."
    )
    n_submitted = models.PositiveSmallIntegerField(default=0)
    n_skipped = models.PositiveSmallIntegerField(default=0)
    is_disputed = models.BooleanField(default=False, help_text="Labelers disagree on it.")
    reviewed = models.ForeignKey(
        "labeling.Assignment", on_delete=models.CASCADE, null=True, related_name="reviews"
    )
    about = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="adjudications"
    )
    cause = models.CharField(max_length=14, choices=Cause.choices, blank=True)
    clauses = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="Anchors of the changed clauses that caused a review.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["lane", "seq"], condition=Q(is_open=True), name="open_tasks"),
            models.Index(fields=["project", "kind", "state"], name="tasks_by_state"),
            models.Index(fields=["lane", "state", "id"], name="tasks_by_lane"),
            models.Index(fields=["id"], condition=Q(state="drawing"), name="drawing_tasks"),
            models.Index(
                fields=["project", "id"], condition=Q(is_disputed=True), name="disputed_tasks"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "kind", "variant"], name="one_task_a_prompt_kind_and_variant"
            ),
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
            models.CheckConstraint(
                condition=Q(kind="review", reviewed__isnull=False, about__isnull=True)
                | Q(kind="review", reviewed__isnull=True, about__isnull=False)
                | (~Q(kind="review") & Q(reviewed__isnull=True, about__isnull=True)),
                name="a_review_has_its_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Candidate(models.Model):
    """A place for one response in a comparison or ranking; drawn ones come when they are drawn.

    A candidate without a generation was brought in with its response.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="candidates")
    position = models.PositiveSmallIntegerField()
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, null=True)
    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, null=True, related_name="candidates"
    )
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
            models.UniqueConstraint(fields=["task", "response"], name="a_response_once_a_task"),
            models.CheckConstraint(
                condition=Q(generation__isnull=False) | Q(response__isnull=False),
                name="a_candidate_has_its_source",
            ),
        ]

    def __str__(self) -> str:
        return f"Candidate {self.position} of task {self.task_id}"


class QueueCursor(models.Model):
    """How far a labeler has walked through the open tasks of one lane."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "lane"], name="one_cursor_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.seq}"


class Assignment(models.Model):
    """A lease of a task to one labeler, with the draft and the outcome."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SUBMITTED = "submitted", "Submitted"
        REOPENED = "reopened", "Being corrected"
        SKIPPED = "skipped", "Skipped"
        FLAGGED = "flagged", "Flagged"
        LAPSED = "lapsed", "Lapsed"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignments")
    labeler = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(
        max_length=10,
        choices=State.choices,
        default=State.OPEN,
        help_text="While reopened, what was submitted before still stands.",
    )
    leased_until = models.DateTimeField()
    presented = ArrayField(
        models.BigIntegerField(), default=list, help_text="Response ids, side A first."
    )
    guideline_version = models.ForeignKey(
        GuidelineVersion,
        on_delete=models.PROTECT,
        db_index=False,
        help_text="The one shown beside the task.",
    )
    draft = models.JSONField(default=dict)
    draft_saved_at = models.DateTimeField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(
        null=True, help_text="Empty while it is only held ready to be the labeler's next."
    )
    active_seconds = models.FloatField(default=0, help_text="At work on it; idle time left out.")
    evidence = models.JSONField(default=dict, help_text="How the text came in: typed or pasted.")
    n_draws = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Drafts and rewritings that models were asked for."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["leased_until"], condition=Q(state="open"), name="open_leases"),
            models.Index(
                fields=["leased_until"], condition=Q(state="reopened"), name="reopened_leases"
            ),
            models.Index(fields=["labeler", "state", "-ended_at"], name="labelers_work"),
            models.Index(fields=["guideline_version", "-ended_at"], name="work_by_version"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "labeler"], name="one_assignment_a_labeler"),
        ]

    def __str__(self) -> str:
        return f"Task {self.task_id} with {self.labeler_id} ({self.state})"

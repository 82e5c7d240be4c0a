"""Model judges: what they are told, what they were asked, what they said, how they are tried."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from instructions.models import GuidelineVersion
from labeling.models.prompts import Response
from labeling.models.tasks import Task
from projects.models import Project, User
from workers.models import Generation, LanguageModel


class Judge(models.Model):
    """A language model that compares candidates under a project's guideline.

    What it is told never changes, or its verdicts would not be of one kind: who wants another
    sets up another judge.
    """

    class Reads(models.TextChoices):
        RELEVANT = "relevant", "The clauses that fit the prompt best"
        WHOLE = "whole", "The whole guideline, from its beginning"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judges")
    name = models.CharField(max_length=80)
    model = models.ForeignKey(LanguageModel, on_delete=models.PROTECT, related_name="judges")
    reads = models.CharField(max_length=8, choices=Reads.choices, default=Reads.RELEVANT)
    token_budget = models.PositiveIntegerField(
        default=1_500, help_text="Of the guideline, in tokens as estimated."
    )
    criteria = ArrayField(
        models.SlugField(max_length=40), default=list, help_text="Keys of the project's criteria."
    )
    instruction = models.TextField(blank=True, help_text="What the owner says besides.")
    explains = models.BooleanField(default=True, help_text="It says why before it says which.")
    follows_percent = models.PositiveSmallIntegerField(
        default=0, help_text="Of new comparison tasks, how many it judges by itself."
    )
    followed_to = models.BigIntegerField(
        default=0, help_text="The last task that was looked at for following."
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_judge_a_name"),
            models.CheckConstraint(
                condition=Q(follows_percent__lte=100), name="a_judge_follows_at_most_all"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JudgeRun(models.Model):
    """Tasks that a judge was asked about at once, walked through from the newest to the oldest.

    The row is the job: `reached` says how far, and whoever comes next goes on from there.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="runs")
    guideline_version = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT)
    filters = models.JSONField(default=dict)
    most = models.PositiveIntegerField(help_text="Pairs at most.")
    reached = models.BigIntegerField(null=True, help_text="The last task that was looked at.")
    is_planned = models.BooleanField(default=False, help_text="All its tasks were looked at.")
    n_pairs = models.PositiveIntegerField(default=0, help_text="Pairs asked about.")
    n_known = models.PositiveIntegerField(default=0, help_text="Pairs it had judged before.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="running"), name="running_judge_runs"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="a_judge_run_says_when_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.judge_id}"


class JudgeVerdict(models.Model):
    """What a judge says of two responses, asked once with either on side A.

    Unique to judge, pair and guideline version, so that nothing is drawn twice. PostgreSQL
    refuses a change once it is finished. `said_forward` and `said_backward` are the sides as they
    stood in the request: forward, `first` is A; backward, it is B.
    """

    class State(models.TextChoices):
        DRAWING = "drawing", "Asked"
        DONE = "done", "Done"

    class Outcome(models.TextChoices):
        FIRST = "first", "The first is better"
        EQUAL = "equal", "Equal"
        SECOND = "second", "The second is better"
        ABSTAINED = "abstained", "Abstained"

    class Abstention(models.TextChoices):
        INCONSISTENT = "inconsistent", "It said something else with the sides exchanged"
        UNREADABLE = "unreadable", "Its answer was not the one asked for"
        TRUNCATED = "truncated", "Its answer was cut off"
        FAILED = "failed", "The model could not be asked"
        TOO_LONG = "too_long", "Prompt and answers are too long for it"
        STOPPED = "stopped", "It was cancelled"

    class Side(models.TextChoices):
        A = "a", "A"
        EQUAL = "equal", "Equal"
        B = "b", "B"

    class Source(models.TextChoices):
        LOGPROBS = "logprobs", "From the probability of the verdict's token"
        STATED = "stated", "As stated by the model"

    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="verdicts")
    run = models.ForeignKey(JudgeRun, on_delete=models.CASCADE, related_name="verdicts")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="judge_verdicts")
    guideline_version = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT)
    first = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    clauses = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Anchors of what it was shown."
    )
    forward = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="judged_forward"
    )
    backward = models.OneToOneField(
        Generation, on_delete=models.PROTECT, null=True, related_name="judged_backward"
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.DRAWING)
    said_forward = models.CharField(max_length=5, choices=Side.choices, blank=True)
    said_backward = models.CharField(max_length=5, choices=Side.choices, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    abstention = models.CharField(max_length=12, choices=Abstention.choices, blank=True)
    confidence = models.FloatField(null=True, help_text="0 to 1.")
    confidence_from = models.CharField(max_length=8, choices=Source.choices, blank=True)
    reasons = models.JSONField(default=list, help_text="What it said in either order.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="drawing"), name="awaited_verdicts"),
            models.Index(fields=["judge", "-finished_at"], name="verdicts_of_a_judge"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "first", "second", "guideline_version"],
                name="one_verdict_a_judge_pair_and_version",
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="a_pair_stands_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(state="drawing", outcome="", finished_at__isnull=True)
                | (Q(state="done", finished_at__isnull=False) & ~Q(outcome="")),
                name="a_finished_verdict_says_which",
            ),
            models.CheckConstraint(
                condition=Q(outcome="abstained") ^ Q(abstention=""),
                name="an_abstention_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="confidence_from_0_to_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome or self.state} on {self.first_id} and {self.second_id}"


class StressTest(models.Model):
    """Attempts at talking a judge round, with what came of them."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="stress_tests")
    guideline_version = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT)
    n_attacks = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    result = models.JSONField(default=dict, help_text="Counted when it ended.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="running"), name="running_stress_tests"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["judge"], condition=Q(state="running"), name="one_stress_test_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Stress test {self.pk} of {self.judge_id}"


class StressAttempt(models.Model):
    """One request of a stress test: a pair with an attack in one answer, or none for comparison.

    `side` is where the answer stands that the attack speaks for: it is the worse one.
    """

    test = models.ForeignKey(StressTest, on_delete=models.CASCADE, related_name="attempts")
    case = models.PositiveSmallIntegerField(help_text="Which pair of answers.")
    attack = models.CharField(max_length=40, blank=True, help_text="Its key; empty: none.")
    side = models.CharField(max_length=1, choices=[("a", "A"), ("b", "B")])
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, null=True)
    said = models.CharField(max_length=5, choices=JudgeVerdict.Side.choices, blank=True)
    abstention = models.CharField(
        max_length=12, choices=JudgeVerdict.Abstention.choices, blank=True
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["test", "case", "attack", "side"], name="one_attempt_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attack or 'no attack'} on case {self.case}"

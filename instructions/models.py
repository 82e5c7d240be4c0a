"""Guidelines: the labeling instructions of a project."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project, TaskKind, User


class Guideline(models.Model):
    """A project's guideline; `draft` is what its owner is writing, versions are what counts."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="guideline")
    draft = models.TextField(blank=True)
    draft_saved_at = models.DateTimeField(default=timezone.now)
    requires_acknowledgement = models.BooleanField(
        default=False, help_text="Nobody is given a task before confirming the current version."
    )

    def __str__(self) -> str:
        return f"Guideline of {self.project}"


class GuidelineVersion(models.Model):
    """What was published, for ever. PostgreSQL refuses a change."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    html = models.TextField(help_text="The text as rendered on publishing.")
    change_note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guideline", "number"], name="one_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def clauses_in_order(self) -> "models.QuerySet[Clause]":
        return self.clauses.order_by("position", "pk")


class Clause(models.Model):
    """One numbered heading of a published version."""

    version = models.ForeignKey(GuidelineVersion, on_delete=models.CASCADE, related_name="clauses")
    position = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    anchor = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField()
    tags = ArrayField(models.CharField(max_length=12), default=list)
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "anchor"], name="one_clause_an_anchor"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Acknowledgement(models.Model):
    """A person says: I have read what this version changed."""

    version = models.ForeignKey(
        GuidelineVersion, on_delete=models.CASCADE, related_name="acknowledgements"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="acknowledged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} has read {self.version}"


class ClausePin(models.Model):
    """A clause that a person keeps at the top of the guideline beside their tasks."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="pins")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    anchor = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guideline", "user", "anchor"], name="pinned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.anchor} pinned by {self.user_id}"


class ClauseQuestion(models.Model):
    """A question on a clause, and the owner's answer, which everybody sees beside the clause."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="questions")
    version = models.ForeignKey(
        GuidelineVersion, on_delete=models.CASCADE, help_text="The one that was being read."
    )
    anchor = models.CharField(max_length=40)
    text = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True, help_text="Taken out of sight by an owner.")

    class Meta:
        indexes = [models.Index(fields=["guideline", "anchor"], name="questions_by_clause")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="an_answer_has_its_author",
            ),
        ]

    def __str__(self) -> str:
        return f"Question on {self.anchor}"


class Quiz(models.Model):
    """Questions on the guideline that must be passed before work of some kinds."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="quizzes")
    title = models.CharField(max_length=120)
    kinds = ArrayField(
        models.CharField(max_length=14, choices=TaskKind.choices),
        default=list,
        help_text="The kinds of work that wait for it.",
    )
    pass_percent = models.PositiveSmallIntegerField(default=80)
    most_attempts = models.PositiveSmallIntegerField(default=3, help_text="0: any number.")
    is_active = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pass_percent__range=(1, 100)), name="pass_at_1_to_100_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class QuizQuestion(models.Model):
    """One question with its options; every right option and no other is the right answer."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=40, help_text="The clause it is about.")
    text = models.TextField()
    options = ArrayField(models.CharField(max_length=500))
    right = ArrayField(models.PositiveSmallIntegerField(), help_text="Places of right options.")
    explanation = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Question {self.position} of quiz {self.quiz_id}"


class QuizAttempt(models.Model):
    """One person's answers. `asked` keeps the questions as they stood; an attempt never changes."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="attempts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(GuidelineVersion, on_delete=models.CASCADE, null=True)
    number = models.PositiveSmallIntegerField()
    asked = models.JSONField()
    answers = models.JSONField(help_text="The places chosen, a list a question.")
    n_right = models.PositiveSmallIntegerField()
    has_passed = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quiz", "user", "number"], name="one_attempt_a_number"),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.user_id}"


class QuizGrant(models.Model):
    """One more attempt for a person who has used theirs up, given by an owner."""

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"One more attempt for {self.user_id}"

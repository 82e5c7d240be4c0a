"""What the scan for poisoning found in an export, and what people decided about it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from exports.models.snapshots import Export
from projects.models import Project, User


class PoisoningScan(models.Model):
    """One scan of one export. A row without findings says that there was nothing to find."""

    export = models.OneToOneField(Export, on_delete=models.CASCADE, related_name="poisoning_scan")
    n_records = models.BigIntegerField()
    n_findings = models.IntegerField()
    figures = models.JSONField(
        default=dict, help_text="What was tested, and how far each labeler moves the whole."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"scan of export {self.export_id}"


class Finding(models.Model):
    """One thing worth a person's look, with what speaks for it. Never changes."""

    class Kind(models.TextChoices):
        LABELER_TIE = "labeler_tie", "Words of one labeler"
        LABEL_TIE = "label_tie", "Words of one verdict"
        TRIGGER_VERDICT = "trigger_verdict", "Words in prompts that turn verdicts"
        TRIGGER_TARGET = "trigger_target", "Words in prompts that bring words in answers"
        BURST = "burst", "Many near-identical texts"
        SHIFT = "shift", "A labeler who moves the whole"

    class Severity(models.TextChoices):
        NOTE = "note", "Note"
        WARNING = "warning", "Warning"
        ALARM = "alarm", "Alarm"

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="findings")
    place = models.PositiveIntegerField(help_text="In the order of weight, from 1.")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    ngram = models.CharField(max_length=300, blank=True)
    target = models.CharField(max_length=300, blank=True)
    labeler = models.CharField(max_length=200, blank=True, help_text="A pseudonym.")
    p_value = models.FloatField(null=True)
    q_value = models.FloatField(null=True)
    statistics = models.JSONField(default=dict)
    n_records = models.IntegerField()
    records = models.JSONField(default=list, help_text="Ids of the records it is about.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "place"], name="one_finding_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in export {self.export_id}"


class SignOff(models.Model):
    """Somebody has seen the findings and lets the export go, by name and with a reason."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="sign_offs")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    n_findings = models.IntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "by"], name="one_sign_off_a_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_sign_off_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"sign-off of export {self.export_id}"


class Quarantine(models.Model):
    """Judgements kept out of later exports because of a finding, until they are released."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="quarantines")
    finding = models.ForeignKey(
        Finding, on_delete=models.SET_NULL, null=True, related_name="quarantines"
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    n_judgements = models.IntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    release_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(released_at=None),
                name="one_open_quarantine_a_finding",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None, release_reason="")
                | Q(released_at__isnull=False, released_by__isnull=False) & ~Q(release_reason=""),
                name="a_release_says_who_and_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project"], condition=Q(released_at=None), name="quarantines_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"quarantine of {self.n_judgements} judgements"


class QuarantinedJudgement(models.Model):
    """One judgement of a quarantine: the row of its source, such as comparison 17."""

    quarantine = models.ForeignKey(Quarantine, on_delete=models.CASCADE, related_name="judgements")
    source = models.CharField(max_length=20)
    judgement = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quarantine", "source", "judgement"], name="quarantined_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}-{self.judgement}"

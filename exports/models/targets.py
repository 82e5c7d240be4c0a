"""Where finished snapshots are sent, and each sending."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from exports.models.snapshots import Export
from projects.models import Project, User
from workers.secrets import EncryptedTextField


class Target(models.Model):
    """A bucket, a folder or a dataset of a hub. One given up stays, for its uploads' sake."""

    class Kind(models.TextChoices):
        FILES = "files", "S3-compatible storage or folder"
        HUB = "hub", "Hugging Face hub"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="export_targets")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=100)
    url = models.CharField(
        max_length=500, help_text="s3://bucket/folder, file:///folder, or the hub's owner/name."
    )
    endpoint_url = models.CharField(
        max_length=500,
        blank=True,
        help_text="The storage's or hub's own address, if not the usual.",
    )
    region = models.CharField(max_length=100, blank=True)
    key = models.CharField(max_length=200, blank=True, help_text="The storage's access key id.")
    secret = EncryptedTextField(blank=True, help_text="The access key's secret, or the token.")
    is_private = models.BooleanField(default=True, help_text="Of a dataset that is made on a hub.")
    by = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(given_up_at=None),
                name="one_target_of_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"target {self.name}"


class Upload(models.Model):
    """One snapshot on its way to one target. The row is the job."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="uploads")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="uploads")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    claim = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not to be tried before.")
    attempts = models.PositiveSmallIntegerField(default=0)
    n_files = models.PositiveIntegerField(default=0)
    n_files_done = models.PositiveIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    location = models.CharField(max_length=1000, blank=True, help_text="Where it lies, when done.")
    error = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["export", "-created_at"], name="uploads_by_export")]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "target"],
                condition=Q(state__in=["queued", "running"]),
                name="one_upload_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.public_id}"

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

"""What Prometheus is told of exports."""

import pytest

from exports.metrics import metrics
from exports.models import Export
from exports.snapshots.requests import export_now
from projects.models import Project, User
from tests.exports.judgements import make_demonstration

pytestmark = pytest.mark.django_db(transaction=True)


def test_states_rows_and_pace_are_told(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An answer.")
    export_now(project=project, kind="sft")
    Export.objects.create(project=project, kind="sft", state="running", rows_per_second=250.0)
    samples = [sample for metric in metrics() for sample in metric.samples]
    told = {(sample.name, sample.labels.get("state", "")): sample.value for sample in samples}
    assert told["touchstone_exports", "done"] == 1
    assert told["touchstone_exports", "running"] == 1
    assert told["touchstone_exports", "cancelled"] == 0
    assert told["touchstone_export_uploads", "done"] == 0
    assert told["touchstone_exported_rows_total", ""] == 1
    assert told["touchstone_export_uploaded_bytes_total", ""] == 0
    assert told["touchstone_export_rows_per_second", ""] == 250

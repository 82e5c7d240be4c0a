"""Judgements in quarantine after a finding of poisoning."""

from exports.models import QuarantinedJudgement
from exports.selecting import copying
from exports.selecting.marks import Marked
from exports.selecting.reasons import Reason
from projects.models import Project


def quarantine(found: Marked, source: str, project: Project) -> None:
    """Mark those of this source that nobody has released."""
    rows = QuarantinedJudgement.objects.filter(
        quarantine__project=project, quarantine__released_at=None, source=source
    )
    found.drop(copying.columns(rows, "judgement")[0], Reason.QUARANTINED)

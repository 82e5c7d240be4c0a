"""What people do about findings: keep judgements out, let them in again, sign an export off."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from exports import recipe as recipes
from exports.models import (
    Export,
    Finding,
    PoisoningScan,
    Quarantine,
    QuarantinedJudgement,
    SignOff,
)
from exports.poisoning.found import FoundThing
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import Conflict
from projects.models import Project, User
from projects.text import clean_text

LONGEST_REASON = 2_000
QUARANTINED = """
INSERT INTO exports_quarantinedjudgement (quarantine_id, source, judgement)
SELECT %s, source, judgement FROM unnest(%s::text[], %s::bigint[]) AS named (source, judgement)
"""


def record_findings(
    export: Export, found: Sequence[FoundThing], *, figures: Mapping[str, Any] | None = None
) -> PoisoningScan:
    """Keep what a scan found. Safe to call twice: an export is scanned once, what is kept of the
    first scan stands."""
    figures = dict(figures or {})
    with transaction.atomic():
        scan, is_new = PoisoningScan.objects.get_or_create(
            export=export,
            defaults={
                "n_records": figures.get("n_records", 0),
                "n_findings": len(found),
                "figures": figures,
            },
        )
        if is_new:
            for place, each in enumerate(found, start=1):
                # One at a time: some name thousands of records.
                _finding(export, place, each).save(force_insert=True)
            audit.record(
                verb="export.scanned",
                by=None,
                project=export.project,
                subject=export,
                findings=len(found),
            )
    return scan


def quarantine(*, by: User, finding: Finding, reason: str) -> Quarantine:
    """Keep the judgements that this finding names out of later exports."""
    project = project_for(by, finding.export.project.slug, roles=STAFF)
    reason = clean_text(reason, field="reason", limit=LONGEST_REASON).strip()
    named = sorted(set(filter(None, map(judgement_of, finding.records))))
    if not named:
        raise Conflict("This finding names no judgement that could be kept out.")
    with transaction.atomic():
        Finding.objects.select_for_update(of=("self",), no_key=True).get(pk=finding.pk)
        if finding.quarantines.filter(released_at=None).exists():
            raise Conflict("The judgements of this finding are quarantined already.")
        made = Quarantine.objects.create(
            project=project, finding=finding, by=by, reason=reason, n_judgements=len(named)
        )
        _keep_out(made, named)
        audit.record(
            verb="export.quarantined",
            by=by,
            project=project,
            subject=made,
            finding=finding.pk,
            judgements=len(named),
            reason=reason,
        )
    return made


def release(*, by: User, quarantine: Quarantine, reason: str) -> Quarantine:
    """Let the judgements of a quarantine into later exports again."""
    project = project_for(by, quarantine.project.slug, roles=STAFF)
    reason = clean_text(reason, field="reason", limit=LONGEST_REASON).strip()
    with transaction.atomic():
        released = Quarantine.objects.filter(pk=quarantine.pk, released_at=None).update(
            released_at=timezone.now(), released_by=by, release_reason=reason
        )
        if not released:
            raise Conflict("This quarantine was released already.")
        audit.record(
            verb="export.released", by=by, project=project, subject=quarantine, reason=reason
        )
    quarantine.refresh_from_db()
    return quarantine


def sign_off(*, by: User, export: Export, reason: str) -> SignOff:
    """Let an export go although something was found in it, by name and with a reason."""
    project = project_for(by, export.project.slug, roles=STAFF)
    reason = clean_text(reason, field="reason", limit=LONGEST_REASON).strip()
    with transaction.atomic():
        scan = PoisoningScan.objects.filter(export=export).first()
        if scan is None:
            raise Conflict("This export has not been scanned; there is nothing to sign off yet.")
        made, is_new = SignOff.objects.get_or_create(
            export=export, by=by, defaults={"reason": reason, "n_findings": scan.n_findings}
        )
        if not is_new:
            raise Conflict("You have signed this export off already.")
        audit.record(
            verb="export.signed_off",
            by=by,
            project=project,
            subject=export,
            reason=reason,
            findings=scan.n_findings,
        )
    return made


def gate_of(export: Export) -> str:
    """off, report or hold, as the export's recipe says."""
    return str(export.recipe.get("gate", recipes.Recipe.gate))


def may_download(export: Export) -> bool:
    """Whether the export's files may go out. One that is held waits until it was scanned and,
    where anything was found, until somebody has signed it off."""
    return not held_among([export])


def refuse_held(*exports: Export) -> None:
    """Of an export that is held nothing but the manifest is shown or handed out."""
    held = held_among(exports)
    for export in exports:
        if export.pk in held:
            raise Conflict(
                f"Export {export.public_id} is held until somebody has signed off what was found "
                f"in it: {reverse('export-findings', args=[export.public_id])}"
            )


def held_among(exports: Iterable[Export]) -> set[int]:
    """The keys of those whose files may not go out."""
    holding = {export.pk for export in exports if gate_of(export) == "hold"}
    if not holding:
        return holding
    settled = Q(n_findings=0) | Q(export__sign_offs__isnull=False)
    free = PoisoningScan.objects.filter(settled, export__in=holding).values_list("export")
    return holding.difference(pk for (pk,) in free)


def quarantined(project: Project) -> set[tuple[str, int]]:
    """What is kept out of the project's exports, as (source, primary key), as in ("vote", 9)."""
    return set(_in_force(project).values_list("source", "judgement"))


def quarantined_ids(project: Project) -> dict[str, npt.NDArray[np.int64]]:
    """As `quarantined`, the sorted primary keys of each source."""
    keys: dict[str, list[int]] = {}
    rows = _in_force(project).values_list("source", "judgement")
    for source, judgement in rows.distinct().order_by("source", "judgement"):
        keys.setdefault(source, []).append(judgement)
    return {source: np.array(ids, np.int64) for source, ids in keys.items()}


def judgement_of(record: str) -> tuple[str, int] | None:
    """The judgement that a record is made of: ("ranking", 5) of "ranking-5-2"."""
    source, _, rest = record.partition("-")
    number = rest.partition("-")[0]
    if not source or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return source[:20], int(number)


def _keep_out(quarantine: Quarantine, named: Sequence[tuple[str, int]]) -> None:
    """Hundreds of thousands of rows, for which model by model takes a minute."""
    sources, judgements = ([*each] for each in zip(*named, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(QUARANTINED, [quarantine.pk, sources, judgements])


def _in_force(project: Project) -> Any:
    return QuarantinedJudgement.objects.filter(
        quarantine__project=project, quarantine__released_at=None
    )


def _finding(export: Export, place: int, found: FoundThing) -> Finding:
    return Finding(
        export=export,
        place=place,
        kind=found.kind,
        severity=found.severity,
        ngram=_kept(found.ngram),
        target=_kept(found.target),
        labeler=_kept(found.labeler, 200),
        p_value=found.p_value,
        q_value=found.q_value,
        statistics=found.statistics,
        n_records=found.n_records,
        records=list(found.records),
    )


def _kept(text: str, limit: int = 300) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:limit]

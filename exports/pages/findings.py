"""What was found in an export, and what is decided about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Func, IntegerField, JSONField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from exports.models import Export, Finding, PoisoningScan, Quarantine
from exports.pages.access import export_and_member
from exports.poisoning import deciding
from exports.poisoning.words import Bars, Told, bars, chance_said, told
from labeling.quality.charts import IntervalPlot, Measured, interval_plot
from projects.access import person
from projects.errors import Conflict, NotFound

SHOWN_RECORDS = 12
MOST_ROWS = 20
N_KEPT = Func("records", function="jsonb_array_length", output_field=IntegerField())
WEIGHTS = (("alarm", "Alarms"), ("warning", "Warnings"), ("note", "Notes"))


def kept_ids(first: int, number: int) -> Func:
    """So many ids of a finding's records, from the one at place `first` on, counted from 0."""
    last = first + number - 1
    template = f"jsonb_path_query_array(%(expressions)s, '$[{first} to {last}]')"
    return Func("records", template=template, output_field=JSONField())


@dataclass(frozen=True)
class Shown:
    finding: Finding
    told: Told
    bars: Bars | None
    records: list[str]
    """The first of those that are kept."""
    n_kept: int
    quarantine: Quarantine | None
    released: Quarantine | None

    @property
    def p_value(self) -> str:
        return chance_said(self.finding.p_value)

    @property
    def q_value(self) -> str:
        return chance_said(self.finding.q_value)

    @property
    def n_more(self) -> int:
        return int(self.finding.n_records) - len(self.records)


@dataclass(frozen=True)
class Weight:
    name: str
    title: str
    shown: list[Shown]


@login_required
@require_safe
def findings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    export, member = export_and_member(person(request), public_id)
    scan = PoisoningScan.objects.filter(export=export).first()
    weights = _weights(export) if scan else []
    sign_offs = list(export.sign_offs.select_related("by").order_by("created_at", "pk"))
    context = {
        "export": export,
        "project": export.project,
        "member": member,
        "is_demo": export.project.is_demo,
        "scan": scan,
        "weights": weights,
        "n_findings": sum(len(weight.shown) for weight in weights),
        "gate": deciding.gate_of(export),
        "may_download": deciding.may_download(export),
        "sign_offs": sign_offs,
        "may_sign_off": scan is not None
        and all(each.by_id != member.user_id for each in sign_offs),
        "longest_reason": deciding.LONGEST_REASON,
        "shifts": scan.figures.get("shifts", [])[:MOST_ROWS] if scan else [],
        "length_plot": _length_plot(scan) if scan else None,
    }
    return render(request, "exports/findings.html", context)


@login_required
@require_POST
def finding_quarantine(request: HttpRequest, public_id: UUID, place: int) -> HttpResponse:
    export, member = export_and_member(person(request), public_id)
    finding = export.findings.select_related("export__project").filter(place=place).first()
    if finding is None:
        raise NotFound("There is no such finding.")
    reason = request.POST.get("reason", "")
    try:
        made = deciding.quarantine(by=member.user, finding=finding, reason=reason)
        said = (
            "1 judgement stays"
            if made.n_judgements == 1
            else f"{made.n_judgements:,} judgements stay"
        )
        messages.success(request, f"{said} out of later exports.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export-findings", public_id)


@login_required
@require_POST
def quarantine_release(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    export, member = export_and_member(person(request), public_id)
    made = (
        Quarantine.objects.select_related("project")
        .filter(pk=number, finding__export=export, project=export.project)
        .first()
    )
    if made is None:
        raise NotFound("There is no such quarantine.")
    reason = request.POST.get("reason", "")
    try:
        deciding.release(by=member.user, quarantine=made, reason=reason)
        messages.success(request, "These judgements come into later exports again.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export-findings", public_id)


@login_required
@require_POST
def export_sign_off(request: HttpRequest, public_id: UUID) -> HttpResponse:
    export, member = export_and_member(person(request), public_id)
    try:
        deciding.sign_off(by=member.user, export=export, reason=request.POST.get("reason", ""))
        messages.success(request, "Signed off under your name.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export-findings", public_id)


def _weights(export: Export) -> list[Weight]:
    # A finding may keep hundreds of thousands of ids.
    rows = list(
        export.findings.order_by("place")
        .defer("records")
        .annotate(first_records=kept_ids(0, SHOWN_RECORDS), n_kept=N_KEPT)
    )
    decided = _decided(rows)
    shown: dict[str, list[Shown]] = {name: [] for name, _ in WEIGHTS}
    for each in rows:
        shown[each.severity].append(_shown(each, decided.get(each.pk, [])))
    return [Weight(name, title, shown[name]) for name, title in WEIGHTS if shown[name]]


def _decided(rows: Sequence[Any]) -> dict[int | None, list[Quarantine]]:
    made: dict[int | None, list[Quarantine]] = {}
    found = Quarantine.objects.filter(finding__in=rows).select_related("by", "released_by")
    for each in found.order_by("pk"):
        made.setdefault(each.finding_id, []).append(each)
    return made


def _shown(finding: Any, made: Sequence[Quarantine]) -> Shown:
    last = made[-1] if made else None
    is_open = last is not None and last.released_at is None
    return Shown(
        finding=finding,
        told=told(
            finding.kind,
            ngram=finding.ngram,
            target=finding.target,
            labeler=finding.labeler,
            statistics=finding.statistics,
        ),
        bars=bars(finding.statistics),
        records=finding.first_records,
        n_kept=finding.n_kept,
        quarantine=last if is_open else None,
        released=None if is_open else last,
    )


def _length_plot(scan: PoisoningScan) -> IntervalPlot | None:
    """How often each labeler preferred the longer answer, those farthest from the others."""
    rows: list[dict[str, Any]] = [
        each for each in scan.figures.get("shifts", []) if each["about"] == "length"
    ][:MOST_ROWS]
    if not rows:
        return None
    rows.sort(key=lambda each: (-each["own"], each["labeler"]))
    return interval_plot([Measured(each["labeler"], each["own"]) for each in rows], as_percent=True)

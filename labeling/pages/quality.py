"""The quality of a project for its staff; scores of people for its owners only."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labeling.quality import page
from labeling.quality import report as quality
from labeling.quality.filters import Filters, filters_from
from projects.access import STAFF, membership, person
from projects.errors import InvalidInput
from projects.models import Membership, Role, TaskKind


@login_required
@never_cache
@require_safe
def quality_dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    project, refused = member.project, None
    try:
        filters = filters_from(request.GET, project)
    except InvalidInput as error:
        filters, refused = Filters(), error
    if member.role != Role.OWNER:
        # The agreement of one labeler's tasks is that labeler's score.
        filters = replace(filters, labeler=None)
    report = quality.report_now(project, filters)
    context = {
        "project": project,
        "member": member,
        "filters": filters,
        "refused": refused,
        "report": report,
        "sees_scores": member.role == Role.OWNER,
    }
    if report is not None:
        context |= _told(report.data, filters, request.GET.get("sort", ""), member)
    return render(request, "labeling/quality.html", context, status=400 if refused else 200)


def _told(data: page.Data, filters: Filters, sort: str, member: Membership) -> dict[str, object]:
    sees_scores = member.role == Role.OWNER
    if sort not in page.SORTS or (sort in page.SCORES and not sees_scores):
        sort = "volume"
    lines = page.agreement_lines(data)
    return {
        "data": data,
        "tiles": page.tiles(data, lines[0] if lines else None),
        "agreement": lines,
        "agreement_plot": page.agreement_plot(data),
        "clauses": page.clause_lines(data),
        "clause_plot": page.clause_plot(data),
        "funnel_plot": page.funnel_plot(data),
        "day_plot": page.day_plot(data),
        "forecast": page.forecast_sentence(data),
        "decided": page.percent(data["consensus"]["decided"]),
        "labelers": page.labeler_lines(data, sort),
        "matrix": page.matrix(data) if sees_scores else [],
        "sort": sort,
        "sorts": [
            (key, label, f"?{urlencode(page.query(filters, sort=key))}#labelers")
            for key, label in page.SORTS.items()
            if sees_scores or key not in page.SCORES
        ],
        "kinds": [("", "All kinds"), *TaskKind.choices],
        "languages": [("", "All languages"), *((text, text) for text in data["languages"])],
        "tags": [("", "All tags"), *((text, text) for text in data["tags"])],
        "people": [("", "Everybody"), *((str(pk), name) for pk, name in data["people"])]
        if sees_scores
        else [],
        "labeler": str(filters.labeler or ""),
    }

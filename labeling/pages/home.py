"""Where labelers begin: home, a project, the next task."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.assigning import queue
from labeling.assigning.gates import NotNow
from labeling.judging.rules import shows_names
from labeling.pages.task_page import undoable
from labeling.quality import funnel, overview
from projects.access import STAFF, membership, person
from projects.models import Membership


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    context = {
        "works": overview.works_of(user),
        "returned": overview.returned_to(user),
        "drafts": overview.drafts_of(user)[: overview.LISTED],
        "done_today": overview.done_today(user),
        "undoable": undoable(user),
    }
    return render(request, "labeling/home.html", context)


@login_required
@never_cache
@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's own page; its numbers are for owners and reviewers."""
    member = membership(person(request), slug)
    context = _of(member) | {"work": overview.work_for(member)}
    if member.role in STAFF:
        context["funnel"] = funnel.funnel(member.project)
        context["recent"] = funnel.recent(member.project)
        context["shows_names"] = shows_names(member)
        context["n_prompts"] = funnel.n_prompts(member.project)
        context["n_members"] = member.project.memberships.count()
    return render(request, "labeling/project.html", context)


@login_required
@require_POST
def next_task(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    member = membership(person(request), slug)
    try:
        assignment = queue.claim_next(by=member.user, project=member.project, kind=kind)
    except NotNow as error:
        context = _of(member) | {"barrier": error.barrier}
        return render(request, "labeling/nothing.html", context, status=error.status)
    if assignment is not None:
        return redirect("assignment", assignment.pk)
    work = overview.work_for(member)
    here = next((found for found in work.kinds if found.kind == kind), None)
    return render(request, "labeling/nothing.html", _of(member) | {"work": work, "here": here})


def _of(member: Membership) -> dict[str, Any]:
    project = member.project
    return {"project": project, "member": member, "is_demo": project.is_demo}

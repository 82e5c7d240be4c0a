"""Where labelers begin: home, a project, the next task."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling import overview, queue
from projects.access import STAFF, membership, person


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    context = {
        "works": overview.works_of(user),
        "drafts": overview.drafts_of(user)[:20],
        "done_today": overview.done_today(user),
    }
    return render(request, "labeling/home.html", context)


@login_required
@never_cache
@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's own page; its numbers are for owners and reviewers."""
    member = membership(person(request), slug)
    work = overview.work_for(member)
    context: dict[str, Any] = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "work": work,
    }
    if member.role in STAFF:
        context["funnel"] = overview.funnel(member.project)
        context["recent"] = overview.recent(member.project)
        context["n_prompts"] = member.project.prompts.count()
        context["n_members"] = member.project.memberships.count()
    return render(request, "labeling/project.html", context)


@login_required
@require_POST
def next_task(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    member = membership(person(request), slug)
    assignment = queue.claim_next(by=member.user, project=member.project, kind=kind)
    if assignment is not None:
        return redirect("assignment", assignment.pk)
    work = overview.work_for(member)
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "work": work,
        "here": next(found for found in work.kinds if found.kind == kind),
    }
    return render(request, "labeling/nothing.html", context)

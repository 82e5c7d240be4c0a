"""Versions: their list, what changed between two of them, who has read the current one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from instructions.acknowledging import (
    acknowledge,
    changes_for,
    readers,
    require_acknowledgement,
)
from instructions.models import GuidelineVersion
from instructions.publish import draft_of, version_numbered, versions_of
from instructions.query import number_in
from instructions.versions import MOST_SHOWN, compare, shown
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import InvalidInput
from projects.models import Membership, Role


@login_required
@never_cache
@require_safe
def guideline_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """Every version with its note; owners also see who has confirmed the current one."""
    member = membership(person(request), slug)
    project = member.project
    context: dict[str, Any] = _of(member) | {"versions": list(versions_of(project))}
    if member.role in STAFF:
        found = readers(project)
        draft = draft_of(project)
        context |= {
            "readers": found,
            "n_confirmed": sum(reader.is_current for reader in found),
            "is_required": draft.requires_acknowledgement,
            "last_seen": draft.draft_saved_at.isoformat() if draft.pk else "",
        }
    return render(request, "instructions/versions.html", context)


@login_required
@never_cache
@require_safe
def guideline_diff(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed from one version to another; without a choice, what the last one changed."""
    member = membership(person(request), slug)
    versions = list(versions_of(member.project))
    context: dict[str, Any] = _of(member) | {"versions": versions}
    if len(versions) < 2:
        return render(request, "instructions/diff.html", context)
    try:
        before, after = _chosen(request, member, versions)
    except InvalidInput as error:
        context["refused"] = error
        return render(request, "instructions/diff.html", context, status=error.status)
    diff = compare(before, after)
    context |= {
        "before": before,
        "after": after,
        "diff": diff,
        "shown": shown([change for change in diff.changes if change.kind != "renumbered"]),
        "renumbered": [change for change in diff.changes if change.kind == "renumbered"],
        "most_shown": MOST_SHOWN,
        "changes": changes_for(user=member.user, project=member.project),
    }
    return render(request, "instructions/diff.html", context)


@login_required
@require_POST
def guideline_acknowledge(request: HttpRequest, slug: str) -> HttpResponse:
    """Confirm the version that the form names."""
    user = person(request)
    member = membership(user, slug)
    number = number_in(request.POST, "number")
    if number is None:
        raise InvalidInput.field("number", "is missing")
    acknowledge(by=user, project=member.project, number=number)
    messages.success(request, f"Noted: you have read version {number}.")
    return redirect("home") if request.POST.get("then") == "home" else redirect("guideline", slug)


@login_required
@require_POST
def guideline_confirmation(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether work waits for the confirmation."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    required = request.POST.get("required")
    if required not in ("0", "1"):
        raise InvalidInput.field("required", "must be 1 or 0")
    require_acknowledgement(by=user, project=member.project, is_required=required == "1")
    said = "waits until" if required == "1" else "no longer waits until"
    messages.success(request, f"Work {said} a member has confirmed the current version.")
    return redirect("guideline-versions", slug)


def _of(member: Membership) -> dict[str, Any]:
    return {
        "project": member.project,
        "member": member,
        "is_owner": member.role == Role.OWNER,
    }


def _chosen(
    request: HttpRequest, member: Membership, versions: list[GuidelineVersion]
) -> tuple[GuidelineVersion, GuidelineVersion]:
    """The two to compare, with their text; by default the current one and the one before."""
    to = number_in(request.GET, "to")
    to = versions[0].number if to is None else to
    since = number_in(request.GET, "from")
    if since is None:
        earlier = [version.number for version in versions if version.number < to]
        since = earlier[0] if earlier else to
    return version_numbered(member.project, since), version_numbered(member.project, to)

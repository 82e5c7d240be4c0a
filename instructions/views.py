"""The guideline: reading it, writing it, publishing it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions.leaving import Address, read_address
from instructions.models import GuidelineVersion
from instructions.publish import (
    current_version,
    draft_of,
    preview,
    publish,
    save_draft,
    versions_of,
)
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from projects.models import Membership, Role


@login_required
@require_safe
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug)
    return _version_page(request, member, current_version(member.project))


@login_required
@require_safe
def guideline_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = membership(person(request), slug)
    version = versions_of(member.project).filter(number=number).first()
    if version is None:
        raise NotFound("There is no such version of this guideline.")
    return _version_page(request, member, version)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def guideline_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The draft; POST keeps it and, as the button says, shows or publishes it."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    if request.method != "POST":
        return _edit_page(request, member)
    text = request.POST.get("text")
    html, refused = "", None
    try:
        text = _text(request)
        save_draft(by=user, project=member.project, text=text, last_seen=_last_seen(request))
        if "preview" not in request.POST:
            messages.success(request, "The draft is saved.")
            return redirect("guideline-edit", slug)
        html = preview(text)
    except (InvalidInput, Conflict) as error:
        refused = error
    return _edit_page(request, member, text=text, html=html, refused=refused)


@login_required
@require_POST
def guideline_draft(request: HttpRequest, slug: str) -> JsonResponse:
    """Autosave: keeps the draft and says when."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    try:
        kept = save_draft(
            by=user,
            project=member.project,
            text=_text(request),
            last_seen=_last_seen(request),
        )
    except (InvalidInput, Conflict) as error:
        return _refusal(error)
    return JsonResponse({"saved_at": kept.draft_saved_at.isoformat()})


@login_required
@require_POST
def guideline_preview(request: HttpRequest, slug: str) -> JsonResponse:
    membership(person(request), slug, roles=OWNERS)
    try:
        return JsonResponse({"html": preview(_text(request))})
    except InvalidInput as error:
        return _refusal(error)


@login_required
@require_POST
def guideline_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish the draft; a form that brings its text along has it kept first."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    text = request.POST.get("text")
    note = request.POST.get("change_note", "")
    try:
        if text is not None:
            save_draft(by=user, project=member.project, text=text, last_seen=_last_seen(request))
        version = publish(by=user, project=member.project, change_note=note)
    except (InvalidInput, Conflict) as error:
        return _edit_page(request, member, text=text, note=note, refused=error)
    messages.success(request, f"Version {version.number} is published.")
    return redirect("guideline", slug)


@require_safe
def leaving(request: HttpRequest) -> HttpResponse:
    """Shows where a link of a labeler or a model leads. Never goes there by itself."""
    address: Address = read_address(request.GET.get("to", ""))
    response = render(request, "instructions/leaving.html", {"address": address})
    response["Referrer-Policy"] = "no-referrer"
    return response


def _version_page(
    request: HttpRequest, member: Membership, version: GuidelineVersion | None
) -> HttpResponse:
    versions = list(versions_of(member.project).defer("text", "html"))
    context: dict[str, Any] = {
        "project": member.project,
        "member": member,
        "is_owner": member.role == Role.OWNER,
        "version": version,
        "versions": versions,
    }
    if version is not None:
        earlier = [other for other in versions if other.number < version.number]
        context["clauses"] = version.clauses_in_order().defer("body")
        context["based_on"] = earlier[0] if earlier else None
        context["is_current"] = version.pk == versions[0].pk
    return render(request, "instructions/guideline.html", context)


def _edit_page(
    request: HttpRequest,
    member: Membership,
    *,
    text: str | None = None,
    note: str = "",
    html: str = "",
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    draft = draft_of(member.project)
    # After a conflict the writer still has not seen the other draft, so the stamp stays theirs.
    seen = request.POST.get("last_seen") if isinstance(refused, Conflict) else None
    context = {
        "project": member.project,
        "member": member,
        "text": draft.draft if text is None else text,
        "last_seen": seen or (draft.draft_saved_at.isoformat() if draft.pk else ""),
        "saved_at": draft.draft_saved_at if draft.pk else None,
        "current": current_version(member.project),
        "change_note": note,
        "preview_html": html,
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "instructions/edit.html", context, status=status)


def _text(request: HttpRequest) -> str:
    """A form without the field is a broken one; taken as an empty text it would wipe the draft."""
    if "text" not in request.POST:
        raise InvalidInput.field("text", "is missing")
    return request.POST["text"]


def _last_seen(request: HttpRequest) -> datetime | None:
    stamp = request.POST.get("last_seen", "")
    if not stamp:
        return None
    try:
        seen = parse_datetime(stamp)
    except ValueError:
        seen = None
    if seen is None or timezone.is_naive(seen):
        raise InvalidInput.field("last_seen", "must be the time the page was given")
    return seen


def _refusal(error: TouchstoneError) -> JsonResponse:
    return JsonResponse({"title": error.title, "detail": str(error)}, status=error.status)

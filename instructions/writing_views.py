"""Writing the guideline: the draft, what it would change, publishing it."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions.clauses import LONGEST_GUIDELINE
from instructions.publish import (
    NOTE_LIMIT,
    current_version,
    draft_of,
    faults_of,
    preview,
    publish,
    restore,
    save_draft,
)
from instructions.query import number_in
from instructions.versions import MOST_SHOWN, draft_diff, shown
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def guideline_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The draft; POST keeps it and, as the button says, shows it or what it would change."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    if request.method != "POST":
        return _edit_page(request, member)
    text = request.POST.get("text")
    html, refused = "", None
    try:
        text = _text(request)
        save_draft(by=user, project=member.project, text=text, last_seen=_last_seen(request))
        if "review" in request.POST:
            return redirect("guideline-review", slug)
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
    """Autosave: keeps the draft, says when, and names the lines that are out of form."""
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
    faults = [{"line": fault.line, "rule": fault.rule} for fault in faults_of(kept.draft)]
    return JsonResponse({"saved_at": kept.draft_saved_at.isoformat(), "faults": faults})


@login_required
@require_POST
def guideline_preview(request: HttpRequest, slug: str) -> JsonResponse:
    membership(person(request), slug, roles=OWNERS)
    try:
        return JsonResponse({"html": preview(_text(request))})
    except InvalidInput as error:
        return _refusal(error)


@login_required
@never_cache
@require_safe
def guideline_review(request: HttpRequest, slug: str) -> HttpResponse:
    """What publishing the draft would change, and the place to do it."""
    return _review_page(request, membership(person(request), slug, roles=OWNERS))


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
        seen = _last_seen(request) if text is None else None
        version = publish(by=user, project=member.project, change_note=note, last_seen=seen)
    except (InvalidInput, Conflict) as error:
        if text is None:
            return _review_page(request, member, note=note, refused=error)
        return _edit_page(request, member, text=text, refused=error)
    messages.success(request, _published(slug, version.number))
    return redirect("guideline", slug)


def _published(slug: str, number: int) -> str:
    """What to tell the owner, with the way to the work that the new version may touch."""
    if number == 1:
        return "Version 1 is published."
    address = f"{reverse('guideline-impact', args=[slug])}?from={number - 1}&to={number}"
    told = 'Version {} is published. <a href="{}">What this change touches</a>'
    return format_html(told, number, address)


@login_required
@require_POST
def guideline_restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make an earlier version the draft, unless somebody wrote in it since the page was opened."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    seen = _last_seen(request)
    if seen is None:
        raise InvalidInput.field("last_seen", "is missing")
    restore(by=user, project=member.project, number=number, last_seen=seen)
    messages.success(request, f"Version {number} is the draft now. Publish it to make it count.")
    response = redirect("guideline-review", slug)
    response["Location"] += f"?restored={number}"
    return response


def _edit_page(
    request: HttpRequest,
    member: Membership,
    *,
    text: str | None = None,
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
        "preview_html": html,
        "refused": refused,
        "longest": LONGEST_GUIDELINE,
    }
    status = refused.status if refused else 200
    return render(request, "instructions/edit.html", context, status=status)


def _review_page(
    request: HttpRequest,
    member: Membership,
    *,
    note: str = "",
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    draft, current = draft_of(member.project), current_version(member.project)
    restored = number_in(request.GET, "restored")
    diff, faults = None, faults_of(draft.draft)
    if not faults:
        diff = draft_diff(member.project)
    context = {
        "project": member.project,
        "member": member,
        "current": current,
        "next_number": current.number + 1 if current else 1,
        "is_same": current is not None and current.text == draft.draft,
        "last_seen": draft.draft_saved_at.isoformat() if draft.pk else "",
        "change_note": note or (f"Back to version {restored}." if restored else ""),
        "note_limit": NOTE_LIMIT,
        "diff": diff,
        "shown": shown(diff.changes) if diff and current else [],
        "most_shown": MOST_SHOWN,
        "faults": faults,
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "instructions/review.html", context, status=status)


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

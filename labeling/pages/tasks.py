"""A task at work: shown, kept, submitted, skipped. No kind of task is known here.

A page's script asks for JSON and gets the address of what follows; without scripts the same
forms lead from page to page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.assigning import flags, queue
from labeling.gold import results as gold
from labeling.judging import activity, correcting, submissions
from labeling.models import Assignment
from labeling.pages.task_page import is_ahead, kept_texts, task_page, told
from labeling.quality import overview
from labeling.screens import screen_of
from labeling.screens.posted import json_of
from projects.access import person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import User

NOTHING_LEFT = "There is no further {} for you just now."
View = Callable[..., HttpResponse]


def refusing_in_words(view: View) -> View:
    """To a script a refusal is told as JSON; a page is rendered for everybody else."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TouchstoneError as error:
            if not _asks_for_json(request):
                raise
            problems = error.problems if isinstance(error, InvalidInput) else ()
            body = {
                "detail": str(error),
                "problems": [{"field": each.field, "text": told(each)} for each in problems],
            }
            return JsonResponse(body, status=error.status)

    return answered


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refusing_in_words
def assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """A task at work: shown, previewed, submitted."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method != "POST":
        return _show(request, _taken_up(request, user, found))
    screen = screen_of(found.task.kind)
    if request.POST.get("action"):
        return _keep_and_show(request, user, found)
    try:
        done = screen.submit(by=user, assignment=found, post=request.POST)
    except InvalidInput as error:
        if _asks_for_json(request):
            raise
        values = screen.draft_of(request.POST)
        return task_page(request, found, values, status=400, refused=error)
    except Conflict:
        found = queue.assignment_for(user, pk)
        if found.state == Assignment.State.LAPSED and not _asks_for_json(request):
            return _show(request, found, status=409)
        raise
    if gold.feedback_for(found) is not None:
        return _lead(request, reverse("gold-feedback", args=[found.pk]), done)
    return _go_on(request, user, found, done)


@login_required
@require_POST
def draft(request: HttpRequest, pk: int) -> JsonResponse:
    """Keep the draft: a JSON object with the form's fields."""
    user = person(request)
    try:
        found = queue.assignment_for(user, pk)
        kept = submissions.save_draft(by=user, assignment=found, draft=json_of(request, "draft"))
    except TouchstoneError as error:
        return JsonResponse({"detail": str(error)}, status=error.status)
    is_held = kept.state in (Assignment.State.OPEN, Assignment.State.REOPENED)
    return JsonResponse({"saved_at": kept.draft_saved_at, "is_held": is_held})


@login_required
@require_POST
@refusing_in_words
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    found = queue.assignment_for(user, pk)
    queue.skip(by=user, assignment=found, reason=request.POST.get("reason", ""))
    return _go_on(request, user, found, "Skipped. The task went back to the queue for others.")


@login_required
@require_POST
@refusing_in_words
def ahead(request: HttpRequest, pk: int) -> JsonResponse:
    """Lease the next task while this one is at work, so that its page can be held ready."""
    user = person(request)
    found = queue.claim_ahead(by=user, assignment=queue.assignment_for(user, pk))
    return JsonResponse({} if found is None else {"url": reverse("assignment", args=[found.pk])})


@login_required
@require_POST
@refusing_in_words
def pulse(request: HttpRequest, pk: int) -> JsonResponse:
    """A sign of life of a task at work."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    sent = json_of(request, "pulse")
    if not isinstance(sent, dict):
        raise InvalidInput.field("pulse", "must be an object")
    held = activity.pulse(
        by=user,
        assignment=found,
        active_seconds=sent.get("active_seconds"),
        evidence=sent.get("evidence"),
    )
    return JsonResponse({"leased_until": held.leased_until, "state": held.state})


@login_required
@require_POST
@refusing_in_words
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was submitted within the last minute."""
    user = person(request)
    found = correcting.undo(by=user, assignment=queue.assignment_for(user, pk))
    return _lead(request, reverse("assignment", args=[found.pk]), "Taken back.")


@login_required
@require_POST
@refusing_in_words
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """End a correction: what was submitted before stands."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    correcting.leave_as_it_was(by=user, assignment=found)
    return _go_on(request, user, found, "Left as it was.")


@login_required
@require_POST
@refusing_in_words
def flag(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that something is wrong with a task; its owner is told."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    flags.flag(
        by=user,
        assignment=found,
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
    )
    return _go_on(request, user, found, "Flagged. The project's owner looks at it.")


def _go_on(request: HttpRequest, user: User, found: Assignment, done: str) -> HttpResponse:
    """To the next task; a script that holds it ready already only needs to hear so."""
    project, kind = found.task.project, found.task.kind
    try:
        following = queue.claim_next(by=user, project=project, kind=kind)
        why = NOTHING_LEFT.format(kind)
    except Conflict as error:
        following, why = None, str(error)
    if following is not None and request.headers.get("X-Ahead") == str(following.pk):
        undoable = correcting.last_undoable(user)
        answer = {
            "done": done,
            "next": reverse("assignment", args=[following.pk]),
            "undo": undoable is not None and undoable.pk == found.pk,
            "done_today": overview.done_today(user),
        }
        return JsonResponse(answer)
    messages.success(request, done)
    if following is None:
        messages.info(request, why)
        return _lead(request, reverse("home"), done)
    return _lead(request, reverse("assignment", args=[following.pk]), done)


def _lead(request: HttpRequest, url: str, done: str) -> HttpResponse:
    """Name the address of what follows to a script, and redirect everybody else there."""
    return JsonResponse({"done": done, "next": url}) if _asks_for_json(request) else redirect(url)


def _taken_up(request: HttpRequest, user: User, found: Assignment) -> Assignment:
    """The assignment as it is when its page is opened, its lease anew."""
    held = queue.resume(by=user, assignment=found)
    if held.opened_at is None and not is_ahead(request):
        return queue.open_now(by=user, assignment=held)
    return held


def _show(request: HttpRequest, found: Assignment, *, status: int = 200) -> HttpResponse:
    if found.state in (Assignment.State.OPEN, Assignment.State.REOPENED):
        return task_page(request, found, found.draft, status=status)
    if found.state == Assignment.State.LAPSED:
        context = {
            "assignment": found,
            "project": found.task.project,
            "kept": kept_texts(found.draft),
        }
        return render(request, "labeling/lapsed.html", context, status=status)
    messages.info(request, f"You {found.get_state_display().lower()} this task already.")
    return redirect("home")


def _keep_and_show(request: HttpRequest, user: User, found: Assignment) -> HttpResponse:
    """Without scripts: the same page, the draft kept, rendered or with a field more."""
    values = screen_of(found.task.kind).draft_of(request.POST)
    try:
        found = submissions.save_draft(by=user, assignment=found, draft=values)
    except InvalidInput as error:
        return task_page(request, found, values, status=400, refused=error)
    is_preview = request.POST["action"] == "preview"
    return task_page(request, found, values, is_preview=is_preview)


def _asks_for_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"

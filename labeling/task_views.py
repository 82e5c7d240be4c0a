"""A task at work: shown, kept, submitted, skipped. No kind of task is known here.

A page's script asks for JSON and gets the address of what follows; without scripts the same
forms lead from page to page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from instructions.render import render_markdown
from labeling import overview, queue, submissions
from labeling.models import Assignment
from labeling.screens import screen_of
from labeling.task_page import task_page
from projects.access import person
from projects.errors import Conflict, InvalidInput, TooLarge, TouchstoneError
from projects.models import User
from projects.strict_json import parse_json
from projects.text import clean_text

NOTHING_LEFT = "There is no further {} for you just now."
View = Callable[..., HttpResponse]


def refusing_in_words(view: View) -> View:
    """To a script a refusal is told as JSON; a page is rendered for everybody else."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TouchstoneError as error:
            if not _asks_for_json(request):
                raise
            problems = error.problems if isinstance(error, InvalidInput) else ()
            told = [{"field": problem.field, "text": str(problem)} for problem in problems]
            body = {"detail": str(error), "problems": told}
            return JsonResponse(body, status=error.status)

    return told


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refusing_in_words
def assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """A task at work: shown, previewed, submitted."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method != "POST":
        return _show(request, queue.resume(by=user, assignment=found))
    screen = screen_of(found.task.kind)
    if request.POST.get("action") == "preview":
        return _preview(request, user, found)
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
    return _go_on(request, user, found, done)


@login_required
@require_POST
def draft(request: HttpRequest, pk: int) -> JsonResponse:
    """Keep the draft: a JSON object with the form's fields."""
    user = person(request)
    try:
        found = queue.assignment_for(user, pk)
        kept = submissions.save_draft(by=user, assignment=found, draft=_json(request))
    except TouchstoneError as error:
        return JsonResponse({"detail": str(error)}, status=error.status)
    is_held = kept.state == Assignment.State.OPEN
    return JsonResponse({"saved_at": kept.draft_saved_at, "is_held": is_held})


@login_required
@require_POST
def preview(request: HttpRequest, pk: int) -> JsonResponse:
    """The answer as others will see it."""
    queue.assignment_for(person(request), pk)
    try:
        if "text" not in request.POST:
            raise InvalidInput.field("text", "is missing")
        limit = submissions.LONGEST_ANSWER
        text = clean_text(request.POST["text"], field="text", limit=limit, required=False)
    except InvalidInput as error:
        return JsonResponse({"detail": str(error)}, status=error.status)
    return JsonResponse({"html": render_markdown(text)})


@login_required
@require_POST
@refusing_in_words
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    found = queue.assignment_for(user, pk)
    queue.skip(by=user, assignment=found, reason=request.POST.get("reason", ""))
    return _go_on(request, user, found, "Skipped. The task went back to the queue for others.")


def _go_on(request: HttpRequest, user: User, found: Assignment, done: str) -> HttpResponse:
    """To the next task; a script that holds it ready already only needs to hear so."""
    project, kind = found.task.project, found.task.kind
    following = queue.claim_next(by=user, project=project, kind=kind)
    if following is not None and request.headers.get("X-Ahead") == str(following.pk):
        body = {"done": done, "next": reverse("assignment", args=[following.pk])}
        return JsonResponse(body | {"done_today": overview.done_today(user)})
    messages.success(request, done)
    if following is None:
        messages.info(request, NOTHING_LEFT.format(kind))
    url = reverse("home") if following is None else reverse("assignment", args=[following.pk])
    return JsonResponse({"done": done, "next": url}) if _asks_for_json(request) else redirect(url)


def _show(request: HttpRequest, found: Assignment, *, status: int = 200) -> HttpResponse:
    if found.state in (Assignment.State.OPEN, Assignment.State.REOPENED):
        return task_page(request, found, found.draft, status=status)
    if found.state == Assignment.State.LAPSED:
        context = {"assignment": found, "project": found.task.project}
        return render(request, "labeling/lapsed.html", context, status=status)
    messages.info(request, f"You {found.get_state_display().lower()} this task already.")
    return redirect("home")


def _preview(request: HttpRequest, user: User, found: Assignment) -> HttpResponse:
    """For browsers without scripts: the same page with the text rendered, the draft kept."""
    values = screen_of(found.task.kind).draft_of(request.POST)
    try:
        found = submissions.save_draft(by=user, assignment=found, draft=values)
    except InvalidInput as error:
        return task_page(request, found, values, status=400, refused=error)
    return task_page(request, found, values, is_preview=True)


def _asks_for_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _json(request: HttpRequest) -> Any:
    if request.content_type != "application/json":
        raise InvalidInput.field("draft", "must be sent as application/json")
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge("A draft is not that long.")
    try:
        return parse_json(request.body.decode())
    except UnicodeDecodeError:
        raise InvalidInput.field("draft", "must be UTF-8") from None
    except ValueError as error:
        raise InvalidInput.field("draft", str(error)) from error

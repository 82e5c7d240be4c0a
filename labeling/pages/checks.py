"""Checks of an answer for the labeler who writes it.

A page's script asks for JSON and gets what to show; without scripts the buttons post the task's
form, the draft is kept, and the task's page comes again.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.assigning import queue
from labeling.checking.checks import ask_check, decide_claim
from labeling.checking.panel import panel_of
from labeling.judging.submissions import save_draft
from labeling.models import Assignment, CheckClaim, Task
from labeling.pages.tasks import refusing_in_words
from labeling.screens import screen_of
from labeling.screens.posted import json_of
from projects.access import person
from projects.errors import InvalidInput, NotFound, TouchstoneError
from projects.models import User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refusing_in_words
def checks(request: HttpRequest, pk: int) -> HttpResponse:
    """The checks of this answer; POST has it checked as it stands now."""
    user = person(request)
    found = _writing(user, pk)
    if request.method != "POST":
        return _told(request, found)
    if _is_form(request):
        draft = _kept(request, user, found)
        return _back(request, found, lambda: ask_check(by=user, assignment=found, written=draft))
    written = _written(request)
    ask_check(by=user, assignment=found, written=written)
    return _told(request, found, written)


@login_required
@require_POST
@refusing_in_words
def claim(request: HttpRequest, pk: int, claim: int) -> HttpResponse:
    """Dismiss a claim, act on it, or take either back."""
    user = person(request)
    found = _writing(user, pk)
    sent: Any = request.POST if _is_form(request) else _object(request)
    reason = sent.get("dismissed_because", "")
    state = CheckClaim.State.DISMISSED if reason else sent.get("claim_state", "")

    def decide() -> CheckClaim:
        return decide_claim(by=user, assignment=found, claim_id=claim, state=state, reason=reason)

    if _is_form(request):
        _kept(request, user, found)
        return _back(request, found, decide)
    decide()
    return _told(request, found)


def _writing(user: User, pk: int) -> Assignment:
    found = queue.assignment_for(user, pk)
    if found.task.kind != Task.Kind.DEMONSTRATION:
        raise NotFound("Only an answer that is written can be checked.")
    return found


def _is_form(request: HttpRequest) -> bool:
    return request.content_type != "application/json"


def _object(request: HttpRequest) -> dict[str, Any]:
    sent = json_of(request, "body")
    if not isinstance(sent, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return sent


def _written(request: HttpRequest) -> dict[str, Any]:
    """The answer as a script sends it; of a draft nothing else is looked at."""
    sent = _object(request)
    if "text" not in sent:
        raise InvalidInput.field("text", "is missing")
    return {name: sent[name] for name in ("text", "turns") if name in sent}


def _kept(request: HttpRequest, user: User, found: Assignment) -> dict[str, Any]:
    if "text" not in request.POST:
        raise InvalidInput.field("text", "is missing")
    draft = screen_of(found.task.kind).draft_of(request.POST)
    save_draft(by=user, assignment=found, draft=draft)
    return draft


def _back(request: HttpRequest, found: Assignment, verb: Any) -> HttpResponse:
    try:
        verb()
    except TouchstoneError as error:
        messages.error(request, str(error))
    answer = redirect("assignment", found.pk)
    answer["Location"] += "#self-check"
    return answer


def _told(
    request: HttpRequest, found: Assignment, written: dict[str, Any] | None = None
) -> JsonResponse:
    panel = panel_of(found, written)
    if panel is None:
        raise NotFound("There are no checks in this project.")
    context = {"assignment": found, "self_check": panel}
    return JsonResponse(
        {
            "is_on": panel.is_on,
            "is_waiting": panel.is_waiting,
            "n_left": panel.n_left,
            "said": panel.said,
            "html": render_to_string("labeling/_self_check_claims.html", context, request),
        }
    )

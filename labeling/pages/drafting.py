"""What the editor of an answer asks of models, and the page where owners set what they may ask."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.assigning import queue
from labeling.drafting import drafts, repairing
from labeling.drafting.draws import draws_left
from labeling.drafting.rules import (
    RANGES,
    change_drafting_rules,
    chosen_writers,
    drafting_rules_of,
)
from labeling.models import Assignment
from labeling.pages.tasks import refusing_in_words
from labeling.screens.drafting import told_draft, told_repair
from labeling.screens.posted import json_of
from projects.access import OWNERS, membership, person
from projects.errors import InvalidInput
from projects.project_views import errors_by_field
from workers.models import LanguageModel


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refusing_in_words
def drafts_page(request: HttpRequest, pk: int) -> JsonResponse:
    """The drafts of a task at work and how its rewritings stand; posting asks for more."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method == "POST":
        before = _object(request).get("before")
        drafts.draw_drafts(by=user, assignment=found, before=before)
    return JsonResponse(_drawn(queue.assignment_for(user, pk)))


@login_required
@require_POST
@refusing_in_words
def repair_ask(request: HttpRequest, pk: int) -> JsonResponse:
    """Ask a model to rewrite the answer."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    given = _object(request)
    repairing.request_repair(
        by=user,
        assignment=found,
        text=given.get("text"),
        complaint=given.get("complaint", ""),
        clauses=given.get("clauses"),
        before=given.get("before"),
    )
    return JsonResponse(_drawn(queue.assignment_for(user, pk)))


@login_required
@require_POST
@refusing_in_words
def repair_settle(request: HttpRequest, pk: int, number: int) -> JsonResponse:
    """Say what became of a rewriting."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    outcome = _object(request).get("outcome")
    row = repairing.settle_repair(by=user, assignment=found, number=number, outcome=outcome)
    return JsonResponse({"outcome": row.outcome})


@login_required
@require_POST
@refusing_in_words
def repair_changes(request: HttpRequest, pk: int, number: int) -> JsonResponse:
    """Word by word what a rewriting would change in the text as it is now."""
    found = queue.assignment_for(person(request), pk)
    pieces = repairing.changes_in(found, number, _object(request).get("text"))
    return JsonResponse({"pieces": [[piece.kind, piece.text] for piece in pieces]})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def drafting_rules(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    values: dict[str, Any] = {}
    refused = None
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in RANGES}
        values["offers_repair"] = "offers_repair" in request.POST
        values["writers"] = request.POST.getlist("writers")
        try:
            change_drafting_rules(by=member.user, project=member.project, **values)
        except InvalidInput as error:
            refused = error
        else:
            messages.success(request, "Saved. It holds for work from now on.")
            return redirect("drafting-rules", slug)
    rules = drafting_rules_of(member.project)
    kept = {name: getattr(rules, name) for name in (*RANGES, "offers_repair")}
    kept["writers"] = [str(pk) for pk in chosen_writers(rules)]
    shown = kept | values
    chosen = set(shown["writers"])
    models = LanguageModel.objects.drawable().order_by("name", "pk")
    context = {
        "project": member.project,
        "member": member,
        "values": shown,
        "errors": errors_by_field(refused),
        "choices": [(model, str(model.pk) in chosen) for model in models],
    }
    return render(request, "labeling/drafting_rules.html", context, status=400 if refused else 200)


def _drawn(found: Assignment) -> dict[str, Any]:
    rules = drafting_rules_of(found.task.project)
    return {
        "drafts": [told_draft(each) for each in drafts.drafts_of(found)],
        "repairs": [told_repair(each) for each in repairing.repairs_of(found)],
        "left": draws_left(found, rules),
    }


def _object(request: HttpRequest) -> dict[str, Any]:
    given = json_of(request, "body")
    if not isinstance(given, dict):
        raise InvalidInput.field("body", "must be an object")
    return given

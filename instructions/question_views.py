"""Questions on clauses, and the notes that stand beside a clause: pins, questions, answers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions import pins, questions
from instructions.models import Clause, ClauseQuestion
from instructions.publish import current_version
from instructions.render import render_markdown
from projects.access import OWNERS, membership, person
from projects.errors import InvalidInput, NotFound, TooMany, TouchstoneError
from projects.models import Membership, Role
from projects.project_views import errors_by_field

PAGE_SIZE = 30


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def guideline_questions(request: HttpRequest, slug: str) -> HttpResponse:
    """Every question; POST asks one, for a form or, where JSON is wanted, for a script."""
    user = person(request)
    member = membership(user, slug)
    if request.method != "POST":
        return _page(request, member)
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    try:
        asked = questions.ask(
            by=user,
            project=member.project,
            anchor=request.POST.get("anchor", ""),
            text=request.POST.get("text", ""),
            version=_version(request.POST.get("version", "")),
        )
    except (InvalidInput, TooMany) as error:
        return _refusal(error) if wants_json else _page(request, member, asking=error)
    if wants_json:
        return JsonResponse(_note(asked), status=201)
    messages.success(request, "Your question is asked. The answer will stand beside the clause.")
    return redirect("guideline-questions", slug)


@login_required
@require_POST
def question_answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    question = questions.question_in(member.project, pk)
    try:
        questions.answer(by=user, question=question, text=request.POST.get("answer", ""))
    except InvalidInput as error:
        return _page(request, member, answering=(question, error))
    messages.success(request, "Answered. Everybody sees it beside the clause.")
    return redirect("guideline-questions", slug)


@login_required
@require_POST
def question_hide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Out of sight, or back again, as `to` says."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    question = questions.question_in(member.project, pk)
    to = request.POST.get("to", "")
    if to not in ("hidden", "shown"):
        raise InvalidInput.field("to", "must be hidden or shown")
    if to == "hidden":
        questions.hide(by=user, question=question)
    else:
        questions.show(by=user, question=question)
    messages.success(request, f"The question is {to}.")
    return redirect("guideline-questions", slug)


@login_required
@never_cache
@require_safe
def guideline_notes(request: HttpRequest, slug: str) -> JsonResponse:
    """What stands beside the clauses for this person."""
    user = person(request)
    project = membership(user, slug).project
    return JsonResponse(
        {
            "pins": pins.pins_of(user=user, project=project),
            "questions": [_note(row) for row in questions.questions_of(project)],
            "pin_url": reverse("guideline-pin", args=[slug]),
            "ask_url": reverse("guideline-questions", args=[slug]),
        }
    )


@login_required
@require_POST
def guideline_pin(request: HttpRequest, slug: str) -> JsonResponse:
    """Pin or, with `pinned=0`, let go; answers with all pins."""
    user = person(request)
    project = membership(user, slug).project
    pinned = request.POST.get("pinned", "")
    try:
        if pinned not in ("0", "1"):
            raise InvalidInput.field("pinned", "must be 1 or 0")
        change = pins.pin if pinned == "1" else pins.unpin
        kept = change(by=user, project=project, anchor=request.POST.get("anchor", ""))
    except TouchstoneError as error:
        return _refusal(error)
    return JsonResponse({"pins": kept})


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    asking: TouchstoneError | None = None,
    answering: tuple[ClauseQuestion, TouchstoneError] | None = None,
) -> HttpResponse:
    project = member.project
    is_owner = member.role == Role.OWNER
    version = current_version(project)
    if version is None and asking is not None:
        raise NotFound("This project has no published guideline yet.")
    clauses = [] if version is None else list(version.clauses_in_order().defer("body"))
    rows = questions.questions_of(project, with_hidden=is_owner)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    errors = {answering[0].pk: str(answering[1])} if answering else {}
    context = {
        "project": project,
        "member": member,
        "is_owner": is_owner,
        "clauses": clauses,
        "page": page,
        "rows": [_row(row, member, clauses, errors) for row in page],
        "n_open": questions.open_questions(project),
        "values": request.POST if asking else request.GET,
        "answer": request.POST.get("answer", ""),
        "errors": errors_by_field(asking, default="text"),
    }
    refused = asking or (answering[1] if answering else None)
    status = refused.status if refused else 200
    return render(request, "instructions/questions.html", context, status=status)


def _row(
    question: ClauseQuestion, member: Membership, clauses: list[Clause], errors: dict[int, str]
) -> dict[str, Any]:
    sees_names = member.role != Role.LABELER
    return {
        "question": question,
        "clause": next((c for c in clauses if c.anchor == question.anchor), None),
        "is_mine": question.asked_by_id == member.user_id,
        "asker": question.asked_by.username if sees_names else "",
        "error": errors.get(question.pk, ""),
    }


def _note(question: ClauseQuestion) -> dict[str, Any]:
    """Who asked is not told."""
    return {
        "id": question.pk,
        "anchor": question.anchor,
        "html": render_markdown(question.text),
        "asked_at": question.asked_at.isoformat(),
        "answer_html": render_markdown(question.answer) if question.answer else None,
    }


def _version(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput.field("version", "must be the number of a version")
    return int(text)


def _refusal(error: TouchstoneError) -> JsonResponse:
    return JsonResponse({"title": error.title, "detail": str(error)}, status=error.status)

"""Taking quizzes: the list, the questions, and what came out."""

import re
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from instructions import quiz_taking, quiz_writing, quizzes
from instructions.clauses import ClauseText, render_clause
from instructions.models import Clause, Quiz, QuizAttempt
from instructions.publish import current_version
from instructions.quiz_edit_views import quizzes_page
from instructions.quiz_taking import Asked, Sheet
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership, Project, TaskKind
from projects.project_views import errors_by_field

# Links between clauses, which on this page lead to the guideline's own.
_OWN_LINK = re.compile(r'(<a (?:class="clause-number" )?href=")#(?=c-)')


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quiz(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The questions of the next attempt; POST hands it in."""
    user = person(request)
    member = membership(user, slug)
    found = quizzes.quiz_in(member.project, pk)
    if request.method != "POST":
        return _sheet_page(request, member, found)
    chosen: dict[int, list[int]] = {}
    try:
        chosen = _chosen(request, found)
        attempt = quiz_taking.take(
            by=user,
            quiz=found,
            number=_number(request.POST.get("attempt", "")),
            seal=request.POST.get("seal", ""),
            chosen=chosen,
        )
    except InvalidInput as error:
        return _sheet_page(request, member, found, chosen=chosen, refused=error)
    except Conflict as error:
        # What was chosen may stand at other places by now.
        return _sheet_page(request, member, found, refused=error)
    return redirect("quiz-attempt", slug, attempt.pk)


@login_required
@never_cache
@require_safe
def quiz_attempt(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A person's own attempt, with what was right and why."""
    user = person(request)
    member = membership(user, slug)
    attempt = quiz_writing.attempt_of(user=user, project=member.project, pk=pk)
    rows = [
        {"asked": asked, "answer": answer, "is_right": answer == asked.right}
        for asked, answer in zip(quiz_taking.asked_in(attempt), attempt.answers, strict=True)
    ]
    context = {
        "project": member.project,
        "member": member,
        "attempt": attempt,
        "quiz": attempt.quiz,
        "rows": _with_clauses(member.project, rows),
        "percent": 100 * attempt.n_right // max(1, len(rows)),
        "standing": quizzes.standing(user=user, quiz=attempt.quiz),
        "startable": _startable(member, attempt),
    }
    return render(request, "instructions/quiz_attempt.html", context)


@login_required
@require_safe
def quiz_preview(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What takers see, for its owner."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    found = quizzes.quiz_in(member.project, pk)
    sheet = quiz_taking.sheet_for(user=user, quiz=found, number=0)
    context = _context(member, found, sheet, {}) | {"is_preview": True}
    return render(request, "instructions/quiz.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quiz_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All quizzes and where I stand with each; POST begins a new one."""
    return quizzes_page(request, slug)


def _sheet_page(
    request: HttpRequest,
    member: Membership,
    found: Quiz,
    *,
    chosen: dict[int, list[int]] | None = None,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    where = quizzes.standing(user=member.user, quiz=found)
    sheet = quiz_taking.sheet_for(user=member.user, quiz=found, number=where.next_number)
    context = _context(member, found, sheet, chosen or {})
    try:
        quiz_taking.require_attempt(found, where)
    except Conflict as error:
        context["closed"] = str(error)
    errors = errors_by_field(refused)
    for row in context["rows"]:
        row["error"] = errors.get(row["asked"].field, "")
    context |= {"standing": where, "refused": refused}
    status = refused.status if refused else 200
    return render(request, "instructions/quiz.html", context, status=status)


def _context(
    member: Membership, found: Quiz, sheet: Sheet, chosen: dict[int, list[int]]
) -> dict[str, Any]:
    rows = [
        {"asked": asked, "options": _options(asked, chosen.get(asked.id, []))}
        for asked in sheet.questions
    ]
    return {
        "project": member.project,
        "member": member,
        "quiz": found,
        "kinds": [TaskKind(kind).label.lower() for kind in found.kinds],
        "sheet": sheet,
        "rows": _with_clauses(member.project, rows),
    }


def _options(asked: Asked, chosen: list[int]) -> list[tuple[int, str, bool]]:
    return [(place, text, place in chosen) for place, text in enumerate(asked.shown_options)]


def _with_clauses(project: Project, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The clause each question is about, as it stands now, to read beside it."""
    version = current_version(project)
    guideline = reverse("guideline", args=[project.slug])
    anchors = {row["asked"].anchor for row in rows}
    clauses = Clause.objects.filter(version=version, anchor__in=anchors) if version else ()
    shown = {clause.anchor: (clause, _clause_html(clause, guideline)) for clause in clauses}
    for row in rows:
        row["clause"], row["clause_html"] = shown.get(row["asked"].anchor, (None, ""))
    return rows


def _clause_html(clause: Clause, guideline: str) -> str:
    html = render_clause(
        ClauseText(
            number=clause.number,
            anchor=clause.anchor,
            title=clause.title,
            tags=tuple(clause.tags),
            level=clause.level,
            body=clause.body,
            position=clause.position,
        )
    )
    # Two questions may be about one clause, and an id stands once in a page.
    html = html.replace(f' id="{clause.anchor}"', "", 1)
    return _OWN_LINK.sub(rf"\1{guideline}#", html)


def _startable(member: Membership, attempt: QuizAttempt) -> list[tuple[str, str]]:
    """The kinds of work that this pass has opened."""
    if not attempt.has_passed:
        return []
    return [
        (kind, TaskKind(kind).label.lower())
        for kind in attempt.quiz.kinds
        if not quizzes.waiting(user=member.user, project=member.project, kind=kind)
    ]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise InvalidInput.field("attempt", "must be the number of the attempt")
    return int(text)


def _chosen(request: HttpRequest, found: Quiz) -> dict[int, list[int]]:
    """By question, the places chosen, as they were shown."""
    chosen = {}
    for pk in found.questions.values_list("pk", flat=True):
        places = request.POST.getlist(f"q{pk}")
        if any(not (p.isascii() and p.isdigit() and len(p) <= 2) for p in places):
            raise InvalidInput.field(f"q{pk}", "must be options of the question")
        chosen[pk] = [int(place) for place in places]
    return chosen

"""Owners' pages about quizzes: writing them, and what became of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions import quiz_results, quiz_writing, quizzes
from instructions.models import Clause, Quiz, QuizQuestion
from instructions.publish import current_version
from projects.access import OWNERS, WORKERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership, Role, TaskKind
from projects.project_views import errors_by_field

NEW_QUIZ = {"title": "", "kinds": [], "pass_percent": 80, "most_attempts": 3}


def quizzes_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, for every member; owners begin a new one here."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS if request.method == "POST" else WORKERS)
    values: dict[str, Any] = dict(NEW_QUIZ)
    refused: TouchstoneError | None = None
    if request.method == "POST":
        values = _quiz_values(request.POST)
        try:
            made = quiz_writing.create_quiz(by=user, project=member.project, **values)
        except InvalidInput as error:
            refused = error
        else:
            messages.success(request, "The quiz is there. Give it questions, then switch it on.")
            return redirect("quiz-edit", slug, made.pk)
    is_owner = member.role == Role.OWNER
    rows: list[dict[str, Any]] = [
        {
            "quiz": quiz,
            "kinds": [TaskKind(kind).label for kind in quiz.kinds],
            "standing": quizzes.standing(user=user, quiz=quiz),
        }
        for quiz in quizzes.quizzes_of(member.project)
    ]
    context = {
        "project": member.project,
        "member": member,
        "is_owner": is_owner,
        "rows": [
            row for row in rows if is_owner or row["quiz"].is_active or row["standing"].attempts
        ],
        "values": values,
        "kind_choices": TaskKind.choices,
        "errors": errors_by_field(refused),
    }
    status = refused.status if refused else 200
    return render(request, "instructions/quizzes.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quiz_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A quiz's rules and the list of its questions."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    quiz = quizzes.quiz_in(member.project, pk)
    if request.method != "POST":
        names = (*NEW_QUIZ, "is_active")
        return _edit_page(request, member, quiz, {name: getattr(quiz, name) for name in names})
    values = _quiz_values(request.POST) | {"is_active": "is_active" in request.POST}
    try:
        quiz_writing.change_quiz(by=user, quiz=quiz, **values)
    except InvalidInput as error:
        return _edit_page(request, member, quiz, values, refused=error)
    messages.success(request, "The quiz is saved.")
    return redirect("quiz-edit", slug, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quiz_question_add(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    quiz = quizzes.quiz_in(member.project, pk)
    if request.method != "POST":
        return _question_page(request, member, quiz, _blank(request.GET.get("anchor", "")))
    values = _question_values(request.POST)
    try:
        quiz_writing.add_question(by=user, quiz=quiz, **values)
    except (InvalidInput, Conflict) as error:
        return _question_page(request, member, quiz, values, refused=error)
    messages.success(request, "The question is added.")
    return redirect("quiz-question-add" if "another" in request.POST else "quiz-edit", slug, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quiz_question(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    question = quiz_writing.question_in(member.project, pk)
    if request.method != "POST":
        names = ("anchor", "text", "options", "right", "explanation")
        values = {name: getattr(question, name) for name in names}
        return _question_page(request, member, question.quiz, values, question=question)
    values = _question_values(request.POST)
    try:
        quiz_writing.change_question(by=user, question=question, **values)
    except InvalidInput as error:
        return _question_page(
            request, member, question.quiz, values, question=question, refused=error
        )
    messages.success(request, "The question is saved.")
    return redirect("quiz-edit", slug, question.quiz_id)


@login_required
@require_POST
def quiz_question_move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    question = quiz_writing.question_in(member.project, pk)
    quiz_writing.move_question(by=user, question=question, to=request.POST.get("to", ""))
    return redirect("quiz-edit", slug, question.quiz_id)


@login_required
@require_POST
def quiz_question_retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    question = quiz_writing.question_in(member.project, pk)
    quiz_writing.retire_question(by=user, question=question)
    messages.success(request, "The question is retired. Attempts made before keep it.")
    return redirect("quiz-edit", slug, question.quiz_id)


@login_required
@never_cache
@require_safe
def results(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    quiz = quizzes.quiz_in(member.project, pk)
    people = quiz_results.people(quiz)
    context = {
        "project": member.project,
        "member": member,
        "quiz": quiz,
        "people": people,
        "n_passed": sum(result.standing.passed is not None for result in people),
        "questions": quiz_results.by_question(quiz),
    }
    return render(request, "instructions/quiz_results.html", context)


@login_required
@require_POST
def quiz_grant(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One more attempt for a member."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    quiz = quizzes.quiz_in(member.project, pk)
    text = request.POST.get("user", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput.field("user", "must be the number of a member")
    given = quiz_writing.grant_attempt(by=user, quiz=quiz, user_id=int(text))
    messages.success(request, f"{given.user.username} has another attempt.")
    return redirect("quiz-results", slug, pk)


def _quiz_values(post: QueryDict) -> dict[str, Any]:
    return {
        "title": post.get("title", ""),
        "kinds": post.getlist("kinds"),
        "pass_percent": post.get("pass_percent", ""),
        "most_attempts": post.get("most_attempts", ""),
    }


def _question_values(post: QueryDict) -> dict[str, Any]:
    """The form's rows of options; those left empty are none, so the places close up."""
    rows = list(enumerate(post.getlist("option")))
    kept = [(row, text) for row, text in rows if text.strip()]
    marked = set(post.getlist("right"))
    return {
        "anchor": post.get("anchor", ""),
        "text": post.get("text", ""),
        "options": [text for _, text in kept],
        # A mark at an empty row is kept as a place that is not there, to be named.
        "right": [place for place, (row, _) in enumerate(kept) if str(row) in marked]
        + [len(rows) for row, text in rows if str(row) in marked and not text.strip()],
        "explanation": post.get("explanation", ""),
    }


def _blank(anchor: str) -> dict[str, Any]:
    return {"anchor": anchor, "text": "", "options": [], "right": [], "explanation": ""}


def _edit_page(
    request: HttpRequest,
    member: Membership,
    quiz: Quiz,
    values: dict[str, Any],
    *,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    clauses = {clause.anchor: clause for clause in _clauses(member)}
    questions = [
        (question, clauses.get(question.anchor))
        for question in quiz.questions.order_by("position", "pk")
    ]
    context = {
        "project": member.project,
        "member": member,
        "quiz": quiz,
        "questions": questions,
        "values": values,
        "kind_choices": TaskKind.choices,
        "errors": errors_by_field(refused),
    }
    status = refused.status if refused else 200
    return render(request, "instructions/quiz_edit.html", context, status=status)


def _question_page(
    request: HttpRequest,
    member: Membership,
    quiz: Quiz,
    values: dict[str, Any],
    *,
    question: QuizQuestion | None = None,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    texts = values["options"] + [""] * (quiz_writing.MOST_OPTIONS - len(values["options"]))
    context = {
        "project": member.project,
        "member": member,
        "quiz": quiz,
        "question": question,
        "values": values,
        "options": [(i, text, i in values["right"]) for i, text in enumerate(texts)],
        "clauses": _clauses(member),
        "errors": _question_errors(refused),
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "instructions/quiz_question.html", context, status=status)


def _question_errors(refused: TouchstoneError | None) -> dict[str, str]:
    """Beside each field; what is wrong with one option stands with the options."""
    errors = errors_by_field(refused)
    for field in [name for name in errors if name.startswith("options[")]:
        place = int(field[8:-1]) + 1
        errors.setdefault("options", f"option {place} {errors[field]}")
    return errors


def _clauses(member: Membership) -> list[Clause]:
    version = current_version(member.project)
    return [] if version is None else list(version.clauses_in_order().defer("body"))

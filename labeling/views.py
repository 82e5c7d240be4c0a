"""Where labelers work: home, a project, a task."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions.render import render_markdown
from instructions.templatetags.rendering import markdown
from labeling import overview, queue, submissions
from labeling.models import Assignment, Response, Task
from projects.access import STAFF, membership, person
from projects.errors import Conflict, InvalidInput, TooLarge, TouchstoneError
from projects.models import Project, User
from projects.strict_json import parse_json
from projects.text import clean_text

NOTHING_LEFT = "There is no further {} for you just now."


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    context = {
        "works": overview.works_of(user),
        "drafts": overview.drafts_of(user)[:20],
        "done_today": overview.done_today(user),
    }
    return render(request, "labeling/home.html", context)


@login_required
@never_cache
@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's own page; its numbers are for owners and reviewers."""
    member = membership(person(request), slug)
    work = overview.work_for(member)
    context: dict[str, Any] = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "work": work,
    }
    if member.role in STAFF:
        context["funnel"] = overview.funnel(member.project)
        context["recent"] = overview.recent(member.project)
        context["n_prompts"] = member.project.prompts.count()
        context["n_members"] = member.project.memberships.count()
    return render(request, "labeling/project.html", context)


@login_required
@require_POST
def next_task(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    member = membership(person(request), slug)
    assignment = queue.claim_next(by=member.user, project=member.project, kind=kind)
    if assignment is not None:
        return redirect("assignment", assignment.pk)
    work = overview.work_for(member)
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "work": work,
        "here": next(found for found in work.kinds if found.kind == kind),
    }
    return render(request, "labeling/nothing.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """A task at work: shown, previewed, submitted."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method != "POST":
        return _show(request, queue.resume(by=user, assignment=found))
    if request.POST.get("action") == "preview":
        return _preview(request, user, found)
    try:
        done = _submit(request, user, found)
    except InvalidInput as error:
        return _task_page(request, found, request.POST.dict(), status=400, refused=error)
    except Conflict as error:
        found = queue.assignment_for(user, pk)
        if found.state == Assignment.State.LAPSED:
            return _show(request, found, status=409)
        raise error from None
    messages.success(request, done)
    return _go_on(request, user, found.task.project, found.task.kind)


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
        text = _answer_text(request.POST["text"])
    except InvalidInput as error:
        return JsonResponse({"detail": str(error)}, status=error.status)
    return JsonResponse({"html": render_markdown(text)})


@login_required
@require_POST
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    found = queue.assignment_for(user, pk)
    queue.skip(by=user, assignment=found, reason=request.POST.get("reason", ""))
    messages.info(request, "Skipped. The task went back to the queue for others.")
    return _go_on(request, user, found.task.project, found.task.kind)


def _submit(request: HttpRequest, user: User, found: Assignment) -> str:
    """Submit the posted form; returns what to tell the labeler."""
    if found.task.kind == Task.Kind.DEMONSTRATION:
        text = request.POST.get("text", "")
        submissions.submit_demonstration(by=user, assignment=found, text=text)
        return "Your answer is submitted."
    choice = request.POST.get("preference", "")
    if choice == "cannot_judge":
        queue.skip(by=user, assignment=found, reason=queue.CANNOT_JUDGE)
        return "Noted that you cannot judge this one. It went back to the queue for others."
    if choice not in submissions.CHOICES[1:]:
        raise InvalidInput.field("preference", "choose one of the seven, or that both are bad")
    submissions.submit_comparison(
        by=user,
        assignment=found,
        preference=None if choice == "both_bad" else int(choice),
        both_bad=choice == "both_bad",
        justification=request.POST.get("justification", ""),
    )
    return "Your judgement is submitted."


def _go_on(request: HttpRequest, user: User, project: Project, kind: str) -> HttpResponse:
    following = queue.claim_next(by=user, project=project, kind=kind)
    if following is not None:
        return redirect("assignment", following.pk)
    messages.info(request, NOTHING_LEFT.format(kind))
    return redirect("home")


def _show(request: HttpRequest, found: Assignment, *, status: int = 200) -> HttpResponse:
    if found.state == Assignment.State.OPEN:
        return _task_page(request, found, found.draft, status=status)
    if found.state == Assignment.State.LAPSED:
        context = {"assignment": found, "project": found.task.project}
        return render(request, "labeling/lapsed.html", context, status=status)
    messages.info(request, f"You {found.get_state_display().lower()} this task already.")
    return redirect("home")


def _preview(request: HttpRequest, user: User, found: Assignment) -> HttpResponse:
    """For browsers without scripts: the same page with the text rendered, the draft kept."""
    try:
        text = _answer_text(request.POST.get("text", ""))
    except InvalidInput as error:
        return _task_page(request, found, request.POST.dict(), status=400, refused=error)
    found = submissions.save_draft(by=user, assignment=found, draft={"text": text})
    return _task_page(request, found, {"text": text}, previewed=text)


def _task_page(
    request: HttpRequest,
    found: Assignment,
    values: dict[str, Any],
    *,
    status: int = 200,
    refused: InvalidInput | None = None,
    previewed: str = "",
) -> HttpResponse:
    version = found.guideline_version
    prompt = found.task.prompt
    context = {
        "assignment": found,
        "task": found.task,
        "project": found.task.project,
        "version": version,
        "clauses": version.clauses_in_order(),
        "messages_rendered": [
            {"role": message["role"], "html": markdown(message["content"])}
            for message in prompt.messages
        ],
        "answers": _answers(found),
        "values": values,
        "refused": refused,
        "preview": markdown(previewed) if previewed else "",
        "done_today": overview.done_today(found.labeler),
        "longest": submissions.LONGEST_ANSWER,
        "longest_justification": submissions.LONGEST_JUSTIFICATION,
    }
    return render(request, f"labeling/{found.task.kind}.html", context, status=status)


def _answers(found: Assignment) -> list[dict[str, Any]]:
    """What stands on each side. Nothing in it tells where it came from."""
    texts = dict(Response.objects.filter(pk__in=found.presented).values_list("pk", "text"))
    return [
        {"side": side, "label": f"Answer {side.upper()}", "html": markdown(texts[pk])}
        for side, pk in zip("ab", found.presented, strict=False)
    ]


def _answer_text(text: str) -> str:
    return clean_text(text, field="text", limit=submissions.LONGEST_ANSWER, required=False)


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

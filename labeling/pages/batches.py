"""Batch draws: the list, a new one with what it comes to, one with how far it is, its file."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.assigning.queue import BIGGEST_KEY
from labeling.batches import choosing, planning, steering
from labeling.batches.lines import lines, note_download
from labeling.batches.planning import Estimate, estimate, plan_from
from labeling.batches.progress import in_words, progress_of, reasons_of
from labeling.models import Batch
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from projects.models import Membership, Role, User
from workers.models import LanguageModel

PAGE_SIZE = 30
START = "start"
USUAL: dict[str, Any] = {"samples": "1", "unanswered": True}


class LineStream(StreamingHttpResponse):
    """Lines sent as they are read; Django's own response reads them all when it runs on ASGI."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(cast("Any", self.streaming_content))

        def following() -> bytes:
            try:
                return next(pieces, b"")
            finally:
                # A slow reader must not keep a connection of the pool between two parts.
                if not connection.in_atomic_block:
                    connection.close()

        read = sync_to_async(following, thread_sensitive=False)
        while piece := await read():
            yield piece


def batch_for(user: User, slug: str, pk: int) -> tuple[Membership, Batch]:
    """A batch of a project of whose staff this person is."""
    member = membership(user, slug, roles=STAFF)
    batches = Batch.objects.select_related("project", "by")
    found = batches.filter(project=member.project, pk=pk).first() if pk <= BIGGEST_KEY else None
    if found is None:
        raise NotFound("There is no such batch in this project.")
    return member, found


@login_required
@never_cache
@require_safe
def batches(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    rows = Batch.objects.filter(project=member.project).select_related("by").order_by("-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = _of(member) | {
        "page": page,
        "rows": [(row, progress_of(row)) for row in page],
        "is_waiting": any(row.state in steering.OPEN for row in page),
    }
    return render(request, "labeling/batches.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. It begins only once its sender has seen what the batch comes to."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        usual = USUAL | {key: request.GET[key] for key in ("tag", "language") if key in request.GET}
        return _form(request, member, usual)
    given = _given(request.POST)
    try:
        plan = plan_from(given)
        counted = estimate(member.project, plan)
        if request.POST.get("action") != START or not _has_seen(request.POST, counted):
            return _form(request, member, given, counted=counted)
        batch, _ = steering.start(by=member.user, project=member.project, plan=plan)
    except (InvalidInput, Conflict) as error:
        return _form(request, member, given, refused=error)
    return redirect("batch", slug, batch.pk)


@login_required
@never_cache
@require_safe
def batch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member, found = batch_for(person(request), slug, pk)
    progress = progress_of(found)
    context = _of(member) | {
        "batch": found,
        "progress": progress,
        "time_left": in_words(progress.seconds_left),
        "reasons": reasons_of(found),
        "filters": choosing.filters_of(found.filters),
        "models": found.language_models.order_by("name", "pk"),
        "is_waiting": found.state in steering.OPEN,
    }
    return render(request, "labeling/batch.html", context)


@login_required
@require_POST
def batch_steer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Pause it, let it go on, cancel it, or try what failed again."""
    member, found = batch_for(person(request), slug, pk)
    act = ACTIONS.get(request.POST.get("action", ""))
    if act is None:
        raise InvalidInput.field("action", f"must be one of {', '.join(ACTIONS)}")
    try:
        messages.success(request, act(member.user, found))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("batch", slug, pk)


@login_required
@require_safe
def batch_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Its generations as JSON lines, as far as they are written."""
    user = person(request)
    return file_of(user, own_batch(user, pk))


def own_batch(user: User, pk: int) -> Batch:
    """A batch of a project that this person is a member of."""
    batches = Batch.objects.select_related("project").filter(project__memberships__user=user)
    found = batches.filter(pk=pk).first() if pk <= BIGGEST_KEY else None
    if found is None:
        raise NotFound("There is no such batch.")
    return found


def file_of(user: User, found: Batch) -> LineStream:
    note_download(by=user, batch=found)
    response = LineStream(lines(found), content_type="application/jsonl")
    name = f"{found.project.slug}-batch-{found.pk}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pause(by: User, found: Batch) -> str:
    steering.pause(by=by, batch=found)
    return "Paused. What is being written ends; nothing more begins."


def _resume(by: User, found: Batch) -> str:
    steering.resume(by=by, batch=found)
    return "It goes on from where it was."


def _cancel(by: User, found: Batch) -> str:
    steering.cancel(by=by, batch=found)
    return "It is being cancelled. What is drawn stays."


def _retry(by: User, found: Batch) -> str:
    number = steering.try_failed_again(by=by, batch=found)
    return f"{number:,} failed draw{'' if number == 1 else 's'} will be drawn again."


ACTIONS: dict[str, Callable[[User, Batch], str]] = {
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "retry": _retry,
}


def _of(member: Membership) -> dict[str, Any]:
    return {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "is_owner": member.role == Role.OWNER,
    }


def _given(post: QueryDict) -> dict[str, Any]:
    """The form's fields as the plan wants them; what a form leaves out stays out."""
    given: dict[str, Any] = {
        name: post[name] for name in planning.NAMES if name in post and name not in SEVERAL
    }
    given["models"] = post.getlist("models")
    given["system_prompts"] = [text for text in post.getlist("system_prompts") if text.strip()]
    given["unanswered"] = "unanswered" in post
    return given


SEVERAL = ("models", "system_prompts", "unanswered")


def _has_seen(post: QueryDict, counted: Estimate) -> bool:
    """Whether the numbers that were shown are still those there are."""
    return post.get("seen", "") == str(counted.draws)


def _form(
    request: HttpRequest,
    member: Membership,
    given: Mapping[str, Any],
    *,
    counted: Estimate | None = None,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    problems = refused.problems if isinstance(refused, InvalidInput) else ()
    chosen = given.get("models", [])
    systems = list(given.get("system_prompts", []))
    context = _of(member) | {
        "given": given,
        "estimate": counted,
        "was_changed": counted is not None and request.POST.get("action") == START,
        "refused": refused,
        "wrong": {problem.field: problem.rule for problem in problems},
        "offered": choosing.offered(member.project),
        "models": [
            (m, m.name in chosen) for m in LanguageModel.objects.drawable().order_by("name")
        ],
        "system_prompts": [*systems, ""][: planning.MOST_SYSTEM_PROMPTS],
        "makes": [(str(value), label) for value, label in Batch.Makes.choices],
        "limits": planning,
        "n_prompts": member.project.prompts.count(),
    }
    return render(
        request, "labeling/batch_new.html", context, status=refused.status if refused else 200
    )

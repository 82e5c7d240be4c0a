"""A project's prompts: the list, and the import of a file."""

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.assigning import candidates
from labeling.intake.prompt_files import FIELDS, FILE_LIMIT, MEGABYTE, MOST_PROMPTS
from labeling.intake.prompts import KINDS, USUAL_KINDS, ImportRefused, import_file
from labeling.models import Candidate, Prompt, Task
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import InvalidInput, TooLarge, TouchstoneError
from projects.models import Membership, Role

PAGE_SIZE = 50
# The parts of a multipart body around the file itself.
FORM_ALLOWANCE = 64 * 1024


@login_required
@never_cache
@require_safe
def prompts(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    return _page(request, member)


@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def prompts_import(request: HttpRequest, slug: str) -> HttpResponse:
    """The upload. Its size is looked at before anything, the CSRF check too, reads the body."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return redirect("prompts", slug)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > FILE_LIMIT + FORM_ALLOWANCE:
        limit = FILE_LIMIT // MEGABYTE
        return _page(request, member, refused=TooLarge(f"A file has at most {limit} MB."))
    answer: HttpResponse = _import(request, member)
    return answer


@csrf_protect
def _import(request: HttpRequest, member: Membership) -> HttpResponse:
    try:
        upload = _upload(request)
        report = import_file(
            by=member.user,
            project=member.project,
            file=cast(BinaryIO, upload.file),
            file_name=upload.name or "",
            file_format=request.POST.get("format", "auto"),
            kinds=request.POST.getlist("kinds"),
            most=MOST_PROMPTS,
        )
    except (InvalidInput, TooLarge) as error:
        return _page(request, member, refused=error)
    messages.success(
        request,
        f"{report.added} prompts added, {report.unchanged} unchanged, {report.tasks} tasks made.",
    )
    return redirect("prompts", member.project.slug)


def _upload(request: HttpRequest) -> "UploadedFile[Any]":
    found = request.FILES.get("file")
    if found is None:
        raise InvalidInput.field("file", "choose a file first")
    if (found.size or 0) > FILE_LIMIT:
        raise TooLarge(f"A file has at most {FILE_LIMIT // MEGABYTE} MB. Import it in parts.")
    return found


@login_required
@require_POST
def prompts_retry(request: HttpRequest, slug: str) -> HttpResponse:
    """Draw the candidates of failed comparisons again."""
    member = membership(person(request), slug, roles=STAFF)
    number = candidates.retry_failed(by=member.user, project=member.project)
    messages.success(request, f"{number} comparisons wait for new candidates.")
    return redirect("prompts", slug)


def _page(
    request: HttpRequest, member: Membership, *, refused: TouchstoneError | None = None
) -> HttpResponse:
    project = member.project
    tasks = (
        Task.objects.select_related("lane")
        .order_by("kind", "pk")
        .prefetch_related(Prefetch("candidates", Candidate.objects.select_related("generation")))
    )
    if member.role != Role.OWNER:
        # Reviewers label too, and are not to know which tasks are gold.
        tasks = tasks.filter(lane__is_gold=False)
    rows = Prompt.objects.filter(project=project).prefetch_related(Prefetch("tasks", tasks))
    page = Paginator(rows.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    failed = Task.objects.filter(project=project, state=Task.State.FAILED)
    context = {
        "project": project,
        "member": member,
        "is_demo": project.is_demo,
        "is_owner": member.role == Role.OWNER,
        "page": page,
        "rows": [(prompt, [_cell(task) for task in prompt.tasks.all()]) for prompt in page],
        "n_failed": failed.count(),
        "refused": refused,
        "n_hidden": refused.total - len(refused.problems)
        if isinstance(refused, ImportRefused)
        else 0,
        "kinds": [(kind.value, kind.label, kind in USUAL_KINDS) for kind in KINDS],
        "fields": FIELDS,
        "limit_mb": FILE_LIMIT // MEGABYTE,
        "most_prompts": MOST_PROMPTS,
    }
    status = refused.status if refused else 200
    return render(request, "labeling/prompts.html", context, status=status)


def _cell(task: Task) -> dict[str, object]:
    failed = task.state == Task.State.FAILED
    return {
        "task": task,
        "note": candidates.why_failed(list(task.candidates.all())) if failed else "",
    }

"""Benchmarks that exports stay clear of, and prompts that are kept for measuring."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exports.hygiene.benchmarks import FILE_LIMIT, add_benchmark, benchmarks_of
from exports.splitting.holding_out import held_out_in, hold_out, release
from projects.access import STAFF, membership, person
from projects.errors import InvalidInput, TooLarge, TouchstoneError
from projects.models import Membership

PAGE_SIZE = 50


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def benchmarks(request: HttpRequest, slug: str) -> HttpResponse:
    """POST uploads a benchmark."""
    member = membership(person(request), slug, roles=STAFF)
    if request.method != "POST":
        return _page(request, member)
    try:
        kept = add_benchmark(
            by=member.user,
            project=member.project,
            name=request.POST.get("name", ""),
            data=_uploaded(request),
        )
    except TouchstoneError as error:
        return _page(request, member, refused=error, of="benchmark")
    messages.success(request, f"{kept.name} is kept: {kept.n_items:,} items.")
    return redirect("export-benchmarks", slug)


@login_required
@require_POST
def held_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold prompts out, or let them into exports again."""
    member = membership(person(request), slug, roles=STAFF)
    post, action = request.POST, request.POST.get("action", "")
    ids = [line.strip() for line in post.get("ids", "").splitlines() if line.strip()]
    given: dict[str, Any] = {"by": member.user, "project": member.project, "ids": ids or None}
    try:
        given["texts"] = _texts(request)
        if action == "hold":
            tag = post.get("tag", "").strip() or None
            number = hold_out(**given, tag=tag, reason=post.get("reason", ""))
            messages.success(request, f"{number:,} more prompts are held out.")
        elif action == "release":
            number = release(**given)
            messages.success(request, f"{number:,} prompts may be exported again.")
        else:
            raise InvalidInput.field("action", "must be one of: hold, release")
    except TouchstoneError as error:
        return _page(request, member, refused=error, of="held_out")
    return redirect("export-benchmarks", slug)


def _texts(request: HttpRequest) -> bytes | None:
    written = request.POST.get("texts", "").strip()
    if "file" not in request.FILES:
        return written.encode() or None
    if written:
        raise InvalidInput.field("texts", "must be written here or be in a file, not both")
    return _uploaded(request)


def _uploaded(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise InvalidInput.field("file", "must be a file")
    if file.size is None or file.size > FILE_LIMIT:
        raise TooLarge(f"A file has at most {FILE_LIMIT // 2**20} MB; cut it into parts.")
    return bytes(file.read())


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    refused: TouchstoneError | None = None,
    of: str = "",
) -> HttpResponse:
    problems = refused.problems if isinstance(refused, InvalidInput) else ()
    kept = held_out_in(member.project)
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "benchmarks": benchmarks_of(member.project).select_related("by"),
        "page": Paginator(kept, PAGE_SIZE).get_page(request.GET.get("page")),
        "refused": refused,
        "refused_of": of,
        "problems": problems,
        "wrong": {problem.field: problem.rule for problem in problems},
        "given": request.POST,
        "limit": FILE_LIMIT,
    }
    status = refused.status if refused else 200
    return render(request, "exports/benchmarks.html", context, status=status)

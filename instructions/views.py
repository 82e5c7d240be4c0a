"""Reading the guideline: its page, its parts for other pages, search."""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from instructions.acknowledging import changes_for
from instructions.clauses import TAGS
from instructions.contents import contents
from instructions.leaving import Address, read_address
from instructions.models import GuidelineVersion
from instructions.publish import current_version, version_numbered, versions_of
from instructions.query import number_in
from instructions.search import LONGEST_QUERY, Found, search
from projects.access import membership, person
from projects.errors import InvalidInput, NotFound
from projects.models import Membership, Project, Role

FEW = 150
"""Clauses that a browser lays out without help."""

FOR_EVER = "private, max-age=31536000, immutable"


@login_required
@require_safe
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug)
    return _version_page(request, member, current_version(member.project))


@login_required
@require_safe
def guideline_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = membership(person(request), slug)
    return _version_page(request, member, version_numbered(member.project, number))


@login_required
@gzip_page
@require_safe
def guideline_fragment(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version's contents and text, for the page of a task to put in place."""
    version = version_numbered(membership(person(request), slug).project, number)
    context = {
        "version": version,
        "contents": contents(version),
        "is_long": version.clauses.count() > FEW,
    }
    return _unchanging(render(request, "instructions/_fragment.html", context), version)


@login_required
@gzip_page
@require_safe
def guideline_clauses(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version's clauses by name, for completing citations."""
    version = version_numbered(membership(person(request), slug).project, number)
    rows = version.clauses_in_order().values("anchor", "number", "title", "tags")
    return _unchanging(JsonResponse(list(rows), safe=False), version)


@login_required
@never_cache
@require_safe
def guideline_search(request: HttpRequest, slug: str) -> HttpResponse:
    """Hits for `q` in the current version, or in the one of `version`."""
    member = membership(person(request), slug)
    try:
        version, found = _search(request, member.project)
    except InvalidInput as error:
        return _search_page(request, member, current_version(member.project), None, refused=error)
    return _search_page(request, member, version, found)


@login_required
@never_cache
@require_safe
def guideline_hits(request: HttpRequest, slug: str) -> JsonResponse:
    """The same for a script."""
    project = membership(person(request), slug).project
    try:
        version, found = _search(request, project)
    except InvalidInput as error:
        return JsonResponse({"title": error.title, "detail": str(error)}, status=error.status)
    return JsonResponse({"version": version.number, **asdict(found)})


@require_safe
def leaving(request: HttpRequest) -> HttpResponse:
    """Shows where a link of a labeler or a model leads. Never goes there by itself."""
    address: Address = read_address(request.GET.get("to", ""))
    response = render(request, "instructions/leaving.html", {"address": address})
    response["Referrer-Policy"] = "no-referrer"
    return response


def _unchanging(response: HttpResponse, version: GuidelineVersion) -> HttpResponse:
    response["Cache-Control"] = FOR_EVER
    response["ETag"] = f'"{version.pk}-{version.number}"'
    response["Last-Modified"] = http_date(version.published_at.timestamp())
    return response


def _version_page(
    request: HttpRequest, member: Membership, version: GuidelineVersion | None
) -> HttpResponse:
    project = member.project
    versions = list(versions_of(project))
    context: dict[str, Any] = {
        "project": project,
        "member": member,
        "is_owner": member.role == Role.OWNER,
        "version": version,
        "versions": versions[:8],
        "n_versions": len(versions),
        "tags": TAGS,
    }
    if version is not None:
        earlier = [other for other in versions if other.number < version.number]
        context["contents"] = contents(version)
        context["n_clauses"] = version.clauses.count()
        context["is_long"] = context["n_clauses"] > FEW
        context["based_on"] = earlier[0] if earlier else None
        context["is_current"] = version.pk == versions[0].pk
        context["changes"] = changes_for(user=member.user, project=project)
    return render(request, "instructions/guideline.html", context)


def _search(request: HttpRequest, project: Project) -> tuple[GuidelineVersion, Found]:
    number = number_in(request.GET, "version")
    version = current_version(project) if number is None else version_numbered(project, number)
    if version is None:
        raise NotFound("This project has no published guideline yet.")
    return version, search(version, request.GET.get("q", ""))


def _search_page(
    request: HttpRequest,
    member: Membership,
    version: GuidelineVersion | None,
    found: Found | None,
    *,
    refused: InvalidInput | None = None,
) -> HttpResponse:
    context = {
        "project": member.project,
        "member": member,
        "version": version,
        "found": found,
        "query": found.query if found else "",
        "refused": refused,
        "longest": LONGEST_QUERY,
    }
    status = refused.status if refused else 200
    return render(request, "instructions/search.html", context, status=status)

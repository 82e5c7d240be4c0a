"""One's own conversations."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.access import arena_project
from arena.battling.history import conversations_of
from arena.pages.entry import signed_in
from arena.visitors import known_visitor

PAGE_SIZE = 25


@never_cache
@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    project = arena_project(slug=slug, user=signed_in(request))
    found = conversations_of(project=project, visitor=known_visitor(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "arena/history.html", {"project": project, "page": page})

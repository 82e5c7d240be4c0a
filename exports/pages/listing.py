"""The project's exports, and the two commonest at one click."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exports.held_back import held_back
from exports.models import Export
from exports.pages import recipes
from exports.pages.available import available
from exports.pages.words import KINDS, SOURCES, duration, file_type
from exports.poisoning.deciding import held_among
from exports.snapshots.requests import request_export
from projects.access import STAFF, membership, person
from projects.models import Role

PAGE_SIZE = 30


@dataclass(frozen=True)
class Row:
    """An export as the list shows it."""

    export: Export
    is_held: bool
    """Whether its files wait for somebody to sign its findings off."""

    @property
    def title(self) -> str:
        return KINDS[self.export.kind].title

    @property
    def from_where(self) -> str:
        return from_where(self.export)

    @property
    def format(self) -> str:
        return format_title(self.export)

    @property
    def file_type(self) -> str:
        return file_type(self.export.recipe.get("file_type", "jsonl"))

    @property
    def address(self) -> str:
        return self.export.address or self.export.sha256

    @property
    def share(self) -> int | None:
        """How far it is, of 100; None where nothing is known yet."""
        return share_read(self.export)

    @property
    def pace(self) -> str:
        return pace(self.export)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    """POST asks for one of all there is, in TRL's format."""
    user = person(request)
    member = membership(user, slug, roles=STAFF)
    if request.method == "POST":
        export = request_export(
            by=user,
            project=member.project,
            kind=request.POST.get("kind", ""),
            source=request.POST.get("source", Export.Source.ALL),
            with_machine="with_machine" in request.POST,
        )
        return redirect("export", export.public_id)
    found = member.project.exports.select_related("by").defer("manifest")
    page = Paginator(found.order_by("-created_at", "-pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    held = held_among(each for each in page if each.state == Export.State.DONE)
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "page": page,
        "rows": [Row(each, each.pk in held) for each in page],
        "is_waiting": any(each.is_waiting for each in page),
        "available": available(member.project),
        "held_back": held_back(member.project),
        "recipes": recipes.kept(member.project),
        "every": recipes.EVERY,
        "weekdays": recipes.WEEKDAYS,
        "is_owner": member.role == Role.OWNER,
    }
    return render(request, "exports/list.html", context)


def from_where(export: Export) -> str:
    return SOURCES[export.source] if KINDS[export.kind].has_sources else ""


def format_title(export: Export) -> str:
    from exports.formats import FORMATS

    name = export.recipe.get("format", "trl")
    return FORMATS[name].title if name in FORMATS else name


def share_read(export: Export) -> int | None:
    if not export.is_waiting or not export.n_expected:
        return None
    return min(100, round(100 * export.n_read / export.n_expected))


def pace(export: Export) -> str:
    """Rows a second and the time left, as far as they are known."""
    if not export.is_waiting or not export.rows_per_second:
        return ""
    left = duration(export.seconds_left)
    said = f"{export.rows_per_second:,.0f} rows/s"
    return f"{said}, about {left} left" if left else said

"""A board on other people's pages: a badge of one model, a page to frame, the code for both."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from arena.boards.badge import Badge, badge_svg
from arena.boards.computed import BoardRow
from arena.pages.board_page import BoardPage, page_for
from arena.pages.boards import plot_of
from projects.errors import NotFound

KEPT_SECONDS = 300
FRAMED = 20
FRAME_HEIGHT = 640


@require_GET
def leaderboard_badge(request: HttpRequest, slug: str, model: str) -> HttpResponseBase:
    """A model's rating as a picture, for whoever may see the board."""
    page = page_for(request, slug, view="leaderboard-badge")
    row = next((row for row in page.board.rows if row.model == model), None)
    if row is None:
        raise NotFound("No such model is on this board.")
    response = HttpResponse(badge_svg(badge_of(page, row)), content_type="image/svg+xml")
    if page.is_embeddable:
        # Anybody sees this board: any site may show the picture, and caches on the way keep it.
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    response["ETag"] = etag = f'"badge-{row.model_id}-{page.etag}"'
    return get_conditional_response(request, etag=etag, response=response) or response


@require_GET
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # is declared for bare views
def leaderboard_frame(request: HttpRequest, slug: str) -> HttpResponse:
    """The board by itself, the one page that other sites may frame. Only what strangers may see
    is shown in it, whoever is signed in."""
    page = embeddable_page(request, slug, view="leaderboard-frame")
    context = {
        "project": page.project,
        "page": page,
        "rows": page.board.rows[:FRAMED],
        "n_left": max(len(page.board.rows) - FRAMED, 0),
        "plot": plot_of(page.board, most=FRAMED),
        "narrow_plot": plot_of(page.board, most=FRAMED, is_narrow=True),
        "board_url": page.url("leaderboard-of") + page.asked.plain_query(),
    }
    return render(request, "arena/boards/frame.html", context)


@require_GET
def leaderboard_embedding(request: HttpRequest, slug: str) -> HttpResponse:
    """What to copy into a page or a README."""
    page = embeddable_page(request, slug, view="leaderboard-embedding")
    context = {
        "project": page.project,
        "page": page,
        "frame": _frame_code(request, page),
        "frame_url": page.url("leaderboard-frame") + page.asked.plain_query(),
        "frame_height": FRAME_HEIGHT,
        "badges": [_badge_code(request, page, row) for row in page.board.rows],
        "filters": page.filters(),
    }
    return render(request, "arena/boards/embedding.html", context)


def embeddable_page(request: HttpRequest, slug: str, *, view: str) -> BoardPage:
    page = page_for(request, slug, view=view)
    if not page.is_embeddable:
        raise NotFound("Only a board that is open to everybody can stand in other pages.")
    return page


def badge_of(page: BoardPage, row: BoardRow) -> Badge:
    value = f"{row.rating:.0f} ± {row.half_width:.0f} · rank {row.ranks}"
    return Badge(f"{page.project.name} · {row.model}", value, row.is_provisional)


def _frame_code(request: HttpRequest, page: BoardPage) -> str:
    url = request.build_absolute_uri(page.url("leaderboard-frame") + page.asked.plain_query())
    return (
        f'<iframe src="{url}" width="100%" height="{FRAME_HEIGHT}" loading="lazy"'
        f' title="Leaderboard of {_attribute(page.project.name)}"></iframe>'
    )


def _badge_code(request: HttpRequest, page: BoardPage, row: BoardRow) -> dict[str, Any]:
    query = page.asked.plain_query()
    path = reverse("leaderboard-badge", args=[page.project.slug, row.model]) + query
    board = request.build_absolute_uri(page.url("leaderboard-of") + query)
    name = row.model.replace("[", "(").replace("]", ")")
    code = f"[![{name}]({request.build_absolute_uri(path)})]({board})"
    return {"model": row.model, "path": path, "code": code}


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")

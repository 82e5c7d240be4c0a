"""A board's standings, as a page that stays fresh and as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_GET

from arena.access import home_arena, may_see_board
from arena.boards.charts import Interval, IntervalPlot, interval_plot
from arena.boards.computed import BoardRow, ComputedBoard
from arena.boards.downloads import as_csv, as_json
from arena.pages.board_address import SORTS, Asked
from arena.pages.board_page import BoardPage, page_for, page_of
from projects.models import User

PLOTTED = 25
MOST = "\U0010ffff"
COLUMNS = (
    ("rank", "Rank", "Best and worst rank that the intervals allow"),
    ("model", "Model", ""),
    ("rating", "Rating", ""),
    ("interval", "±", "Half the width of the interval"),
    ("votes", "Votes", ""),
    ("average", "Avg. wins", "Predicted share of wins against the other models, on average"),
    ("elo", "Online Elo", "Moved by each vote in turn; depends on their order"),
    ("organisation", "Organisation", ""),
    ("licence", "Licence", ""),
)
TEXTS = frozenset({"rank", "model", "organisation", "licence"})
_KEYS: dict[str, Callable[[BoardRow], Any]] = {
    "model": lambda row: row.model.casefold(),
    "rating": lambda row: row.rating,
    "interval": lambda row: row.half_width,
    "votes": lambda row: row.n_votes,
    "average": lambda row: row.average_win_rate or 0.0,
    "elo": lambda row: row.elo or 0.0,
    "organisation": lambda row: (row.organisation or MOST).casefold(),
    "licence": lambda row: (row.licence or MOST).casefold(),
}


@dataclass(frozen=True)
class Column:
    """`order` is how the rows are sorted by it now, empty where they are not."""

    label: str
    help: str
    url: str
    order: str
    is_number: bool

    @property
    def mark(self) -> str:
        return {"ascending": "▲", "descending": "▼"}.get(self.order, "")


@require_GET
def leaderboard(request: HttpRequest) -> HttpResponseBase:
    project = home_arena()
    user = request.user if isinstance(request.user, User) else None
    if project is not None and may_see_board(project=project, user=user):
        return _standings(request, page_of(request, project, user, view="leaderboard-of"))
    return render(request, "arena/no_board.html")


@require_GET
def leaderboard_of(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _standings(request, page_for(request, slug, view="leaderboard-of"))


@require_GET
def leaderboard_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = page_for(request, slug, view="leaderboard-json")
    response = JsonResponse(as_json(project=page.project, board=page.board))
    return unless_known(request, response, page, "json")


@require_GET
def leaderboard_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = page_for(request, slug, view="leaderboard-csv")
    response = HttpResponse(as_csv(page.board), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(page)}.csv"'
    return unless_known(request, response, page, "csv")


def unless_known(
    request: HttpRequest, response: HttpResponse, page: BoardPage, kind: str
) -> HttpResponseBase:
    """The response, or 304 where the browser has this state of the board already."""
    etag = f'"{kind}-{page.etag}"'
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response) or response


def file_name(page: BoardPage) -> str:
    board = page.asked.board
    return f"{page.project.slug}-{board.slug if board else 'standings'}"


def _standings(request: HttpRequest, page: BoardPage) -> HttpResponseBase:
    """The page, or with `?part=board` the part of it that a page swaps for a newer one."""
    if request.GET.get("part") == "board":
        known = get_conditional_response(request, etag=f'"part-{page.etag}"')
        if known is not None:
            return known
        part = render(request, "arena/boards/_standings.html", standings_context(page))
        return unless_known(request, part, page, "part")
    context = standings_context(page) | {"filters": page.filters()}
    return render(request, "arena/boards/standings.html", context)


def standings_context(page: BoardPage) -> dict[str, Any]:
    return {
        "project": page.project,
        "page": page,
        "board": page.board,
        "rows": sorted_rows(page.board, page.asked),
        "columns": _columns(page),
        "plot": plot_of(page.board),
        "narrow_plot": plot_of(page.board, is_narrow=True),
        "plotted": PLOTTED,
    }


def plot_of(board: ComputedBoard, *, most: int = PLOTTED, is_narrow: bool = False) -> IntervalPlot:
    rows = [
        Interval(row.model, row.lower, row.rating, row.upper, row.is_provisional)
        for row in board.rows[:most]
    ]
    return interval_plot(rows, is_narrow=is_narrow)


def sorted_rows(board: ComputedBoard, asked: Asked) -> list[BoardRow]:
    """Rows of equal keys stay as the board has them, the highest rating first."""
    name, rows = asked.sort.removeprefix("-"), list(board.rows)
    if name == "rank":
        return rows[::-1] if asked.sort.startswith("-") else rows
    is_down = asked.sort.startswith("-")
    return sorted(rows, key=_KEYS[name], reverse=is_down)


def _columns(page: BoardPage) -> list[Column]:
    sort, url = page.asked.sort, page.url("leaderboard-of")
    now = sort.removeprefix("-")
    columns = []
    for name, label, said in COLUMNS:
        first = name if SORTS[name] == "ascending" else f"-{name}"
        other = name if first.startswith("-") else f"-{name}"
        wanted = other if sort == first else first
        target = page.asked.query(sort=None if wanted == "rank" else wanted)
        order = page.asked.order if name == now else ""
        columns.append(Column(label, said, f"{url}{target}", order, name not in TEXTS))
    return columns

"""The leaderboards."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_GET

from arena.access import board_project, home_arena, may_see_board
from arena.boards import standings
from arena.boards.charts import Interval, IntervalPlot, interval_plot
from arena.boards.downloads import as_csv, as_json
from arena.boards.standings import Board
from projects.models import Project, User

PLOTTED = 25


@require_GET
def leaderboard(request: HttpRequest) -> HttpResponseBase:
    project = home_arena()
    if project is not None and may_see_board(project=project, user=_user(request)):
        return _board_page(request, project)
    return render(request, "arena/no_board.html")


@require_GET
def leaderboard_of(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _board_page(request, board_project(slug=slug, user=_user(request)))


@require_GET
def leaderboard_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    project = board_project(slug=slug, user=_user(request))
    board = standings.current(project=project)
    response = JsonResponse(as_json(project=project, board=board))
    return _unless_known(request, response, board, "json")


@require_GET
def leaderboard_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    project = board_project(slug=slug, user=_user(request))
    board = standings.current(project=project)
    response = HttpResponse(as_csv(board), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-standings.csv"'
    return _unless_known(request, response, board, "csv")


def _board_page(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The page, or with `?part=board` the part of it that a page swaps for a newer one."""
    board = standings.current(project=project)
    context = {"project": project, "board": board, "plot": _plot(board), "plotted": PLOTTED}
    if request.GET.get("part") != "board":
        return render(request, "arena/leaderboard.html", context)
    known = get_conditional_response(request, etag=_etag(board, "part"))
    if known is not None:
        return known
    return _unless_known(request, render(request, "arena/_board.html", context), board, "part")


def _unless_known(
    request: HttpRequest, response: HttpResponse, board: Board, kind: str
) -> HttpResponseBase:
    """The response, or 304 where the browser has this state of the board already."""
    etag = _etag(board, kind)
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response) or response


def _etag(board: Board, kind: str) -> str:
    return f'"{kind}-{board.digest}"'


def _plot(board: Board) -> IntervalPlot:
    return interval_plot(
        [
            Interval(row.model, row.lower, row.rating, row.upper, row.is_provisional)
            for row in board.rows[:PLOTTED]
        ]
    )


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None

"""A board's standings as Parquet, and the votes it is computed from."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from arena.boards import dump
from arena.boards.downloads import as_parquet
from arena.pages.board_page import page_for
from arena.pages.boards import file_name, unless_known
from projects.sending import FileStream


@require_safe
def leaderboard_parquet(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = page_for(request, slug, view="leaderboard-parquet")
    content = as_parquet(project=page.project, board=page.board)
    response = HttpResponse(content, content_type="application/vnd.apache.parquet")
    response["Content-Disposition"] = f'attachment; filename="{file_name(page)}.parquet"'
    return unless_known(request, response, page, "parquet")


@require_safe
def leaderboard_votes(request: HttpRequest, slug: str) -> FileResponse:
    """The votes behind a board, without texts; of a named board by `board`."""
    page = page_for(request, slug, view="leaderboard-votes")
    board = page.asked.board
    path = dump.file_of(project=page.project, board=board)
    stem = f"{page.project.slug}-{board.slug}" if board else page.project.slug
    return FileStream(
        path.open("rb"),
        as_attachment=True,
        filename=f"{stem}-votes.jsonl.gz",
        content_type="application/gzip",
    )

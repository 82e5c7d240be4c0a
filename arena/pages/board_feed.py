"""Changes of a board as RSS."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Rss201rev2Feed
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from arena.boards.computed import BoardChange
from arena.boards.feeds import changes
from arena.pages.board_page import page_for


@require_GET
@cache_control(private=True, max_age=300)
def leaderboard_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Of a named board by `board`; other parameters change nothing."""
    page = page_for(request, slug, view="leaderboard-feed")
    named = page.asked.board
    query = f"?board={named.slug}" if named else ""
    link = request.build_absolute_uri(page.url("leaderboard-of") + query)
    feed = Rss201rev2Feed(
        title=f"{page.name} of {page.project.name}",
        link=link,
        description="Which models are new, rose, fell or lead.",
        language="en",
        feed_url=request.build_absolute_uri(),
    )
    for one in changes(project=page.project, board=named.slug if named else ""):
        feed.add_item(
            title=headline(one),
            link=link,
            description=said(one),
            pubdate=one.at,
            unique_id=f"{page.project.slug}/{query}/{one.at.isoformat()}/{one.kind}/{one.model}",
            unique_id_is_permalink=False,
        )
    response = HttpResponse(content_type="application/rss+xml; charset=utf-8")
    feed.write(response, "utf-8")
    return response


def headline(change: BoardChange) -> str:
    before, after = change.rank_before, change.rank_after
    if change.kind == "new" or before is None:
        return f"{change.model} is new, at rank {after}"
    if change.kind == "leads":
        return f"{change.model} leads"
    return f"{change.model} {change.kind} from rank {before} to {after}"


def said(change: BoardChange) -> str:
    votes = "1 vote" if change.n_votes == 1 else f"{change.n_votes:,} votes"
    if change.rating_before is None:
        return f"Rating {change.rating_after:.0f}, from {votes}."
    return f"Rating {change.rating_before:.0f} before, {change.rating_after:.0f} now, from {votes}."

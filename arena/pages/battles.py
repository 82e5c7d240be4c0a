"""The arena's pages."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from arena.access import arena_project, home_arena, is_member, is_open_to, may_see_board, own_battle
from arena.battling import battles, pairing, votes
from arena.models import Battle, Turn
from arena.pages.forms import Draft
from arena.visitors import known_visitor, visitor_of
from projects.errors import Conflict, InvalidInput, NotFound, TooMany, Unavailable
from projects.models import Project, User

REFUSALS = (Conflict, InvalidInput, TooMany, Unavailable)


@require_GET
def arena(request: HttpRequest) -> HttpResponse:
    project = home_arena()
    if project is not None and is_open_to(project=project, user=_user(request)):
        return _arena_page(request, project)
    return render(request, "arena/closed.html", {"project": project})


@require_GET
def arena_of(request: HttpRequest, slug: str) -> HttpResponse:
    return _arena_page(request, arena_project(slug=slug, user=_user(request)))


@require_POST
def battle_start(request: HttpRequest, slug: str) -> HttpResponse:
    project = arena_project(slug=slug, user=_user(request))
    message = request.POST.get("message", "")
    try:
        battle = battles.start(project=project, visitor=visitor_of(request), message=message)
    except REFUSALS as error:
        return _arena_page(request, project, Draft.refused(message, error), status=error.status)
    return redirect("battle", public_id=battle.public_id)


@never_cache
@require_GET
def battle(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = own_battle(visitor=known_visitor(request), public_id=public_id)
    return _battle_page(request, found)


@require_POST
def battle_turn(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    message = request.POST.get("message", "")
    try:
        battles.add_turn(battle=found, visitor=visitor, message=message)
    except REFUSALS as error:
        return _battle_page(request, found, Draft.refused(message, error), status=error.status)
    return redirect("battle", public_id=public_id)


@require_POST
def battle_vote(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    votes.cast(battle=found, visitor=visitor, verdict=request.POST.get("verdict", ""))
    return redirect("battle", public_id=public_id)


@never_cache
@require_GET
def battle_turn_html(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    """One turn, its replies rendered: what a page puts in place of the streamed text."""
    found = own_battle(visitor=known_visitor(request), public_id=public_id)
    turn = found.turns.filter(number=number).first()
    if turn is None:
        raise NotFound("There is no such turn.")
    battles.settle_turn(generation_id=turn.generation_a_id or 0)
    turn.refresh_from_db()
    return render(request, "arena/_turn.html", {"battle": found, "turn": turn, "is_last": True})


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _arena_page(
    request: HttpRequest, project: Project, draft: Draft | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "project": project,
        "draft": draft or Draft(),
        "n_contenders": len(
            pairing.contenders(
                project=project, is_member=is_member(project=project, user=_user(request))
            )
        ),
        "longest_message": battles.LONGEST_MESSAGE,
    }
    return render(request, "arena/arena.html", context, status=status)


def _battle_page(
    request: HttpRequest, found: Battle, draft: Draft | None = None, *, status: int = 200
) -> HttpResponse:
    turns = list(found.turns.order_by("number"))
    if turns[-1].state == Turn.State.STREAMING:
        battles.settle_turn(generation_id=turns[-1].generation_a_id or 0)
        turns[-1].refresh_from_db()
    context = _battle_context(found, turns) | {
        "draft": draft or Draft(),
        "sees_board": may_see_board(project=found.project, user=_user(request)),
    }
    return render(request, "arena/battle.html", context, status=status)


def _battle_context(found: Battle, turns: list[Turn]) -> dict[str, Any]:
    n_complete = sum(turn.state == Turn.State.COMPLETE for turn in turns)
    is_streaming = turns[-1].state == Turn.State.STREAMING
    context: dict[str, Any] = {
        "battle": found,
        "project": found.project,
        "turns": turns,
        "last_number": turns[-1].number,
        "is_streaming": is_streaming,
        "is_void": turns[-1].state == Turn.State.VOID,
        "is_judgeable": n_complete > 0 or is_streaming,
        "may_go_on": n_complete < battles.MOST_TURNS,
        "longest_message": battles.LONGEST_MESSAGE,
        "vote": None,
    }
    if found.is_voted:
        # Only here do names of models reach a battle's page: the vote is committed.
        a, b = found.model_a, found.model_b
        context |= {
            "vote": found.vote,
            "revealed": (("a", a), ("b", b)),
            "are_variants": bool(a.weights) and a.weights == b.weights,
        }
    return context

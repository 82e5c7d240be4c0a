"""A conversation's page, and what its visitor does there."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from arena.access import may_see_board, own_battle
from arena.battling import battles, notes, sharing, tokens, votes
from arena.battling.influence import influence_of
from arena.battling.paths import path
from arena.battling.reports import known_reasons
from arena.models import Battle, Turn, Vote, VoteNote
from arena.pages.entry import REFUSALS, start_context
from arena.pages.forms import Draft
from arena.visitors import Visitor, known_visitor
from projects.errors import InvalidInput, NotFound

DEGREES = {1: "Slightly", 2: "Clearly", 3: "Much"}


@never_cache
@require_GET
def battle(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = own_battle(visitor=known_visitor(request), public_id=public_id)
    return _battle_page(request, found)


@require_POST
def battle_turn(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _send(
        request,
        public_id,
        lambda found, visitor: battles.add_turn(
            battle=found, visitor=visitor, message=request.POST.get("message", "")
        ),
    )


@require_POST
def battle_again(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    """Ask anew at this turn: with the same message, or with the one that was sent along."""
    return _send(
        request,
        public_id,
        lambda found, visitor: battles.send_again(
            battle=found, visitor=visitor, number=number, message=request.POST.get("message")
        ),
        number=number,
    )


@require_POST
def battle_stop(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    battles.stop(battle=found, visitor=visitor, number=number)
    return redirect(f"{reverse('battle', args=[public_id])}#turn-{number}")


@require_POST
def battle_vote(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    tokens.require(request.POST.get(tokens.FIELD, ""), battle=found, visitor=visitor)
    votes.cast(battle=found, visitor=visitor, verdict=request.POST.get("verdict", ""))
    return redirect(f"{reverse('battle', args=[public_id])}#verdict")


@require_POST
def battle_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    notes.add_note(
        battle=found,
        visitor=visitor,
        degree=_whole_number(request.POST.get("degree", "")),
        reasons=request.POST.getlist("reasons"),
    )
    messages.success(request, "Noted with your vote.")
    return redirect(f"{reverse('battle', args=[public_id])}#verdict")


@never_cache
@require_GET
def battle_turn_html(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    """One turn, its replies rendered: what a page puts in place of the streamed text."""
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    turn = found.turns.filter(number=number).first()
    if turn is None:
        raise NotFound("There is no such turn.")
    battles.settle_told(battle=found)
    turn.refresh_from_db()
    context = _common(found, visitor) | {"turn": turn, "is_last": True}
    return render(request, "arena/_turn.html", context)


def labels_of(found: Battle, *, are_told: bool) -> dict[str, str]:
    """What the two sides are called: by name where that was chosen or is told by now."""
    if found.is_anonymous and not are_told:
        return {"a": "Model A", "b": "Model B"}
    return {"a": found.model_a.name, "b": found.model_b.name if found.model_b else ""}


def _send(
    request: HttpRequest,
    public_id: UUID,
    act: Callable[[Battle, Visitor], Turn],
    *,
    number: int = 0,
) -> HttpResponse:
    """Send a message in an existing conversation, or show again what was refused."""
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    try:
        tokens.require(request.POST.get(tokens.FIELD, ""), battle=found, visitor=visitor)
        turn = act(found, visitor)
    except REFUSALS as error:
        draft = Draft.refused(request.POST.dict(), error, number=number)
        return _battle_page(request, found, draft, status=error.status)
    return redirect(f"{reverse('battle', args=[public_id])}#turn-{turn.number}")


def _battle_page(
    request: HttpRequest, found: Battle, draft: Draft | None = None, *, status: int = 200
) -> HttpResponse:
    visitor = known_visitor(request)
    # Whoever looks settles what is told, should nobody have listened to its end.
    battles.settle_told(battle=found)
    turns = list(found.turns.order_by("number"))
    context = (
        start_context(found.project, visitor, found.mode, draft)
        | _common(found, visitor)
        | _standing(turns)
        | {"sees_board": may_see_board(project=found.project, user=visitor.user)}
    )
    if found.is_voted:
        context |= _reveal(found, found.vote)
    if found.is_voted or not found.is_anonymous:
        context |= {"open_share": sharing.open_share(found)}
    return render(request, "arena/battle.html", context, status=status)


def _common(found: Battle, visitor: Visitor) -> dict[str, Any]:
    is_voted = found.is_voted
    return {
        "battle": found,
        "token": tokens.token_for(found, visitor),
        "labels": labels_of(found, are_told=is_voted),
        "may_try_again": not is_voted,
        "report_reasons": known_reasons(),
        "vote": None,
    }


def _standing(turns: Sequence[Turn]) -> dict[str, Any]:
    """Where the conversation stands."""
    shown = path(turns)
    n_complete = sum(turn.state == Turn.State.COMPLETE for turn in shown)
    is_streaming = shown[-1].state == Turn.State.STREAMING
    return {
        "turns": shown,
        "last_number": shown[-1].number,
        "is_streaming": is_streaming,
        "is_void": shown[-1].state == Turn.State.VOID,
        "is_judgeable": n_complete > 0 or is_streaming,
        "is_whole": n_complete > 0 and not is_streaming,
        "may_go_on": n_complete < battles.MOST_TURNS,
    }


def _reveal(found: Battle, vote: Vote) -> dict[str, Any]:
    """Only here do names of a battle's models reach its page: the vote is committed."""
    a, b = found.model_a, found.model_b
    note = notes.note_on(vote)
    return {
        "vote": vote,
        "revealed": [("a", a), ("b", b)],
        "are_variants": bool(b and a.weights and a.weights == b.weights),
        "influence": influence_of(vote),
        "note": note,
        "degrees": [
            (str(degree), DEGREES[abs(degree)], note is not None and note.degree == degree)
            for degree in sorted(notes.DEGREES[vote.verdict], key=abs)
            if degree
        ],
        "reasons": [
            (each.value, each.label, note is not None and each.value in note.reasons)
            for each in VoteNote.Reason
        ],
    }


def _whole_number(text: str) -> int | None:
    if not text:
        return None
    if len(text) > 2 or not text.isascii() or not text.removeprefix("-").isdecimal():
        raise InvalidInput.field("degree", "must be a whole number from -3 to 3")
    return int(text)

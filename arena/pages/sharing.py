"""Links to finished conversations."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.access import own_battle
from arena.battling import sharing
from arena.pages.battles import labels_of
from arena.pages.entry import signed_in
from arena.visitors import known_visitor


@require_POST
def battle_share(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    sharing.share(battle=found, visitor=visitor)
    return redirect("battle", public_id=public_id)


@require_POST
def battle_share_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    visitor = known_visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    sharing.withdraw(battle=found, visitor=visitor)
    messages.success(request, "The link shows nothing any more.")
    return redirect("battle", public_id=public_id)


@never_cache
@require_safe
def shared(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = sharing.shared(public_id=public_id, user=signed_in(request))
    battle = found.battle
    context = {
        "project": battle.project,
        "battle": battle,
        "turns": found.turns,
        "shared_at": found.share.created_at,
        "labels": labels_of(battle, are_told=battle.is_voted),
        "vote": battle.vote if battle.is_voted else None,
    }
    response = render(request, "arena/shared.html", context)
    # Whoever has the link may read it; nobody should come upon it.
    response["X-Robots-Tag"] = "noindex"
    return response

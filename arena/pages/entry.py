"""The way in: an arena's first page, and where conversations begin."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from arena.access import arena_project, home_arena, is_member, is_open_to
from arena.battling import battles, challenge, consent
from arena.models import Battle
from arena.pages.forms import Draft
from arena.rules import rules_of
from arena.visitors import Visitor, known_visitor, visitor_of
from projects.errors import Conflict, InvalidInput, NotPermitted, TooMany, Unavailable
from projects.models import Project, User

REFUSALS = (Conflict, InvalidInput, NotPermitted, TooMany, Unavailable)
TITLES = {
    Battle.Mode.BATTLE: (
        "Two models, one question",
        "Ask anything. Two language models answer side by side without their names; you say which "
        "did better, and only then see who they were.",
    ),
    Battle.Mode.SIDE_BY_SIDE: (
        "Two models of your choice",
        "Ask two models by name and compare what they say. A verdict on names you know is kept, "
        "and does not count on the leaderboard.",
    ),
    Battle.Mode.DIRECT: (
        "One model of your choice",
        "A conversation with one model, by name. Nothing is voted on.",
    ),
}


@require_GET
def arena(request: HttpRequest) -> HttpResponse:
    project = home_arena()
    if project is not None and is_open_to(project=project, user=signed_in(request)):
        return _arena_page(request, project, request.GET.get("mode", ""))
    return render(request, "arena/closed.html", {"project": project})


@require_GET
def arena_of(request: HttpRequest, slug: str) -> HttpResponse:
    project = arena_project(slug=slug, user=signed_in(request))
    return _arena_page(request, project, request.GET.get("mode", ""))


@require_POST
def battle_start(request: HttpRequest, slug: str) -> HttpResponse:
    project = arena_project(slug=slug, user=signed_in(request))
    mode = request.POST.get("mode", Battle.Mode.BATTLE)
    try:
        battle = _begin(request, project, mode)
    except REFUSALS as error:
        draft = Draft.refused(request.POST.dict(), error)
        return _arena_page(request, project, mode, draft, status=error.status)
    return redirect("battle", public_id=battle.public_id)


def signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def start_context(
    project: Project, visitor: Visitor, mode: str, draft: Draft | None = None
) -> dict[str, Any]:
    """What the form that begins a conversation shows, on the first page and after a verdict."""
    rules, terms = rules_of(project), consent.terms_of(project)
    return {
        "project": project,
        "mode": mode,
        "draft": draft or Draft(),
        "longest_message": battles.LONGEST_MESSAGE,
        "terms": terms,
        "has_agreed": consent.has_agreed(project=project, visitor=visitor, terms=terms),
        "must_sign_in": rules.requires_sign_in and visitor.user is None,
        "is_challenged": challenge.is_asked(rules=rules, visitor=visitor),
    }


def _begin(request: HttpRequest, project: Project, mode: str) -> Battle:
    visitor = visitor_of(request)
    consent.require_entry(
        project=project, visitor=visitor, agreed=request.POST.get(consent.FIELD, "")
    )
    challenge.require(
        rules=rules_of(project), visitor=visitor, proof=request.POST.get(challenge.FIELD, "")
    )
    names = [request.POST[field] for field in ("model_a", "model_b") if field in request.POST]
    return battles.start(
        project=project,
        visitor=visitor,
        message=request.POST.get("message", ""),
        mode=mode,
        models=names,
    )


def _arena_page(
    request: HttpRequest,
    project: Project,
    mode: str,
    draft: Draft | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    visitor = known_visitor(request)
    offered = battles.modes_of(project)
    shown = Battle.Mode(mode) if mode in offered else Battle.Mode.BATTLE
    models = battles.choosable(project=project, visitor=visitor)
    title, lead = TITLES[shown]
    context = start_context(project, visitor, shown, draft) | {
        "title": title,
        "lead": lead,
        "modes": [(each.value, each.label) for each in offered],
        "models": models,
        "n_contenders": len(models),
        "n_needed": 1 if shown == Battle.Mode.DIRECT else 2,
        "is_member": is_member(project=project, user=visitor.user),
    }
    return render(request, "arena/arena.html", context, status=status)

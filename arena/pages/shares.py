"""How models are drawn, told to everybody who may see the board."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from arena import contenders
from arena.access import board_project
from arena.battling import pairing
from arena.models import Battle
from arena.rules import rules_of
from projects.models import Project, User

LOOKED_BACK = timedelta(days=7)


@require_GET
def arena_shares(request: HttpRequest, slug: str) -> HttpResponse:
    """Every model's share of the battles, every exclusion, and the register."""
    project = _project(request, slug)
    context = {
        "project": project,
        "rules": rules_of(project),
        "rows": [
            row | {"percent": 100 * row["share"], "percent_lately": 100 * row["share_lately"]}
            for row in share_rows(project)
        ],
        "register": contenders.register_of(project),
        "days": LOOKED_BACK.days,
    }
    return render(request, "arena/shares.html", context)


@require_GET
def arena_shares_json(request: HttpRequest, slug: str) -> JsonResponse:
    project = _project(request, slug)
    rules = rules_of(project)
    return JsonResponse(
        {
            "project": project.slug,
            "even_percent": rules.even_percent,
            "newcomer_votes": rules.newcomer_votes,
            "newcomer_boost": rules.newcomer_boost,
            "models": share_rows(project),
            "register": [
                {
                    "model": line.model.name,
                    "what": line.what,
                    "weight": line.weight,
                    "why": line.why,
                    "at": line.created_at.isoformat(),
                }
                for line in contenders.register_of(project)
            ],
        }
    )


def share_rows(project: Project) -> list[dict[str, Any]]:
    """A row a model: the share of battles it is in, as it is drawn now and as it was lately."""
    now = pairing.shares(project=project, is_member=False)
    lately = _shares_lately(project)
    return [
        {
            "model": each.model.name,
            "weight": each.weight,
            "share": now.get(each.model.pk, 0.0),
            "share_lately": lately.get(each.model.pk, 0.0),
            "exclusion": each.exclusion,
        }
        for each in contenders.entrants(project=project)
    ]


def _shares_lately(project: Project) -> dict[int, float]:
    battles = Battle.objects.filter(
        project=project,
        mode=Battle.Mode.BATTLE,
        source=Battle.Source.ARENA,
        created_at__gte=timezone.now() - LOOKED_BACK,
    )
    counts = _by_model(battles, "model_a_id")
    for pk, n in _by_model(battles, "model_b_id").items():
        counts[pk] = counts.get(pk, 0) + n
    total = sum(counts.values()) / 2
    return {pk: n / total for pk, n in counts.items()}


def _by_model(battles: QuerySet[Battle], side: str) -> dict[int, int]:
    return dict(battles.values_list(side).annotate(n=Count("pk")).order_by())


def _project(request: HttpRequest, slug: str) -> Project:
    user = request.user if isinstance(request.user, User) else None
    return board_project(slug=slug, user=user)

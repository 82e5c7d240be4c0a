"""The page where owners set how their arena works and who takes part in it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from arena import contenders, tags
from arena.models import ArenaRules, PromptTag
from arena.rules import DECIMALS, NAMES, RANGES, SWITCHES, change_rules, rules_of
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field
from workers.models import LanguageModel

TYPED = (*RANGES, *DECIMALS, "challenge", "terms", "anchor", "leak_words")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arena_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Every rule in one form; all broken ones are named at once."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member)
    values: dict[str, Any] = {name: request.POST[name] for name in TYPED if name in request.POST}
    # A box that is not ticked is not sent, so a form of boxes alone tells nothing.
    values |= {name: name in request.POST for name in SWITCHES} if values else {}
    try:
        if not values:
            raise InvalidInput.field("challenge", "is missing, and every other rule too")
        change_rules(by=member.user, project=member.project, **values)
    except InvalidInput as error:
        return _page(request, member, values=values, refused=error)
    messages.success(request, "The rules are saved. They hold from now on.")
    return redirect("arena-rules", slug)


@login_required
@require_POST
def contender(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """How one model takes part."""
    member = membership(person(request), slug, roles=OWNERS)
    try:
        changed = contenders.change(
            by=member.user,
            project=member.project,
            model_id=pk,
            why=request.POST.get("why", ""),
            weight=request.POST.get("weight", ""),
            is_paused="is_paused" in request.POST,
            is_members_only="is_members_only" in request.POST,
        )
    except InvalidInput as error:
        return _page(request, member, changing=pk, refused_change=error)
    messages.success(
        request, f"{changed.model.name} takes part as you said. It is in the register."
    )
    return redirect(reverse("arena-rules", args=[slug]) + "#contenders")


@login_required
@require_POST
def tag_add(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    values = {name: request.POST.get(name, "") for name in ("name", "words")}
    try:
        added = tags.add_tag(by=member.user, project=member.project, **values)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, adding=values, refused_add=error)
    messages.success(request, f"Battles are sorted into “{added.name}” from now on.")
    return redirect(reverse("arena-rules", args=[slug]) + "#tags")


@login_required
@require_POST
def tag(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Retire a tag, or bring it back."""
    member = membership(person(request), slug, roles=OWNERS)
    is_back = request.POST.get("action") == "bring_back"
    tags.retire_tag(by=member.user, project=member.project, tag_id=pk, back=is_back)
    return redirect(reverse("arena-rules", args=[slug]) + "#tags")


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    values: dict[str, Any] | None = None,
    refused: TouchstoneError | None = None,
    changing: int = 0,
    refused_change: TouchstoneError | None = None,
    adding: dict[str, str] | None = None,
    refused_add: TouchstoneError | None = None,
) -> HttpResponse:
    project, rules = member.project, rules_of(member.project)
    kept = {name: getattr(rules, name) for name in NAMES if name != "anchor"}
    kept |= {"anchor": rules.anchor_id or "", "leak_words": "\n".join(rules.leak_words)}
    shown = kept | (values or {})
    rows = [
        (each, errors_by_field(refused_change) if each.model.pk == changing else {})
        for each in contenders.entrants(project=project)
    ]
    context = {
        "project": project,
        "member": member,
        "values": shown | {"anchor": str(shown["anchor"])},
        "errors": errors_by_field(refused),
        "challenges": ArenaRules.Challenge.choices,
        "anchors": _anchors(),
        "entrants": rows,
        "weights": (contenders.LEAST_WEIGHT, contenders.MOST_WEIGHT),
        "tags": tags.tags_of(project),
        "retired": PromptTag.objects.filter(project=project).exclude(retired_at=None),
        "adding": adding or {},
        "adding_errors": errors_by_field(refused_add, default="name"),
    }
    status = next((e.status for e in (refused, refused_change, refused_add) if e), 200)
    return render(request, "arena/rules.html", context, status=status)


def _anchors() -> list[tuple[str, str]]:
    models = LanguageModel.objects.order_by("name").values_list("pk", "name")
    return [("", "None: the board's mean is 1000"), *((str(pk), name) for pk, name in models)]

"""A new export: its form, what it comes to, how its rows look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exports import recipe
from exports.models import SavedRecipe
from exports.pages import form, options
from exports.pages.access import export_for
from exports.pages.first_rows import spread
from exports.pages.offered import offered
from exports.recipe import Recipe
from exports.rounds.keeping import MOST_ROUNDS, spans_of
from exports.selecting.estimating import Estimate, estimate, preview
from exports.selecting.saved import change_recipe, rename_recipe, save_recipe
from exports.selecting.saved import recipe_for as saved_recipe
from exports.selecting.selection import selected
from exports.snapshots.making import recipe_for
from exports.snapshots.requests import request_export
from projects.access import STAFF, membership, person
from projects.checks import number_from
from projects.errors import InvalidInput, NotFound, TouchstoneError
from projects.models import Membership

ACTIONS = ("count", "export", "save", "change")
PREVIEWED = 3
USUAL_KIND = "preferences"
BIGGEST_RECIPE = 999_999_999


@dataclass
class Shown:
    """What the page says to what was sent."""

    told: Mapping[str, Any]
    estimate: Estimate | None = None
    rows: Sequence[str] = ()
    refused: TouchstoneError | None = None
    wrong: dict[str, str] = field(default_factory=dict)
    saved: SavedRecipe | None = None
    left_out: str = ""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing is counted before somebody asks, so that the page comes at once."""
    member = membership(person(request), slug, roles=STAFF)
    saved = _saved(request, member)
    if request.method != "POST":
        begun = dict(saved.data) if saved else _begun(request, member)
        shown = Shown(form.fitted(begun), saved=saved, left_out=form.left_out(begun))
        return _page(request, member, shown)
    told = form.given(request.POST)
    action = request.POST.get("action", "")
    try:
        if action == "count":
            return _page(request, member, _counted(member, form.fitted(told), saved))
        if action not in ACTIONS:
            raise InvalidInput.field("action", f"must be one of: {', '.join(ACTIONS)}")
        asked = form.checked(told)
        if action == "export":
            made = request_export(by=member.user, project=member.project, recipe=asked)
            return redirect("export", made.public_id)
        messages.success(request, _keep(request, member, asked, saved))
    except TouchstoneError as error:
        return _page(request, member, _refused(form.fitted(told), error, saved))
    return redirect("exports", slug)


def _saved(request: HttpRequest, member: Membership) -> SavedRecipe | None:
    """The recipe that the page was opened with."""
    asked = request.GET.get("recipe", "")
    if not asked:
        return None
    pk = number_from(asked, 0, BIGGEST_RECIPE, field="recipe")
    found = saved_recipe(member.user, pk)
    if found.project_id != member.project.pk:
        raise NotFound("There is no such recipe.")
    return found


def _keep(
    request: HttpRequest, member: Membership, asked: Recipe, saved: SavedRecipe | None
) -> str:
    """Under a new name, or in place of what the recipe was; says so."""
    name, data = request.POST.get("name", ""), asked.as_dict()
    if request.POST["action"] == "save" or saved is None:
        save_recipe(by=member.user, project=member.project, name=name, data=data)
        return f"Kept as {name.strip()}."
    with transaction.atomic():
        if name.strip() != saved.name:
            saved = rename_recipe(by=member.user, saved=saved, name=name)
        change_recipe(by=member.user, saved=saved, data=data)
    return f"{saved.name} is changed; what was exported by it stays as it was."


def _begun(request: HttpRequest, member: Membership) -> dict[str, Any]:
    """What the form begins with: the recipe of an export, or a kind alone."""
    if "like" in request.GET:
        try:
            like = export_for(member.user, UUID(request.GET["like"]))
        except ValueError:
            raise NotFound("There is no such export.") from None
        return recipe.everything(recipe_for(like))
    kind = request.GET.get("kind", "")
    told: dict[str, Any] = {"kind": kind if kind in recipe.KINDS else USUAL_KIND}
    if "round" in request.GET:
        number = number_from(request.GET["round"], 0, MOST_ROUNDS, field="round")
        told["selection"] = {"rounds": [number]}
    return told


def _counted(member: Membership, told: dict[str, Any], saved: SavedRecipe | None) -> Shown:
    asked = form.checked(told)
    found = selected(member.project, asked)
    return Shown(
        told,
        estimate=estimate(member.project, asked, found),
        rows=[spread(row) for row in preview(member.project, asked, PREVIEWED, found)],
        saved=saved,
    )


def _refused(told: Mapping[str, Any], error: TouchstoneError, saved: SavedRecipe | None) -> Shown:
    problems = error.problems if isinstance(error, InvalidInput) else ()
    wrong = {problem.field.replace(".", "_"): problem.rule for problem in problems}
    return Shown(told, refused=error, wrong=wrong, saved=saved)


def _page(request: HttpRequest, member: Membership, shown: Shown) -> HttpResponse:
    told = form.shown(dict(shown.told))
    kind = str(told["kind"])
    known = form.known_of(kind, told["source"])
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "form": told,
        "recipe": shown.saved,
        "name": request.POST.get("name", shown.saved.name if shown.saved else ""),
        "wrong": shown.wrong,
        "refused": shown.refused,
        "estimate": shown.estimate,
        "rows": shown.rows,
        "kinds": options.kinds(kind),
        "choices": options.choices(kind, told["format"]),
        "formats": options.formats(kind, told["format"]),
        "file_types": options.file_types(told["format"], told["file_type"]),
        "known": known,
        "left_out": shown.left_out,
        "filters": options.filters(
            offered(member.project, kind), spans_of(member.project), told["selection"], known
        ),
        "opened": form.opened(told, [name.replace("_", ".", 1) for name in shown.wrong]),
        "benchmarks": options.benchmarks(member.project, told["hygiene"]["decontaminate"]),
    }
    status = shown.refused.status if shown.refused else 200
    return render(request, "exports/new.html", context, status=status)

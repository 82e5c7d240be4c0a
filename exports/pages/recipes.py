"""Saved recipes: exported from, by hand or by a schedule, and removed."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from exports.formats import FORMATS
from exports.models import Export, SavedRecipe, Schedule
from exports.pages.words import KINDS, file_type
from exports.scheduling import remove_schedule, set_schedule
from exports.selecting.saved import delete_recipe, read_saved, recipe_for, recipes_of
from exports.snapshots.requests import request_export
from projects.access import STAFF, membership, person
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User

ACTIONS = ("export", "remove", "schedule", "unschedule")
WEEKDAYS = [(str(value), label) for value, label in Schedule.Weekday.choices]
USUAL_HOUR = 3
EVERY = list(Schedule.Every.choices)


@dataclass(frozen=True)
class Kept:
    """A saved recipe as the list shows it."""

    saved: SavedRecipe

    @property
    def title(self) -> str:
        return KINDS[self.saved.data["kind"]].title

    @property
    def format(self) -> str:
        name = self.saved.data.get("format", "trl")
        return FORMATS[name].title if name in FORMATS else name

    @property
    def file_type(self) -> str:
        return file_type(self.saved.data.get("file_type", "jsonl"))

    @property
    def schedule(self) -> Schedule | None:
        return getattr(self.saved, "schedule", None)

    @property
    def when(self) -> str:
        """When it exports by itself, in words."""
        found = self.schedule
        if found is None:
            return "no"
        if not found.is_on:
            return "stopped"
        hour = f"at {found.hour:02}:00 UTC"
        if found.every == Schedule.Every.WEEK:
            return f"every {found.get_weekday_display()} {hour}"
        return f"{found.get_every_display().lower()} {hour}"

    @property
    def weekday(self) -> str:
        return str(self.schedule.weekday) if self.schedule else WEEKDAYS[0][0]

    @property
    def hour(self) -> int:
        return self.schedule.hour if self.schedule else USUAL_HOUR

    @property
    def last(self) -> Export | None:
        return self.schedule.last_export if self.schedule else None


def kept(project: Project) -> list[Kept]:
    rows = recipes_of(project).select_related("by", "schedule__last_export")
    return [Kept(saved) for saved in rows]


@login_required
@require_POST
def export_recipe(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    saved = recipe_for(member.user, pk)
    if saved.project_id != member.project.pk:
        raise NotFound("There is no such recipe.")
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        raise InvalidInput.field("action", f"must be one of: {', '.join(ACTIONS)}")
    if action == "export":
        made = request_export(
            by=member.user, project=saved.project, recipe=read_saved(saved), recipe_of=saved
        )
        return redirect("export", made.public_id)
    try:
        messages.success(request, _steered(member.user, saved, action, request))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("exports", slug)


def _steered(by: User, saved: SavedRecipe, action: str, request: HttpRequest) -> str:
    if action == "remove":
        delete_recipe(by=by, saved=saved)
        return f"The recipe {saved.name} is gone; what was exported by it stays."
    if action == "unschedule":
        remove_schedule(by=by, saved=saved)
        return f"{saved.name} is exported by hand from now on."
    schedule = set_schedule(
        by=by,
        saved=saved,
        every=request.POST.get("every", ""),
        weekday=request.POST.get("weekday", "0"),
        hour=request.POST.get("hour", "3"),
    )
    return f"{saved.name} is exported next on {schedule.next_at:%-d %B %Y at %H:%M} UTC."

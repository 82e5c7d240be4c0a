"""What differs between two exports of a project."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exports.models import Export
from exports.pages.first_rows import spread
from exports.pages.words import KINDS
from exports.poisoning.deciding import held_among, refuse_held
from exports.snapshots.diff import CHANGES, Difference, difference
from exports.snapshots.folders import folder_of
from projects.access import STAFF, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TooLarge
from projects.models import Project

MOST_ROWS = 400_000
"""Of both together; more takes longer than a page should, and the command line has no limit."""
KEPT_SECONDS = 24 * 3600
OFFERED = 200
WORDS = {
    "added": ("Came", "Rows that were not there before"),
    "removed": ("Went", "Rows that are there no more"),
    "label": ("Judged otherwise", "The same prompt and answers with another judgement"),
    "text": ("Say something else", "The same judgement with other texts"),
    "moved": ("Changed their split", "Rows that are in another split"),
}


@dataclass(frozen=True)
class Example:
    id: str
    split: str
    corrects: str
    before: str
    after: str
    label_before: str
    label_after: str


@dataclass(frozen=True)
class Change:
    """One way in which rows differ, with how many do and the first of them."""

    name: str
    title: str
    what: str
    number: int
    examples: list[Example]


@login_required
@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    project = member.project
    before, after = (_chosen(project, request, name) for name in ("before", "after"))
    context: dict[str, Any] = {
        "project": project,
        "member": member,
        "is_demo": project.is_demo,
        "before": before,
        "after": after,
        "offered": [(each, KINDS[each.kind].title) for each in _comparable(project)],
    }
    pair = [each for each in (before, after) if each]
    held = held_among(each for each in pair if each.is_done)
    context["held"] = [(each, KINDS[each.kind].title) for each in pair if each.pk in held]
    if before and after and not held:
        found = difference_of(before, after)
        context |= {"found": found, "changes": changes(found)}
    return render(request, "exports/compare.html", context)


def difference_of(before: Export, after: Export) -> Difference:
    """Snapshots never change, so neither does what differs between two."""
    for export in (before, after):
        if not export.is_done or "recipe" not in export.manifest:
            raise Conflict("Only finished exports, made by a recipe, can be compared.")
        if not folder_of(export).exists():
            raise Conflict("The files of one of them are no longer on the server's disk.")
    refuse_held(before, after)
    if (before.n_rows or 0) + (after.n_rows or 0) > MOST_ROWS:
        raise TooLarge(
            f"Together they have more than {MOST_ROWS:,} rows; "
            "manage.py diff_exports compares them on the server."
        )
    name = f"exports-difference-{before.public_id}-{after.public_id}"
    found: Difference | None = cache.get(name)
    if found is None:
        found = difference(folder_of(before), folder_of(after))
        cache.set(name, found, KEPT_SECONDS)
    return found


def changes(found: Difference) -> list[Change]:
    return [
        Change(
            name,
            *WORDS[name],
            found.counts[name],
            [
                Example(
                    sample.id,
                    sample.split,
                    sample.corrects,
                    *(
                        spread(each) if each else ""
                        for each in (
                            sample.before,
                            sample.after,
                            sample.label_before,
                            sample.label_after,
                        )
                    ),
                )
                for sample in found.samples[name]
            ],
        )
        for name in CHANGES
    ]


def _comparable(project: Project) -> list[Export]:
    done = project.exports.filter(state=Export.State.DONE).exclude(recipe={})
    return list(done.defer("manifest").order_by("-created_at", "-pk")[:OFFERED])


def _chosen(project: Project, request: HttpRequest, name: str) -> Export | None:
    asked = request.GET.get(name, "")
    if not asked:
        return None
    try:
        public_id = UUID(asked)
    except ValueError:
        raise InvalidInput.field(name, "must be the id of an export") from None
    found = project.exports.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such export in this project.")
    return found

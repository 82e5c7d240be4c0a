"""`{% areas_of member here as areas %}`: the pages of a project, by what people come for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django import template
from django.urls import reverse

from projects.models import Membership, Role

register = template.Library()


@dataclass(frozen=True)
class Place:
    """A page with the name under which templates call themselves `here`, and its route."""

    here: str
    route: str
    title: str
    is_for_owners: bool = False


@dataclass(frozen=True)
class Link:
    here: str
    title: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Area(Link):
    pages: tuple[Link, ...]
    """Those a second row shows; none where the area is one page."""


AREAS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Overview", (Place("project", "project", "Overview"),)),
    ("Guideline", (Place("guideline", "guideline", "Guideline"),)),
    (
        "Work",
        (
            Place("prompts", "prompts", "Prompts"),
            Place("reviews", "review-list", "Review"),
            Place("flags", "flags", "Set aside"),
            Place("answer-reports", "answer-reports", "Reported"),
        ),
    ),
    (
        "Quality",
        (
            Place("quality", "quality", "Dashboard"),
            Place("labelers", "labelers", "Labelers"),
            Place("gold", "gold", "Gold", is_for_owners=True),
        ),
    ),
    (
        "Models",
        (
            Place("judges", "judges", "Judges", is_for_owners=True),
            Place("autonomy", "autonomy", "Autonomy", is_for_owners=True),
            Place("self-check", "self-check", "Self-check", is_for_owners=True),
        ),
    ),
    (
        "Exports",
        (
            Place("exports", "exports", "Datasets"),
            Place("rounds", "rounds", "Rounds"),
        ),
    ),
    (
        "Settings",
        (
            Place("settings", "project-settings", "General", is_for_owners=True),
            Place("rules", "work-rules", "Rules of work", is_for_owners=True),
            Place("arena-rules", "arena-rules", "Arena", is_for_owners=True),
            Place("members", "members", "Members"),
        ),
    ),
)


@register.simple_tag
def areas_of(member: Membership, here: str) -> list[Area]:
    """The areas this member may enter, the present one with its pages."""
    return list(_areas(member, here))


def _areas(member: Membership, here: str) -> Iterator[Area]:
    for title, places in AREAS:
        pages = tuple(_links(member, here, places))
        if not pages:
            continue
        first, is_here = pages[0], any(page.is_here for page in pages)
        name = title if len(pages) > 1 else first.title
        shown = pages if is_here and len(pages) > 1 else ()
        yield Area(first.here, name, first.url, is_here, shown)


def _links(member: Membership, here: str, places: Iterable[Place]) -> Iterator[Link]:
    for place in places:
        if member.role == Role.OWNER or not place.is_for_owners:
            url = reverse(place.route, args=[member.project.slug])
            yield Link(place.here, place.title, url, place.here == here)

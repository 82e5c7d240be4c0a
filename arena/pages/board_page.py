"""What stands round every page about a board: its name, the way to the others, the filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from arena.access import board_project, is_open_to
from arena.boards import naming, standings, tables
from arena.boards.categories import LANGUAGE_PREFIX, TOPICS
from arena.boards.computed import Category, ComputedBoard
from arena.boards.language import LANGUAGES
from arena.boards.naming import TAG_PREFIX
from arena.boards.notes import firmness, notes_on, shortfalls_of, warnings_about
from arena.models import PromptTag
from arena.pages import board_address
from arena.pages.board_address import FEWEST_VOTES, Asked
from projects.models import ArenaAccess, Membership, Project, Role, User

VIEWS = (
    ("leaderboard-of", "Standings"),
    ("leaderboard-rates", "Win rates"),
    ("leaderboard-categories", "Categories"),
    ("leaderboard-history", "Over time"),
    ("leaderboard-value", "Price and size"),
    ("leaderboard-method", "Method"),
)
DOWNLOADS = (
    ("leaderboard-json", "JSON"),
    ("leaderboard-csv", "CSV"),
    ("leaderboard-parquet", "Parquet"),
)
FEATURES = {
    "length": "Length",
    "headers": "Headings",
    "bold": "Bold passages",
    "lists": "Items of lists",
}
MAIN = "Leaderboard"
LEAD = "which models people prefer when they do not see the names."


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    is_here: bool = False


@dataclass(frozen=True)
class Select:
    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Box:
    name: str
    label: str
    help: str
    is_on: bool


@dataclass(frozen=True)
class Filters:
    """`hidden` go with the form unseen; `without` is the address with nothing filtered."""

    action: str
    without: str
    is_set: bool
    hidden: Sequence[tuple[str, str]]
    selects: Sequence[Select]
    boxes: Sequence[Box]


@dataclass(frozen=True)
class BoardPage:
    """One page about one board for one reader. `view` is the route's name."""

    project: Project
    asked: Asked
    view: str
    member: Membership | None = None
    user: User | None = None

    @cached_property
    def board(self) -> ComputedBoard:
        return standings.current(project=self.project, selection=self.asked.selection)

    @property
    def name(self) -> str:
        return self.asked.board.name if self.asked.board else MAIN

    @property
    def title(self) -> str:
        view = dict(VIEWS).get(self.view, "")
        return self.name if view in ("", "Standings") else f"{view} · {self.name}"

    @property
    def lead(self) -> str:
        if self.asked.board and self.asked.board.description:
            return self.asked.board.description
        return f"{self.project.name}: {LEAD}"

    @property
    def may_manage(self) -> bool:
        return self.member is not None and self.member.role == Role.OWNER

    @property
    def is_embeddable(self) -> bool:
        """Whether other sites may frame it: what a stranger may see anyway."""
        is_public = self.asked.board is None or self.asked.board.is_public
        return is_public and self.project.arena_access == ArenaAccess.PUBLIC

    @property
    def arena_url(self) -> str:
        if not is_open_to(project=self.project, user=self.user):
            return ""
        return reverse("arena-of", args=[self.project.slug])

    @cached_property
    def boards(self) -> list[Link]:
        here = self.asked.board.slug if self.asked.board else ""
        url = self.url(self.view if self.view != "leaderboard-embedding" else "leaderboard-of")
        named = naming.boards_of(self.project, public_only=self.member is None)
        return [Link("All votes", url, not here)] + [
            Link(one.name, f"{url}?board={one.slug}", one.slug == here) for one in named
        ]

    @property
    def views(self) -> list[Link]:
        query = self.asked.plain_query()
        return [Link(label, self.url(view) + query, view == self.view) for view, label in VIEWS]

    @property
    def downloads(self) -> list[Link]:
        """Files of this very board; and the votes behind it, unless they are doubted just now."""
        query = self.asked.plain_query()
        files = [Link(label, self.url(view) + query) for view, label in DOWNLOADS]
        votes = Link("Votes, without texts", self.votes_url)
        return files if self.board.frozen_at else [*files, votes]

    @property
    def votes_url(self) -> str:
        return self.url("leaderboard-votes") + self.board_query

    @property
    def method_url(self) -> str:
        return self.url("leaderboard-method") + self.asked.plain_query()

    @property
    def shares_url(self) -> str:
        return self.url("arena-shares")

    @property
    def embed_url(self) -> str:
        if not self.is_embeddable:
            return ""
        return self.url("leaderboard-embedding") + self.asked.plain_query()

    @property
    def feed_url(self) -> str:
        return self.url("leaderboard-feed") + self.board_query

    @property
    def board_query(self) -> str:
        return f"?board={self.asked.board.slug}" if self.asked.board else ""

    @property
    def part_url(self) -> str:
        return self.url("leaderboard-of") + self.asked.query(part="board")

    @property
    def etag(self) -> str:
        board = self.board
        if board.frozen_at:
            return f"{board.digest[:32]}-{board.frozen_at.timestamp():.0f}"
        return f"{board.digest}-{board.removal.n_votes}" if board.removal else board.digest

    @property
    def n_votes(self) -> int:
        return self.board.n_votes

    @property
    def n_models(self) -> int:
        return len(self.board.rows)

    @property
    def cut_off_at(self) -> datetime | None:
        return self.board.cut_off_at if self.board.rows else None

    @property
    def is_narrowed(self) -> bool:
        return self.asked.is_narrowed

    @property
    def warnings(self) -> list[str]:
        return warnings_about(self.board)

    @property
    def notes(self) -> list[str]:
        return notes_on(self.board)

    @property
    def shortfalls(self) -> list[tuple[str, str]]:
        return shortfalls_of(self.board)

    @property
    def effects(self) -> list[tuple[str, str, str]]:
        """What style does: of what, by how many points, and their interval."""
        return [
            (
                FEATURES.get(one.feature, one.feature),
                points(one.points),
                f"{points(one.lower)} to {points(one.upper)}",
            )
            for one in self.board.style
        ]

    @property
    def firmness(self) -> str:
        """How firm the first place is; empty where that is not known."""
        return firmness(self.board.removal) if self.board.removal else ""

    def url(self, view: str) -> str:
        return reverse(view, args=[self.project.slug])

    def filters(
        self, *, with_categories: bool = True, extra: Sequence[tuple[str, str]] = ()
    ) -> Filters:
        """A named board has its settings; of it only models with few votes can be left out."""
        here, selects = self.asked.given, []
        if self.asked.board is None:
            if with_categories:
                selects.append(self._categories())
            selects.append(self._languages())
        fewest = [("", "Any number")] + [(str(n), f"{n:,} or more") for n in FEWEST_VOTES[1:]]
        selects.append(Select("votes", "Votes of a model", here.get("votes", ""), fewest))
        kept = ("board", "sort") if with_categories else ("board", "sort", "category")
        hidden = [(name, here[name]) for name in kept if name in here]
        hidden += extra
        boxes = [] if self.asked.board else self._boxes()
        without = f"?board={here['board']}" if "board" in here else ""
        url = self.url(self.view)
        return Filters(url, without, self.is_narrowed, hidden, selects, boxes)

    def _boxes(self) -> list[Box]:
        given = self.asked.given
        return [
            Box("style", "Style control", "Takes out the effect of length and formatting",
                "style" in given),
            Box("open", "Open models only", "Only models whose weights are published",
                "open" in given),
            Box("every", "Count every vote", "Doubted votes count as one too", "every" in given),
        ]  # fmt: skip

    def _categories(self) -> Select:
        known = tables.categories(project=self.project)
        found = [one for one in known if one.code and not one.code.startswith(LANGUAGE_PREFIX)]
        chosen = self.asked.selection.category
        choices = [("", "All"), *(_choice(one) for one in found)]
        if chosen and chosen not in dict(choices):
            choices.append((chosen, title_of(chosen, self.project)))
        return Select("category", "Category", chosen, choices)

    def _languages(self) -> Select:
        chosen = self.asked.selection.language
        choices = [("", "All"), *map(_choice, tables.languages(project=self.project))]
        if chosen and chosen not in dict(choices):
            choices.append((chosen, LANGUAGES[chosen]))
        return Select("language", "Language", chosen, choices)


def page_for(request: HttpRequest, slug: str, *, view: str) -> BoardPage:
    """The page that this request asks for. Raises NotFound where it is not open to them."""
    user = request.user if isinstance(request.user, User) else None
    project = board_project(slug=slug, user=user)
    return page_of(request, project, user, view=view)


def page_of(request: HttpRequest, project: Project, user: User | None, *, view: str) -> BoardPage:
    members = Membership.objects.filter(project=project, user=user)
    member = members.first() if user else None
    asked = board_address.read(request.GET, project=project, is_member=member is not None)
    return BoardPage(project, asked, view, member, user)


def points(number: float) -> str:
    """A gain or loss in whole points, its sign before it."""
    whole = round(number)
    return f"+{whole}" if whole > 0 else f"−{-whole}" if whole < 0 else "0"


def title_of(category: str, project: Project) -> str:
    if category in TOPICS:
        return TOPICS[category][0]
    tags = PromptTag.objects.filter(project=project, slug=category.removeprefix(TAG_PREFIX))
    return tags.values_list("name", flat=True).first() or category


def _choice(one: Category) -> tuple[str, str]:
    return one.code, f"{one.title} ({one.n_votes:,})"

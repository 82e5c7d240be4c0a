"""Which board an address asks for, and the addresses of others like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from arena.boards import naming
from arena.boards.categories import CATEGORIES
from arena.boards.computed import Selection
from arena.boards.language import LANGUAGES
from arena.boards.naming import TAG_PREFIX
from arena.models import Board, PromptTag
from projects.checks import one_of, short
from projects.errors import InvalidInput, NotFound
from projects.models import Project

FEWEST_VOTES = (0, 10, 50, 100, 300, 1_000, 3_000, 10_000)
SWITCHES = ("style", "open", "every")
SORTS = {
    "rank": "ascending", "model": "ascending", "rating": "descending", "interval": "ascending",
    "votes": "descending", "average": "descending", "elo": "descending",
    "organisation": "ascending", "licence": "ascending",
}  # fmt: skip
"""What a table can be sorted by, and which way first."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for. `given` are its parameters as they should be written again."""

    selection: Selection = field(default_factory=Selection)
    board: Board | None = None
    sort: str = "rank"
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> str:
        return "descending" if self.sort.startswith("-") else "ascending"

    @property
    def is_narrowed(self) -> bool:
        return any(name not in ("board", "sort") for name in self.given)

    def query(self, **changes: str | None) -> str:
        """The question mark and all after it, with changes; None takes a parameter away."""
        wanted = {k: v for k, v in {**self.given, **changes}.items() if v is not None}
        return f"?{urlencode(wanted)}" if wanted else ""

    def plain_query(self) -> str:
        """As `query`, of what makes the board; sorting is for the eye only."""
        return self.query(sort=None)


def read(parameters: Mapping[str, str], *, project: Project, is_member: bool) -> Asked:
    """Raises InvalidInput naming a parameter that holds something unknown, and NotFound for a
    named board that is not there for this reader. A named board takes no filter but votes."""
    given: dict[str, str] = {}
    board = _board(parameters.get("board", ""), project, is_member=is_member)
    votes = _votes(parameters.get("votes", ""))
    sort = parameters.get("sort", "") or "rank"
    one_of(sort.removeprefix("-"), list(SORTS), field="sort")
    if board is not None:
        given["board"] = board.slug
        selection = Selection.of(board)
    else:
        selection = _selection(parameters, project, given)
    if votes:
        given["votes"] = str(votes)
    if sort != "rank":
        given["sort"] = sort
    return Asked(replace(selection, min_votes=votes), board, sort, given)


def _selection(parameters: Mapping[str, str], project: Project, given: dict[str, str]) -> Selection:
    category, language = parameters.get("category", ""), parameters.get("language", "")
    if category and not _is_category(category, project):
        raise InvalidInput.field(
            "category", f"must be a category of this arena, not {short(category)}"
        )
    if language:
        one_of(language, list(LANGUAGES), field="language")
    switches = {name: parameters.get(name, "") for name in SWITCHES}
    for name, value in switches.items():
        one_of(value, ("", "0", "1"), field=name)
    texts = {"category": category, "language": language}
    given |= {name: value for name, value in (texts | switches).items() if value not in ("", "0")}
    return Selection(
        category=category,
        language=language,
        is_style_controlled=switches["style"] == "1",
        is_open_only=switches["open"] == "1",
        is_filtered=switches["every"] != "1",
    )


def _is_category(code: str, project: Project) -> bool:
    if code in CATEGORIES:
        return True
    slug = code.removeprefix(TAG_PREFIX)
    if slug == code or not slug.isascii() or "\0" in slug:
        return False
    return PromptTag.objects.filter(project=project, slug=slug).exists()


def _board(slug: str, project: Project, *, is_member: bool) -> Board | None:
    if not slug:
        return None
    found = naming.boards_of(project, public_only=not is_member)
    board = next((one for one in found if one.slug == slug), None)
    if board is None:
        raise NotFound("There is no such board, or it is not open to you.")
    return board


def _votes(text: str) -> int:
    choices = [str(number) for number in FEWEST_VOTES]
    return int(one_of(text or "0", choices, field="votes"))

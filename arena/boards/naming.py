"""Named boards: what owners make of an arena's votes besides the board of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from arena.boards.categories import CATEGORIES
from arena.models import Board, PromptTag
from projects import audit
from projects.checks import check_all, one_of, short, yes_or_no
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_name

MOST_BOARDS = 30
TAG_PREFIX = "tag:"
SWITCHES = ("is_style_controlled", "is_open_only", "is_filtered", "is_public")
CHOICES = {"source": Board.Source, "ties": Board.Ties, "intervals": Board.Intervals}
NAMES = ("name", "description", "category", *CHOICES, *SWITCHES)
DIRECTIONS = ("up", "down")


def boards_of(project: Project, *, public_only: bool = False) -> list[Board]:
    """In the order their owner gave them."""
    boards = Board.objects.filter(project=project)
    if public_only:
        boards = boards.filter(is_public=True)
    return list(boards.order_by("position", "pk"))


def categories_for(project: Project) -> dict[str, str]:
    """What a board may be narrowed to: code → title, the owner's tags after the rules."""
    tags = PromptTag.objects.filter(project=project, retired_at=None).order_by("name", "pk")
    return {code: title for code, (title, _) in CATEGORIES.items()} | {
        TAG_PREFIX + tag.slug: tag.name for tag in tags
    }


def add_board(*, by: User, project: Project, slug: str = "", **values: Any) -> Board:
    """Make a board. Its address is made of its name where none is given, and never changes."""
    clean = _checked({"name": "", **values}, project)
    clean_slug = _slug(slug, clean["name"])
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        boards = Board.objects.filter(project=project)
        if boards.count() >= MOST_BOARDS:
            raise Conflict(f"A project has at most {MOST_BOARDS} named boards.")
        last = boards.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        try:
            with transaction.atomic():
                board = Board.objects.create(
                    project=project, slug=clean_slug, position=position, **clean
                )
        except IntegrityError as error:
            raise Conflict(f"There is a board at “{clean_slug}” already.") from error
        audit.record(verb="board.added", by=by, project=project, subject=board, slug=clean_slug)
    return board


def change_board(*, by: User, project: Project, board_id: int, **changes: Any) -> Board:
    """Change what a board shows. Whoever has its address sees the change, so it is recorded."""
    clean = _checked(changes, project, known=_of(project, board_id).category)
    with transaction.atomic():
        board = _of(project, board_id, locked=True)
        changed = {name: value for name, value in clean.items() if getattr(board, name) != value}
        for name, value in changed.items():
            setattr(board, name, value)
        if changed:
            board.save(update_fields=list(changed))
            audit.record(verb="board.changed", by=by, project=project, subject=board, **changed)
    return board


def move_board(*, by: User, project: Project, board_id: int, direction: str) -> None:
    one_of(direction, DIRECTIONS, field="action")
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        boards = boards_of(project)
        place = next((i for i, one in enumerate(boards) if one.pk == board_id), None)
        if place is None:
            raise NotFound("There is no such board.")
        other = place + (1 if direction == "down" else -1)
        if 0 <= other < len(boards):
            boards[place], boards[other] = boards[other], boards[place]
        for position, one in enumerate(boards):
            one.position = position
        Board.objects.bulk_update(boards, ["position"])
        audit.record(
            verb="board.moved", by=by, project=project, subject=f"board:{board_id}", to=direction
        )


def remove_board(*, by: User, project: Project, board_id: int) -> Board:
    """Take a board away. Votes, and the runs kept of it, stay."""
    with transaction.atomic():
        board = _of(project, board_id, locked=True)
        audit.record(verb="board.removed", by=by, project=project, subject=board, slug=board.slug)
        Board.objects.filter(pk=board_id).delete()
    return board


def _of(project: Project, board_id: int, *, locked: bool = False) -> Board:
    boards = Board.objects.select_for_update() if locked else Board.objects.all()
    # A number beyond a bigint is nobody's key, and PostgreSQL would refuse the question.
    found = boards.filter(project=project, pk=board_id).first() if board_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such board.")
    return found


def _checked(values: Mapping[str, Any], project: Project, *, known: str = "") -> dict[str, Any]:
    """`known` is a category that the board has already; its tag may be retired by now."""
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        raise InvalidInput.field(short(unknown[0]), "is no setting of a board")

    def category(value: Any) -> str:
        if value not in ("", known) and value not in list(categories_for(project)):
            raise InvalidInput.field("category", "must be a category of this arena")
        return str(value)

    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean_name(value, field="name", limit=80),
        "description": lambda value: clean_name(
            value, field="description", limit=300, required=False
        ),
        "category": category,
        **{name: _choice(name) for name in CHOICES},
        **{name: _switch(name) for name in SWITCHES},
    }
    return check_all({name: partial(checks[name], value) for name, value in values.items()})


def _choice(name: str) -> Callable[[Any], str]:
    return lambda value: one_of(value, CHOICES[name].values, field=name)


def _switch(name: str) -> Callable[[Any], bool]:
    return lambda value: yes_or_no(value, field=name)


def _slug(value: Any, name: str) -> str:
    slug = clean_name(value, field="slug", limit=50, required=False) or slugify(name)[:50]
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        raise InvalidInput.field("slug", "must be small letters, digits and dashes")
    return slug

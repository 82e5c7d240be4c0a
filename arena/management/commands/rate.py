"""`manage.py rate --from FILE`: the board of a dump of votes, computed again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.boards import again
from arena.boards.computed import ComputedBoard
from arena.models import Board
from projects.errors import TouchstoneError


class Command(BaseCommand):
    help = (
        "Compute a board from a dump of votes as an arena publishes it, and compare the digest "
        "with that of the dump. Needs no database. Options ask for another board of the same votes."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="path", type=Path, required=True, metavar="FILE")
        parser.add_argument("--category", help="a category's code; empty for all votes")
        parser.add_argument("--language", help="a language's code")
        parser.add_argument(
            "--style", dest="is_style_controlled", action="store_true", default=None
        )
        parser.add_argument("--open", dest="is_open_only", action="store_true", default=None)
        parser.add_argument("--unfiltered", dest="is_filtered", action="store_false", default=None)
        parser.add_argument("--min-votes", type=int)
        parser.add_argument("--ties", choices=Board.Ties.values)
        parser.add_argument("--intervals", choices=Board.Intervals.values)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = (
            "category", "language", "is_style_controlled", "is_open_only", "is_filtered",
            "min_votes", "ties", "intervals",
        )  # fmt: skip
        try:
            dump = again.opened(options["path"])
            selection = again.changed(dump.selection, **{name: options[name] for name in asked})
            board = again.board_from(dump, selection)
        except TouchstoneError as error:
            raise CommandError(str(error)) from error
        for line in _table(board):
            self.stdout.write(line)
        self._say_digest(board, str(dump.head["digest"]), is_same=selection == dump.selection)

    def _say_digest(self, board: ComputedBoard, published: str, *, is_same: bool) -> None:
        self.stdout.write(f"\n{board.n_votes:,} votes\ndigest {board.digest}")
        if not is_same:
            self.stdout.write("Another board than the one the dump was written for.")
        elif board.digest == published:
            self.stdout.write("This is the digest that was published.")
        else:
            raise CommandError(f"The published digest is another: {published}")


def _table(board: ComputedBoard) -> list[str]:
    width = max((len(row.model) for row in board.rows), default=5)
    head = f"{'rank':>7}  {'model':<{width}}  {'rating':>8}  {'from':>8}  {'to':>8}  {'votes':>9}"
    return [head] + [
        f"{row.ranks:>7}  {row.model:<{width}}  {row.rating:>8.2f}  {row.lower:>8.2f}  "
        f"{row.upper:>8.2f}  {row.n_votes:>9,}"
        for row in board.rows
    ]

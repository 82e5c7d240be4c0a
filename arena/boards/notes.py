"""What has to be said beside a board's numbers, in words."""

from __future__ import annotations

from arena.boards.computed import ComputedBoard, Removal
from arena.models import Board
from arena.rating.shortfalls import Shortfall

INTERVALS = {
    Board.Intervals.SANDWICH: "a 95 % interval by the sandwich estimate, each model's own",
    Board.Intervals.BOOTSTRAP: "a 95 % interval by drawing the votes anew many times",
    Board.Intervals.ANYTIME: (
        "an interval that holds at all times together with 95 %, however often one looks"
    ),
}
TIES = {
    Board.Ties.HALF: "A tie is half a win for each, and so is “both are bad”.",
    Board.Ties.DAVIDSON: "A tie has a chance of its own, by Davidson's model.",
    Board.Ties.RAO_KUPPER: "A tie has a chance of its own, by Rao and Kupper's model.",
}

MOST_NAMES = 8


def warnings_about(board: ComputedBoard) -> list[str]:
    """What nobody may overlook."""
    said = []
    if board.frozen_at is not None:
        shows = " and shows the last state that was found good" if board.rows else ""
        why = f" {board.frozen_why}" if board.frozen_why else ""
        said.append(
            f"This board has stood still since {board.frozen_at:%-d %B %Y, %H:%M} UTC{shows}.{why}"
        )
    if not board.converged:
        said.append("The computation did not come to its end; take these numbers as rough.")
    return said


def notes_on(board: ComputedBoard) -> list[str]:
    """How to read it, and what is special about it."""
    selection = board.selection
    ties, intervals = method_of(board)
    said = [
        f"Ratings are Bradley–Terry strengths, on a scale where 400 points are odds of ten to one;"
        f" {scale_of(board)}. {TIES[ties]}",
        f"The ± is half {INTERVALS[intervals]}. A rank from 2 to 5"
        " says that the intervals allow any of these places.",
    ]
    if not selection.is_filtered:
        said.append("Every vote counts as one here, doubted ones too.")
    if board.has_provisional:
        said.append(f"Models with fewer than {board.provisional_below} votes are provisional.")
    return said + list(board.notes)


def shortfalls_of(board: ComputedBoard) -> list[tuple[str, str]]:
    """What the votes of this board cannot say: about which models, and the sentence."""
    return [(_names(one), one.sentence) for one in board.shortfalls]


def method_of(board: ComputedBoard) -> tuple[Board.Ties, Board.Intervals]:
    """By which of the methods it is computed; style control has but one model of ties."""
    ties, intervals = Board.Ties(board.selection.ties), Board.Intervals(board.selection.intervals)
    if not board.selection.is_style_controlled:
        return ties, intervals
    is_anytime = intervals == Board.Intervals.ANYTIME
    return Board.Ties.HALF, intervals if is_anytime else Board.Intervals.SANDWICH


def scale_of(board: ComputedBoard) -> str:
    if board.anchor:
        return f"{board.anchor} stands at {board.anchor_rating:.0f}"
    return "the models' mean is 1000"


def firmness(found: Removal) -> str:
    """How many votes the first place hangs on."""
    if not found.n_votes:
        return f"{found.leader} and {found.successor} share the first place."
    votes = "1 vote" if found.n_votes == 1 else f"{found.n_votes:,} votes"
    percent = f"{100 * found.share:.2g}" if found.share < 0.1 else f"{100 * found.share:.0f}"
    return (
        f"{votes}, {percent} % of all, would change the first place: without them, were they"
        f" picked for it, {found.successor} would stand before {found.leader}. No smaller number"
        " was found."
    )


def _names(one: Shortfall) -> str:
    more = len(one.models) - MOST_NAMES
    return ", ".join(one.models[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

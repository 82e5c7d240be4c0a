"""The history of boards: a run is kept whenever a board has changed."""

from django.db import transaction

from arena.boards.computed import BoardRow, ComputedBoard, Selection
from arena.boards.standings import (
    current,
    in_words,
    look_for_removal,
    was_looked_for_removal,
)
from arena.models import Board, RatingRun, Standing
from arena.rules import rules_of
from projects.models import Project


def record(*, project: Project, board: Board | None = None) -> RatingRun | None:
    """Keep a board in the history of its runs, unless this state of it is kept already.

    While publication is frozen nothing is kept: what is shown then is the last run before.
    """
    if rules_of(project).frozen_at is not None:
        return None
    selection = Selection() if board is None else Selection.of(board)
    computed = current(project=project, selection=selection, live=True)
    if not computed.rows:
        return None
    with transaction.atomic():
        run, is_new = RatingRun.objects.get_or_create(
            project=project,
            board=selection.slug,
            tallies_digest=computed.digest,
            defaults=_of_run(computed),
        )
        if not is_new:
            return None
        Standing.objects.bulk_create(_standing(run, row) for row in computed.rows)
    return run


def record_all() -> int:
    """Record every board with votes; how many had changed."""
    voted = Project.objects.filter(tallies__isnull=False).distinct().order_by("pk")
    boards: list[tuple[Project, Board | None]] = [(project, None) for project in voted]
    named = Board.objects.select_related("project").order_by("project", "pk")
    boards += [(board.project, board) for board in named]
    n_changed = 0
    for project, board in boards:
        selection = Selection() if board is None else Selection.of(board)
        is_changed = record(project=project, board=board) is not None
        n_changed += is_changed
        if is_changed or not was_looked_for_removal(project=project, selection=selection):
            look_for_removal(project=project, selection=selection)
    return n_changed


def _of_run(computed: ComputedBoard) -> dict[str, object]:
    return {
        "n_votes": computed.n_votes,
        "method": in_words(computed),
        "computed_at": computed.cut_off_at,
    }


def _standing(run: RatingRun, row: BoardRow) -> Standing:
    return Standing(
        run=run,
        model_id=row.model_id,
        upper_rank=row.upper_rank,
        lower_rank=row.lower_rank,
        rating=row.rating,
        lower=row.lower,
        upper=row.upper,
        n_votes=row.n_votes,
    )

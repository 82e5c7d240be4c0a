"""What is shown while publication is frozen: the last run before that, and nothing newer."""

from arena.boards.computed import BoardRow, ComputedBoard, Selection
from arena.models import ArenaRules, Board, RatingRun, Standing
from projects.models import Project

ONLY_WHOLE = "While the boards stand still, only the main board and the named ones are shown."
NO_RUN = "There was no board yet when publication was stopped."


def last_good(*, project: Project, selection: Selection, rules: ArenaRules) -> ComputedBoard:
    """The selected board as it was recorded last before the freeze."""
    run = _run(project, selection, rules)
    if run is None:
        is_whole = _is_whole(project, selection)
        return ComputedBoard(
            digest="",
            state=f"frozen-{rules.frozen_at}",
            selection=selection,
            notes=(NO_RUN if is_whole else ONLY_WHOLE,),
            frozen_at=rules.frozen_at,
            frozen_why=rules.frozen_why,
        )
    rows = run.standings.select_related("model").order_by("-rating", "pk")
    return ComputedBoard(
        digest=run.tallies_digest,
        state=f"frozen-{run.pk}",
        selection=selection,
        rows=tuple(_row(row, rules) for row in rows),
        n_votes=run.n_votes,
        weight=float(run.n_votes),
        n_components=1,
        provisional_below=rules.provisional_below,
        listed_from=rules.listed_from,
        frozen_at=rules.frozen_at,
        frozen_why=rules.frozen_why,
        cut_off_at=run.computed_at,
    )


def _run(project: Project, selection: Selection, rules: ArenaRules) -> RatingRun | None:
    if not _is_whole(project, selection):
        return None
    if not selection.slug and rules.frozen_run is not None:
        return rules.frozen_run
    runs = RatingRun.objects.filter(project=project, board=selection.slug)
    if rules.frozen_at is not None:
        runs = runs.filter(computed_at__lte=rules.frozen_at)
    return runs.order_by("-computed_at", "-pk").first()


def _is_whole(project: Project, selection: Selection) -> bool:
    if not selection.slug:
        return selection == Selection()
    board = Board.objects.filter(project=project, slug=selection.slug).first()
    return board is not None and selection == Selection.of(board)


def _row(standing: Standing, rules: ArenaRules) -> BoardRow:
    model = standing.model
    return BoardRow(
        model_id=model.pk,
        model=model.name,
        organisation=model.organisation,
        licence=model.licence,
        is_open=model.is_open,
        same_weights_as=(),
        price=None if model.price is None else float(model.price),
        size=None if model.size is None else float(model.size),
        upper_rank=standing.upper_rank,
        lower_rank=standing.lower_rank,
        sure_upper_rank=None,
        sure_lower_rank=None,
        rating=standing.rating,
        lower=standing.lower,
        upper=standing.upper,
        n_votes=standing.n_votes,
        weight=None,
        wins=None,
        losses=None,
        ties=None,
        both_bad=None,
        average_win_rate=None,
        elo=None,
        component=0,
        is_provisional=standing.n_votes < rules.provisional_below,
    )

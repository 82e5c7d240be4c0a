"""The board of a project, computed from its tallies."""

from collections.abc import Iterable

import numpy as np
from django.core.cache import cache
from django.db import connection, transaction

from arena.boards.computed import BoardRow, ComputedBoard, Selection
from arena.models import Board as NamedBoard
from arena.models import OnlineElo, RatingRun, Standing, Tally
from arena.rating import elo
from arena.rating.bradley_terry import Fit, fit
from arena.rating.ranks import rank_bounds
from arena.rating.tallies import tally
from projects.models import Project
from workers.models import LanguageModel

PROVISIONAL_BELOW = 50
KEPT_SECONDS = 300
METHOD = {
    "model": "Bradley–Terry, maximum likelihood by Newton's method",
    "ties": "a tie, and both bad, is half a win for each",
    "interval": "95 %, sandwich estimate, each model's own",
    "scale": 400,
    "base": 10,
    "centre": 1000,
    "online_elo": {"k": elo.K, "start": elo.START},
}

# The name that pages knew the dataclass by.
Board = ComputedBoard

_DIGEST = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
        concat_ws(',', left_id, right_id, left_wins, right_wins, ties, both_bad), ';'
        ORDER BY left_id, right_id
    ), ''), 'UTF8')), 'hex') FROM arena_tally WHERE project_id = %s
"""


def current(
    *,
    project: Project,
    board: NamedBoard | None = None,
    category: str = "",
    filtered: bool = True,
    selection: Selection | None = None,
    live: bool = False,
) -> ComputedBoard:
    """The board as of the last committed vote. Costs little where no vote came since.

    Which one: `selection`, or else that of the named `board`, or else the main board by
    `category` and `filtered`. While publication is frozen the last good run is returned, but
    with `live`, for the owner's eyes, what would be shown.
    """
    digest = tallies_digest(project=project)
    key = f"arena:board:{project.pk}:{digest}"
    computed = cache.get(key)
    if isinstance(computed, ComputedBoard):
        return computed
    computed = _compute(project, digest)
    cache.set(key, computed, timeout=KEPT_SECONDS)
    return computed


def tallies_digest(*, project: Project) -> str:
    """Stands for the state of the tallies; counts only grow, so it never comes back."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [project.pk])
        return str(cursor.fetchone()[0])


def record(*, project: Project) -> RatingRun | None:
    """Keep the board in the history of its runs, unless this state of it is kept already."""
    board = current(project=project)
    if not board.rows:
        return None
    with transaction.atomic():
        run, is_new = RatingRun.objects.get_or_create(
            project=project,
            tallies_digest=board.digest,
            defaults={"n_votes": board.n_votes, "method": METHOD, "computed_at": board.cut_off_at},
        )
        if not is_new:
            return None
        Standing.objects.bulk_create(_standing(run, row) for row in board.rows)
    return run


def record_all() -> int:
    """Record every board with votes; how many had changed."""
    voted = Project.objects.filter(tallies__isnull=False).distinct().order_by("pk")
    return sum(record(project=project) is not None for project in voted)


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


def _compute(project: Project, digest: str) -> ComputedBoard:
    counted = list(Tally.objects.filter(project=project).order_by("left_id", "right_id"))
    if not counted:
        return ComputedBoard(digest)
    pks = {pk for row in counted for pk in (row.left_id, row.right_id)}
    models = LanguageModel.objects.in_bulk(pks)
    fitted = fit(
        tally(
            (
                models[row.left_id].name,
                models[row.right_id].name,
                row.left_wins,
                row.right_wins,
                row.ties + row.both_bad,
            )
            for row in counted
        )
    )
    elos = dict(OnlineElo.objects.filter(project=project).values_list("model__name", "rating"))
    return ComputedBoard(
        digest=digest,
        rows=_rows(fitted, {model.name: model for model in models.values()}, elos),
        n_votes=int(fitted.n_battles.sum()) // 2,
        n_components=int(fitted.component.max()) + 1,
        is_regularised=fitted.is_regularised,
    )


def _rows(
    fitted: Fit, models: dict[str, LanguageModel], elos: dict[str, float]
) -> tuple[BoardRow, ...]:
    best, worst = rank_bounds(fitted.lower, fitted.upper)
    order = np.lexsort((np.arange(len(fitted.models)), -fitted.ratings))
    rows = []
    for i in order.tolist():
        model = models[fitted.models[i]]
        rows.append(
            BoardRow(
                model_id=model.pk,
                model=model.name,
                organisation=model.organisation,
                licence=model.licence,
                is_open=model.is_open,
                same_weights_as=_variants(model, models.values()),
                price=None if model.price is None else float(model.price),
                size=None if model.size is None else float(model.size),
                upper_rank=int(best[i]),
                lower_rank=int(worst[i]),
                sure_upper_rank=None,
                sure_lower_rank=None,
                rating=float(fitted.ratings[i]),
                lower=float(fitted.lower[i]),
                upper=float(fitted.upper[i]),
                n_votes=int(fitted.n_battles[i]),
                weight=float(fitted.n_battles[i]),
                wins=int(fitted.wins[i]),
                losses=int(fitted.losses[i]),
                ties=int(fitted.ties[i]),
                both_bad=None,
                average_win_rate=None,
                elo=elos.get(model.name),
                component=int(fitted.component[i]),
                is_provisional=int(fitted.n_battles[i]) < PROVISIONAL_BELOW,
            )
        )
    return tuple(rows)


def _variants(model: LanguageModel, among: Iterable[LanguageModel]) -> tuple[str, ...]:
    """Other contenders that are the same weights under other settings."""
    if not model.weights:
        return ()
    return tuple(sorted(m.name for m in among if m.weights == model.weights and m.pk != model.pk))

"""The rows of a board: who is listed, at which ranks, and what is told of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arena.boards.computed import BoardRow, ComputedBoard, Selection, StyleEffect, Unlisted
from arena.boards.fitting import Rated, style_interval, sure_ranks
from arena.boards.material import Material
from arena.models import Board
from arena.rating.ranks import rank_bounds
from arena.rating.shortfalls import shortfalls
from arena.rating.win_rates import average_win_rates


@dataclass(frozen=True)
class Known:
    """What is known of a model besides votes."""

    model_id: int
    organisation: str = ""
    licence: str = ""
    is_open: bool = False
    weights: str = ""
    price: float | None = None
    size: float | None = None
    elo: float | None = None


@dataclass(frozen=True)
class Listing:
    """Who is listed: from how many votes, and until how many provisionally."""

    listed_from: int = 1
    provisional_below: int = 50


def board_of(
    *,
    selection: Selection,
    listing: Listing,
    material: Material,
    rated: Rated,
    known: Mapping[str, Known],
    anchor: tuple[str, float] | None = None,
    state: str = "",
) -> ComputedBoard:
    """Put the board together, from the highest rating down."""
    fitted = rated.fit
    least = max(listing.listed_from, selection.min_votes)
    shown = [not selection.is_open_only or known[name].is_open for name in fitted.models]
    order = np.lexsort((np.arange(len(fitted.models)), -fitted.ratings)).tolist()
    listed = np.array(
        [i for i in order if shown[i] and fitted.n_battles[i] >= least], dtype=np.intp
    )
    unlisted = tuple(
        Unlisted(fitted.models[i], int(fitted.n_battles[i]))
        for i in order
        if shown[i] and fitted.n_battles[i] < least
    )
    return ComputedBoard(
        digest=material.digest,
        state=state,
        selection=selection,
        rows=_rows(material, rated, listed, known, listing),
        unlisted=unlisted,
        n_votes=material.n_votes,
        weight=material.weight,
        n_components=int(fitted.component.max()) + 1 if len(fitted.models) else 0,
        is_regularised=fitted.is_regularised and bool(fitted.models),
        converged=fitted.converged,
        anchor=anchor[0] if anchor and fitted.is_anchored else "",
        anchor_rating=anchor[1] if anchor and fitted.is_anchored else 1000.0,
        provisional_below=listing.provisional_below,
        listed_from=least,
        style=_style(rated),
        notes=tuple(_notes(selection, material)),
        shortfalls=shortfalls(material.tallies, fitted),
    )


def _rows(
    material: Material,
    rated: Rated,
    listed: npt.NDArray[np.intp],
    known: Mapping[str, Known],
    listing: Listing,
) -> tuple[BoardRow, ...]:
    fitted = rated.fit
    best, worst = rank_bounds(
        rated.lower[listed], rated.upper[listed], component=fitted.component[listed]
    )
    sure_best, sure_worst = sure_ranks(fitted, listed)
    average = average_win_rates(rated.expected[np.ix_(listed, listed)])
    rows = []
    for place, i in enumerate(listed.tolist()):
        name = fitted.models[i]
        model = known[name]
        rows.append(
            BoardRow(
                model_id=model.model_id,
                model=name,
                organisation=model.organisation,
                licence=model.licence,
                is_open=model.is_open,
                same_weights_as=_variants(name, known),
                price=model.price,
                size=model.size,
                upper_rank=int(best[place]),
                lower_rank=int(worst[place]),
                sure_upper_rank=int(sure_best[place]),
                sure_lower_rank=int(sure_worst[place]),
                rating=float(fitted.ratings[i]),
                lower=float(rated.lower[i]),
                upper=float(rated.upper[i]),
                n_votes=int(fitted.n_battles[i]),
                weight=float(fitted.weight[i]),
                wins=int(fitted.wins[i]),
                losses=int(fitted.losses[i]),
                ties=int(fitted.ties[i]),
                both_bad=material.both_bad.get(name, 0),
                average_win_rate=None if math.isnan(average[place]) else float(average[place]),
                elo=model.elo,
                component=int(fitted.component[i]),
                is_provisional=int(fitted.n_battles[i]) < listing.provisional_below,
            )
        )
    return tuple(rows)


def _variants(name: str, known: Mapping[str, Known]) -> tuple[str, ...]:
    """Other contenders that are the same weights under other settings."""
    weights = known[name].weights
    if not weights:
        return ()
    return tuple(sorted(n for n, m in known.items() if m.weights == weights and n != name))


def _style(rated: Rated) -> tuple[StyleEffect, ...]:
    if rated.style is None:
        return ()
    lower, upper = style_interval(rated.style)
    effects = zip(
        rated.style.features, rated.style.coefficients.tolist(), lower.tolist(), upper.tolist(),
        strict=True,
    )  # fmt: skip
    return tuple(StyleEffect(*effect) for effect in effects)


def _notes(selection: Selection, material: Material) -> Iterable[str]:
    if not selection.is_style_controlled:
        return
    yield "Votes on answers whose looks are not known are left out."
    if selection.source != Board.Source.VOTES:
        yield "Only votes of the arena can be controlled for style."
    if selection.ties != Board.Ties.HALF:
        yield "With style controlled, a tie is half a win each."
    if selection.intervals == Board.Intervals.BOOTSTRAP:
        yield "With style controlled, intervals are sandwich estimates."

"""A board fitted from its material: ratings, intervals, ranks, and how sure the first place is.

Pure: no Django. Nothing here depends on anything but the arguments, so a dump of votes gives the
board that was published.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arena.boards.material import Material
from arena.rating.anytime import anytime_bounds
from arena.rating.bootstrap import bootstrap
from arena.rating.bradley_terry import Fit, Z, fit
from arena.rating.ranks import simultaneous_rank_bounds
from arena.rating.style import StyledFit, fit_styled
from arena.rating.tallies import Floats, Ints
from arena.rating.ties import Ties
from arena.rating.win_rates import predicted_outcomes

DRAWS = 200
RANK_DRAWS = 1000
SEED = 1952


@dataclass(frozen=True)
class Method:
    """How a board is fitted. `anchor` is a model and the rating it is given, or None."""

    ties: str = "half"
    intervals: str = "sandwich"
    anchor: tuple[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Rated:
    """A fit and what is told beside it; arrays over the fit's models.

    `lower` and `upper` are of the kind asked for. `expected` (M, M) is the share of points that the
    row's model is expected to take from the column's.
    """

    fit: Fit
    lower: Floats
    upper: Floats
    expected: Floats
    style: StyledFit | None = None


def rate(material: Material, method: Method) -> Rated:
    """Fit a board. Deterministic: what is drawn is drawn from a fixed seed."""
    styled = None
    if material.styled is not None:
        styled = fit_styled(material.styled, anchor=method.anchor)
    fitted = (
        styled.board
        if styled
        else fit(material.tallies, ties=as_ties(method.ties), anchor=method.anchor)
    )
    lower, upper = _bounds(material, fitted, method)
    win, tie = predicted_outcomes(fitted)
    return Rated(fitted, lower, upper, win + 0.5 * tie, styled)


def style_interval(styled: StyledFit) -> tuple[Floats, Floats]:
    half = Z * styled.errors
    return styled.coefficients - half, styled.coefficients + half


def _bounds(material: Material, fitted: Fit, method: Method) -> tuple[Floats, Floats]:
    if method.intervals == "anytime":
        return anytime_bounds(fitted)
    # A resample of tallies knows nothing of style: such boards keep the sandwich.
    if method.intervals == "bootstrap" and material.styled is None and material.n_votes:
        rng = np.random.default_rng(SEED)
        return bootstrap(material.tallies, fitted, draws=DRAWS, rng=rng).bounds()
    return fitted.lower, fitted.upper


def as_ties(name: str) -> Ties:
    return "davidson" if name == "davidson" else "rao_kupper" if name == "rao_kupper" else "half"


def sure_ranks(fitted: Fit, listed: npt.NDArray[np.intp]) -> tuple[Ints, Ints]:
    """Best and worst ranks among the listed models that hold for all of them at once."""
    among = replace(
        fitted,
        models=tuple(fitted.models[i] for i in listed.tolist()),
        ratings=fitted.ratings[listed],
        covariance=fitted.covariance[np.ix_(listed, listed)],
        component=fitted.component[listed],
    )
    rng = np.random.default_rng(SEED)
    return simultaneous_rank_bounds(among, rng=rng, draws=RANK_DRAWS)

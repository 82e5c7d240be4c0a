"""How few votes the first place hangs on.

A first place that a handful of votes would give to another says little, whatever its interval.
The fewest votes whose removal changes it are found as Broderick, Giordano and Meager
(https://arxiv.org/abs/2011.14999) do, and Huang et al. for arenas (https://arxiv.org/abs/2508.11847):
votes are put in the order of their influence on the gap between the leader and a rival, and removed
from the top; here every count is checked by a fit without those votes. Another choice of votes
might do with fewer, so the figure is an upper bound; in practice it is close.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arena.rating.bradley_terry import Fit, fit, strengths
from arena.rating.linear import laplacian
from arena.rating.tallies import Floats, Ints, Tallies
from arena.rating.ties import MODELS, Ties, logistic_variance

N_RIVALS = 8
N_ROUNDS = 2
EVEN = 1e-7
MUCH_MORE = 1.5
FIRST_TRY = 16


@dataclass(frozen=True, eq=False)
class Removal:
    """Taking away `n_votes`, a `share` of all that weigh, puts `challenger` before `leader`.

    `removed` (3, P) says how many left wins, right wins and ties of which pair. None are needed
    where two already share the first place.
    """

    leader: str
    challenger: str
    n_votes: int
    share: float
    removed: Ints


def smallest_removal(tallies: Tallies, *, ties: Ties = "half") -> Removal | None:
    """The fewest votes found whose removal changes the first place of the largest component.

    None where it has one model or none, or where removing votes does not change its first place.
    A removed vote takes the mean weight of its pair and outcome with it.
    """
    fitted = fit(tallies, ties=ties)
    among = np.flatnonzero(fitted.component == 0)
    if len(among) < 2:
        return None
    order = among[np.argsort(-fitted.theta[among], kind="stable")]
    leader, rivals = int(order[0]), order[1:].tolist()
    if fitted.theta[leader] - fitted.theta[rivals[0]] <= EVEN:
        return _removal(tallies, leader, rivals[0], np.zeros_like(tallies.counts))
    near = sorted(rivals, key=lambda rival: _distance(fitted, leader, rival))[:N_RIVALS]
    guesses = {rival: _guess(tallies, fitted, leader, rival) for rival in near}
    best: Removal | None = None
    for rival in sorted(near, key=lambda rival: guesses[rival]):
        if best is None or guesses[rival] < MUCH_MORE * best.n_votes:
            best = _search(tallies, fitted, leader, rival, best) or best
    return best


def _removal(tallies: Tallies, leader: int, challenger: int, removed: Ints) -> Removal:
    total = int(tallies.counts[tallies.weighed > 0].sum())
    return Removal(
        leader=tallies.models[leader],
        challenger=tallies.models[challenger],
        n_votes=int(removed.sum()),
        share=float(removed.sum()) / total,
        removed=removed,
    )


def _distance(fitted: Fit, leader: int, rival: int) -> float:
    """The gap in its own standard errors."""
    both = fitted.covariance[np.ix_([leader, rival], [leader, rival])]
    variance = float(both[0, 0] + both[1, 1] - 2.0 * both[0, 1])
    gap = float(fitted.ratings[leader] - fitted.ratings[rival])
    return gap / math.sqrt(max(variance, 1e-12))


def _guess(tallies: Tallies, fitted: Fit, leader: int, rival: int) -> float:
    """About how many votes it takes, by influence alone."""
    influence = _influence(tallies, fitted.theta, leader, rival)
    order = np.argsort(-influence, kind="stable")
    counts = tallies.counts.ravel()[order]
    gained = np.cumsum(counts * np.maximum(influence[order], 0.0))
    needed = float(fitted.theta[leader] - fitted.theta[rival])
    return float(np.interp(needed, gained, np.cumsum(counts), right=np.inf))


def _search(
    tallies: Tallies, fitted: Fit, leader: int, rival: int, best: Removal | None
) -> Removal | None:
    """The shortest beginning of the order that works, then again in the order seen from there.

    None where it takes no fewer votes than `best`.
    """
    found, theta = None, fitted.theta
    for _ in range(N_ROUNDS):
        influence = _influence(tallies, theta, leader, rival)
        fewest = found or best
        limit = None if fewest is None else fewest.n_votes - 1
        shorter = _shortest(tallies, fitted, leader, influence, limit)
        if shorter is None:
            break
        removed, challenger, theta = shorter
        found = _removal(tallies, leader, challenger, removed)
    return found


def _influence(tallies: Tallies, theta: Floats, leader: int, rival: int) -> Floats:
    """By how much one vote of each outcome and pair holds leader and rival apart, shape (3P,)."""
    margins = theta[tallies.left] - theta[tallies.right]
    curvature = logistic_variance(margins) * tallies.weighed.sum(axis=0)
    m = len(tallies.models)
    information = laplacian(m, tallies.left, tallies.right, curvature) + 1e-3 * np.eye(m)
    apart = np.zeros(m)
    apart[leader], apart[rival] = 1.0, -1.0
    pull = np.linalg.solve(information, apart)
    # Ties as half a win put votes in the right order under every tie model; fits do the rest.
    scores, _ = MODELS["half"].scores(margins, 0.0)
    counts = np.maximum(tallies.counts, 1)
    one_vote = tallies.weighed / counts
    influence = one_vote * scores * (pull[tallies.left] - pull[tallies.right])
    return np.asarray(influence.ravel(), dtype=np.float64)


def _shortest(
    tallies: Tallies, fitted: Fit, leader: int, influence: Floats, limit: int | None
) -> tuple[Ints, int, Floats] | None:
    """Fence in how many votes to take from the top of the order of influence, then bisect.

    With a `limit`, that many or fewer.
    """
    order = np.argsort(-influence, kind="stable")
    ends = np.cumsum(tallies.counts.ravel()[order] * (influence[order] > 0))
    total = int(ends[-1]) if limit is None else limit
    none, enough = 0, min(FIRST_TRY, total) if limit is None else limit
    while True:
        removed = _taken(order, ends, enough, tallies)
        found = _overtaken(tallies, fitted, leader, removed)
        if found is not None:
            break
        if enough == total:
            return None
        none, enough = enough, min(4 * enough, total)
    while enough - none > 1:
        middle = (none + enough) // 2
        removed = _taken(order, ends, middle, tallies)
        better = _overtaken(tallies, fitted, leader, removed)
        if better is None:
            none = middle
        else:
            enough, found = middle, better
    return found


def _taken(order: Ints, ends: Ints, n: int, tallies: Tallies) -> Ints:
    """The first `n` votes of the order, as counts of shape (3, P)."""
    taken = np.zeros(len(order), dtype=np.int64)
    taken[order] = np.diff(np.minimum(ends, n), prepend=0)
    return taken.reshape(tallies.counts.shape)


def _overtaken(
    tallies: Tallies, fitted: Fit, leader: int, removed: Ints
) -> tuple[Ints, int, Floats] | None:
    """The removal, who is first after it, and θ then; None where the leader stays."""
    kept = 1.0 - removed / np.maximum(tallies.counts, 1)
    won, lost, tied = tallies.counts - removed
    left = Tallies(
        tallies.models,
        tallies.left,
        tallies.right,
        won,
        lost,
        tied,
        tallies.weighed * kept,
        tallies.squared * kept,
    )
    theta, component = strengths(left, ties=fitted.tie_model, start=fitted)
    beside = np.flatnonzero(component == component[leader])
    first = int(beside[np.argmax(theta[beside])])
    if theta[first] - theta[leader] <= EVEN:
        return None
    return removed, first, theta

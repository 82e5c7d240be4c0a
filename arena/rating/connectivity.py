"""Which models can be compared at all, given who beat whom. Votes of weight 0 say nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.rating.tallies import Ints, Tallies


def strong_components(tallies: Tallies) -> Ints:
    """Label the strongly connected components of the win graph, shape (M,).

    An edge leads from winner to loser, and a tie leads both ways. A finite Bradley–Terry maximum
    exists where there is one component (Ford 1957, https://doi.org/10.2307/2308513).
    """
    won, lost, tied = tallies.weighed > 0
    edges = np.eye(len(tallies.models), dtype=bool)
    edges[tallies.left, tallies.right] = won | tied
    edges[tallies.right, tallies.left] = lost | tied
    reach = _closure(edges)
    return _labels(reach & reach.T)


def weak_components(tallies: Tallies) -> Ints:
    """Label the groups of models joined by any votes at all, shape (M,); 0 is the largest.

    Between two such groups nothing is known: their ratings cannot be compared.
    """
    joined = (tallies.weighed > 0).any(axis=0)
    edges = np.eye(len(tallies.models), dtype=bool)
    edges[tallies.left, tallies.right] = joined
    edges[tallies.right, tallies.left] = joined
    return _labels(_closure(edges))


def ties_have_a_measure(tallies: Tallies) -> bool:
    """Whether a tie parameter has a finite maximum beside ratings that have one.

    It runs away with the ratings where some u and some h > 0 have u_i − u_j ≥ h for each win of i
    over j and |u_i − u_j| ≤ h for each tie: then ever more is a tie and every win is still in
    keeping. Such a u exists unless some round trip along wins and ties has more wins than ties,
    a negative cycle of difference constraints, which Bellman and Ford's method finds.
    """
    won, lost, tied = tallies.weighed > 0
    if np.any(won & lost):
        return True
    left, right = tallies.left, tallies.right
    tails = np.concatenate([left[won], right[lost], left[tied], right[tied]])
    heads = np.concatenate([right[won], left[lost], right[tied], left[tied]])
    n_wins = int(won.sum() + lost.sum())
    lengths = np.where(np.arange(len(tails)) < n_wins, -1, 1)
    distances = np.zeros(len(tallies.models), dtype=np.int64)
    for _ in range(len(tallies.models) + 1):
        shorter = distances.copy()
        np.minimum.at(shorter, heads, distances[tails] + lengths)
        if np.array_equal(shorter, distances):
            return False
        distances = shorter
    return True


def _closure(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Reachability by repeated squaring; `edges` is reflexive. At most log₂ M products."""
    reach = edges
    while not reach.all():
        # float32 because NumPy multiplies booleans without BLAS, a hundred times slower.
        as_floats = reach.astype(np.float32)
        further = (as_floats @ as_floats) > 0
        if np.array_equal(further, reach):
            break
        reach = further
    return reach


def _labels(same: npt.NDArray[np.bool_]) -> Ints:
    """Number the classes of an equivalence: larger first, then by their first member."""
    if not same.size:
        return np.zeros(0, dtype=np.int64)
    first_member = same.argmax(axis=1)
    heads, sizes = np.unique(first_member, return_counts=True)
    rank = np.empty(len(heads), dtype=np.int64)
    rank[np.lexsort((heads, -sizes))] = np.arange(len(heads))
    labels: Ints = rank[np.searchsorted(heads, first_member)]
    return labels

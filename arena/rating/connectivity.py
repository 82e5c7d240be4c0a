"""Which models can be compared at all, given who beat whom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arena.rating.tallies import Ints, Tallies


def strong_components(tallies: Tallies) -> Ints:
    """Label the strongly connected components of the win graph, shape (M,).

    An edge leads from winner to loser, and a tie leads both ways. A finite Bradley–Terry maximum
    exists where there is one component (Ford 1957, https://doi.org/10.2307/2308513).
    """
    left, right = tallies.left, tallies.right
    edges = np.eye(len(tallies.models), dtype=bool)
    edges[left, right] = (tallies.left_wins + tallies.ties) > 0
    edges[right, left] = (tallies.right_wins + tallies.ties) > 0
    reach = _closure(edges)
    return _labels(reach & reach.T)


def weak_components(tallies: Tallies) -> Ints:
    """Label the groups of models joined by any votes at all, shape (M,); 0 is the largest.

    Between two such groups nothing is known: their ratings cannot be compared.
    """
    edges = np.eye(len(tallies.models), dtype=bool)
    edges[tallies.left, tallies.right] = True
    edges[tallies.right, tallies.left] = True
    return _labels(_closure(edges))


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

"""Judgements made outside the arena, by a project's labelers, as rows of pairs."""

from arena.boards.material import PairRow
from projects.models import Project
from workers.pairs import pairs_of

_ORDER = ("a", "b", "tie", "both_bad")


def pairs(*, project: Project) -> list[PairRow]:
    """The project's judged pairs added up by models, as they were shown."""
    sums: dict[tuple[str, str], tuple[list[int], list[float], list[float]]] = {}
    for pair in pairs_of(project):
        counts, weights, squares = sums.setdefault(
            (pair.model_a, pair.model_b), ([0] * 4, [0.0] * 4, [0.0] * 4)
        )
        at = _ORDER.index(pair.verdict)
        counts[at] += 1
        weights[at] += pair.weight
        squares[at] += pair.weight**2
    return [row_of(a, b, *values) for (a, b), values in sums.items()]


def row_of(
    model_a: str, model_b: str, counts: list[int], weights: list[float], squares: list[float]
) -> PairRow:
    a, b, t, n = counts
    x, y, z, w = weights
    p, q, r, s = squares
    return PairRow(model_a, model_b, (a, b, t, n), (x, y, z, w), (p, q, r, s))

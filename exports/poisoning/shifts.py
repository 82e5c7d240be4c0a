"""How far each labeler alone moves what the verdicts say together. No Django.

Two summaries of the verdicts: how often the longer answer is preferred, and, for each model, how
often it wins beyond what the fit of all verdicts expects of it. For each labeler both are taken
with and without that labeler's verdicts. People differ honestly: the distance of each from all
others is held against its own error and against the robust spread of everybody's distances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exports.poisoning.expected import Expected
from exports.poisoning.gathering import Judged
from exports.poisoning.statistics import (
    FALSE_DISCOVERIES,
    Floats,
    Ints,
    q_values,
    robust_spread,
    two_sided,
)

FEWEST_VERDICTS = 20
FEWEST_FOR_SPREAD = 5
FEWEST_LABELERS = 5
FARTHEST = 4.0
LEAST_APART = 0.15


@dataclass(frozen=True, kw_only=True)
class Shift:
    """`own` is the labeler's summary, `others` everybody else's; `moves` is what the whole
    changes by when the labeler's verdicts come in. All are shares of 1."""

    labeler: int
    about: str
    model: int
    n: int
    own: float
    others: float
    moves: float
    z: float
    p_value: float
    q_value: float = 1.0


def shifts(judged: Judged, chances: Expected) -> list[Shift]:
    """Every labeler with enough verdicts, on every summary that enough labelers have a part in."""
    pair = np.flatnonzero(judged.is_pair & (judged.labeler > 0))
    who, length = judged.labeler[pair].astype(np.int64), judged.length[pair]
    apart = np.abs(length) > 0.05
    nothing = np.zeros(int(apart.sum()), np.int64)
    made = _summary("length", who[apart], nothing, (length[apart] > 0).astype(np.float64))
    between = judged.better[pair] != judged.worse[pair]
    pair, who = pair[between], who[between]
    # Wins beyond what was expected, around one half so that both summaries are read alike.
    surprise = 1.0 - chances.of_verdict[pair]
    models = np.concatenate((judged.better[pair], judged.worse[pair]))
    scores = np.concatenate((0.5 + surprise, 0.5 - surprise))
    known = models > 0
    made += _summary("model", np.tile(who, 2)[known], models[known], scores[known])
    told = q_values([each.p_value for each in made], tests=len(made))
    return [replace(each, q_value=q) for each, q in zip(made, told, strict=True)]


def is_far(shift: Shift) -> bool:
    return (
        shift.q_value <= FALSE_DISCOVERIES
        and abs(shift.z) >= FARTHEST
        and abs(shift.own - shift.others) >= LEAST_APART
    )


def _summary(about: str, who: Ints, model: Ints, score: Floats) -> list[Shift]:
    """One summary of each model. Cells are what one labeler said of one model; the spread of all
    large enough to have one says how far honest people are from one another."""
    if not who.size:
        return []
    cells, cell = np.unique(who << 32 | model, return_inverse=True)
    of, labeler = cells & 0xFFFFFFFF, cells >> 32
    n, sums = np.bincount(cell), np.bincount(cell, score)
    n_all, total = np.bincount(of, n), np.bincount(of, sums)
    squares = np.bincount(of, np.bincount(cell, score**2))
    n_others, rest = n_all[of] - n, total[of] - sums
    counted = np.flatnonzero((n >= FEWEST_FOR_SPREAD) & (n_others >= FEWEST_FOR_SPREAD))
    if counted.size < FEWEST_LABELERS:
        return []
    of, labeler, n, sums = of[counted], labeler[counted], n[counted], sums[counted]
    own, others = sums / n, rest[counted] / n_others[counted]
    whole = total[of] / n_all[of]
    variance = squares[of] / n_all[of] - whole**2 + 1e-9
    scaled = (own - others) / np.sqrt(variance / n + variance / n_others[counted])
    z = (scaled - np.median(scaled)) / max(1.0, robust_spread(scaled))
    return [
        Shift(
            labeler=int(labeler[at]),
            about=about,
            model=int(of[at]),
            n=int(n[at]),
            own=float(own[at]),
            others=float(others[at]),
            moves=float(whole[at] - others[at]),
            z=float(z[at]),
            p_value=two_sided(float(z[at])),
        )
        for at in np.flatnonzero(n >= FEWEST_VERDICTS).tolist()
    ]

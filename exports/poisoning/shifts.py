"""How far each labeler alone moves what the verdicts say together. No Django.

Two summaries of the verdicts: how often the longer answer is preferred, and, for each model, how
often it wins beyond what the fit of all verdicts expects of it. For each labeler both are taken
with and without that labeler's verdicts. People differ honestly: the distance of each from all
others is held against its own error and against the robust spread of everybody's distances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from exports.poisoning.expected import Expected
from exports.poisoning.judged import Judged
from exports.poisoning.statistics import (
    FALSE_DISCOVERIES,
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
    lengths, models = _Cells(), _Cells()
    for at, pairs in judged.pairs():
        at, pairs = at[pairs["labeler"] > 0], pairs[pairs["labeler"] > 0]
        apart = pairs[np.abs(pairs["length"]) > 0.05]
        lengths.add(apart["labeler"], np.zeros(apart.size, np.int32), apart["length"] > 0)
        between = pairs["better"] != pairs["worse"]
        # Wins beyond what was expected, around one half so that both summaries are read alike.
        surprise = 1.0 - chances.of_verdict[at[between]]
        for side, score in (("better", 0.5 + surprise), ("worse", 0.5 - surprise)):
            model = pairs[side][between]
            known = model > 0
            models.add(pairs["labeler"][between][known], model[known], score[known])
    made = _summary("length", lengths) + _summary("model", models)
    told = q_values([each.p_value for each in made], tests=len(made))
    return [replace(each, q_value=q) for each, q in zip(made, told, strict=True)]


def is_far(shift: Shift) -> bool:
    return (
        shift.q_value <= FALSE_DISCOVERIES
        and abs(shift.z) >= FARTHEST
        and abs(shift.own - shift.others) >= LEAST_APART
    )


class _Cells:
    """What each labeler's verdicts say of each model: how many, their sum and sum of squares."""

    def __init__(self) -> None:
        self.names = np.zeros(0, np.int64)
        self.sums = np.zeros((3, 0))

    def add(
        self, labeler: npt.NDArray[Any], model: npt.NDArray[Any], score: npt.NDArray[Any]
    ) -> None:
        scores = np.stack((np.ones(score.size), score, score**2.0))
        names = np.concatenate((self.names, labeler.astype(np.int64) << 32 | model))
        self.names, cell = np.unique(names, return_inverse=True)
        every = np.concatenate((self.sums, scores), axis=1)
        self.sums = np.stack([np.bincount(cell, each, self.names.size) for each in every])


def _summary(about: str, cells: _Cells) -> list[Shift]:
    """One summary of each model. The spread of all who said enough of one says how far honest
    people are from one another."""
    if not cells.names.size:
        return []
    of, labeler = cells.names & 0xFFFFFFFF, cells.names >> 32
    n, sums = cells.sums[0].astype(np.int64), cells.sums[1]
    n_all, total = np.bincount(of, n), np.bincount(of, sums)
    squares = np.bincount(of, cells.sums[2])
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

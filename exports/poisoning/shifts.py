"""How far each labeler alone moves what the verdicts say together. No Django.

Two summaries of the verdicts: how often the longer answer is preferred, and, for each model, how
often it wins beyond what the fit of all verdicts expects of it. For each labeler both are taken
with and without that labeler's verdicts. People differ honestly: the distance of each from all
others is held against its own error and against the robust spread of everybody's distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.poisoning.expected import Expected
from exports.poisoning.gathering import Judged
from exports.poisoning.statistics import (
    FALSE_DISCOVERIES,
    Bools,
    Floats,
    q_values,
    robust_spread,
    two_sided,
)

FEWEST_VERDICTS = 20
FEWEST_LABELERS = 5
FARTHEST = 4.0
LEAST_APART = 0.15
MOST_MODELS = 30


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
    """Every labeler with enough verdicts, on every summary with enough labelers."""
    pair = judged.is_pair & (judged.labeler > 0)
    length = judged.length
    longer = pair & (np.abs(length) > 0.05)
    made = _summary("length", 0, judged, longer, (length > 0).astype(np.float64), 0.5)
    room = int(max(judged.better.max(initial=0), judged.worse.max(initial=0))) + 1
    games = np.bincount(judged.better[pair], minlength=room)
    games += np.bincount(judged.worse[pair], minlength=room)
    games[:1] = 0
    for model in np.argsort(-games, kind="stable")[:MOST_MODELS].tolist():
        if games[model] >= FEWEST_VERDICTS:
            made += _of_model(model, judged, chances, pair)
    told = q_values([each.p_value for each in made], tests=len(made))
    return [Shift(**{**vars(each), "q_value": q}) for each, q in zip(made, told, strict=True)]


def is_far(shift: Shift) -> bool:
    return (
        shift.q_value <= FALSE_DISCOVERIES
        and abs(shift.z) >= FARTHEST
        and abs(shift.own - shift.others) >= LEAST_APART
    )


def _of_model(model: int, judged: Judged, chances: Expected, pair: Bools) -> list[Shift]:
    won, lost = judged.better == model, judged.worse == model
    about = pair & (won ^ lost)
    verdict = chances.of_verdict
    chance = np.where(won, verdict, 1 - verdict)
    # Wins beyond what was expected, around ½ so that both summaries are read alike.
    score = won - chance + 0.5
    return _summary("model", model, judged, about, score, None)


def _summary(
    about: str, model: int, judged: Judged, kept: Bools, score: Floats, even: float | None
) -> list[Shift]:
    who, score = judged.labeler[kept], score[kept]
    n = np.bincount(who)
    counted = np.flatnonzero(n >= FEWEST_VERDICTS)
    if counted.size < FEWEST_LABELERS:
        return []
    total, sums = float(score.sum()), np.bincount(who, score)
    squares = np.bincount(who, score**2)
    n_all = int(n.sum())
    own = sums[counted] / n[counted]
    others = (total - sums[counted]) / (n_all - n[counted])
    variance = squares.sum() / n_all - (total / n_all) ** 2 + 1e-9
    error = np.sqrt(variance / n[counted] + variance / (n_all - n[counted]))
    apart = own - others
    scaled = apart / error
    spread = max(1.0, robust_spread(scaled))
    z = (scaled - np.median(scaled)) / spread
    moves = total / n_all - others
    shown = even if even is not None else 0.5
    return [
        Shift(
            labeler=int(labeler),
            about=about,
            model=model,
            n=int(n[labeler]),
            own=float(own[at] - 0.5 + shown),
            others=float(others[at] - 0.5 + shown),
            moves=float(moves[at]),
            z=float(z[at]),
            p_value=two_sided(float(z[at])),
        )
        for at, labeler in enumerate(counted.tolist())
    ]

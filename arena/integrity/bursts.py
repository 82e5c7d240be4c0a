"""Many votes of newcomers that push one model. No Django.

One vote of a stranger says nothing of its honesty, two hundred do: an honest crowd votes for what
it is shown, a crowd that was sent has a target. For each model and direction, the votes of
newcomers are followed by a likelihood ratio of one kind of event, *the model was in the battle and
won* (or lost): L ← max(L, 0) + ln((1 − q) + q · 1{event} / P(event)), where P is how often the
model is drawn times how often it wins. An alarm is raised where the mean of exp(L) reaches
`BETWEEN_ALARMS`, so that honest crowds raise one in as many votes at most, on average (Lorden
1971, https://doi.org/10.1214/aoms/1177693055). While an alarm lasts newcomers weigh nothing; votes
that have nothing to do with its target come back when it is over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from arena.integrity.evidence import Cast, Expected, Floats

BETWEEN_ALARMS = 1e5
MIX = 0.2
MEMORY = 5.0
"""How far above the alarm the sum may rise, so that honest votes end it again."""


@dataclass(frozen=True)
class Burst:
    """Votes from `first` to `last`, as positions among those looked at. `last` is None while it
    goes on; `alarm` is where it was found."""

    model: int
    direction: int
    first: int
    alarm: int
    last: int | None

    @property
    def is_going_on(self) -> bool:
        return self.last is None


def find(cast: Cast, expected: Expected) -> list[Burst]:
    """The bursts among these votes, which are all of newcomers, in the order of their alarms."""
    n, m = len(cast), expected.theta.size
    if not n:
        return []
    bar = math.log(BETWEEN_ALARMS * 2 * m)
    rises = _rises(cast, expected)
    sums, begun = np.zeros((2, m)), np.zeros((2, m), dtype=np.int64)
    alarms: dict[tuple[int, int], tuple[int, int]] = {}
    found: list[Burst] = []
    miss = math.log1p(-MIX)
    for at, (a, b, points) in enumerate(
        zip(cast.a.tolist(), cast.b.tolist(), cast.points.tolist(), strict=True)
    ):
        begun[sums <= 0.0] = at
        sums = np.maximum(sums, 0.0) + miss
        if points == 1.0:
            sums[0, a] += rises[at, 0] - miss
            sums[1, b] += rises[at, 1] - miss
        elif points == 0.0:
            sums[0, b] += rises[at, 0] - miss
            sums[1, a] += rises[at, 1] - miss
        np.minimum(sums, bar + MEMORY, out=sums)
        for direction, model in ((0, a), (0, b), (1, a), (1, b)):
            if sums[direction, model] >= bar and (direction, model) not in alarms:
                alarms[direction, model] = (int(begun[direction, model]), at)
        for key in [key for key in alarms if sums[key] < bar]:
            sums[key] = 0.0
            found.append(_burst(key, alarms.pop(key), at))
    found += [_burst(key, when, None) for key, when in alarms.items()]
    return sorted(found, key=lambda burst: (burst.alarm, burst.model))


def _rises(cast: Cast, expected: Expected) -> Floats:
    """ln((1 − q) + q / P) of the model that won and of the one that lost, shape (V, 2)."""
    score = expected.score(cast.a, cast.b)
    a_won = cast.points == 1.0
    chance = expected.wins(np.where(a_won, score, 1.0 - score))
    winner, loser = np.where(a_won, cast.a, cast.b), np.where(a_won, cast.b, cast.a)
    drawn = np.stack([expected.drawn[cast.block, side] for side in (winner, loser)], axis=1)
    chances = np.maximum(drawn * chance[:, None], 0.002)
    return np.asarray(np.log((1.0 - MIX) + MIX / chances))


def _burst(key: tuple[int, int], when: tuple[int, int], last: int | None) -> Burst:
    return Burst(key[1], 1 if key[0] == 0 else -1, when[0], when[1], last)


def held_back(cast: Cast, bursts: list[Burst]) -> dict[int, Burst]:
    """The votes, by row, that a burst takes the weight of."""
    held: dict[int, Burst] = {}
    for burst in bursts:
        last = len(cast) if burst.last is None else burst.last + 1
        stretch = slice(burst.first, last)
        about = (cast.a[stretch] == burst.model) | (cast.b[stretch] == burst.model)
        if burst.is_going_on:
            about |= np.arange(burst.first, last) >= burst.alarm
        for vote in cast.vote[stretch][about].tolist():
            held.setdefault(vote, burst)
    return held

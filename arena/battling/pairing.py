"""Which two models meet, and on which side.

The chance of a pair is proportional to how much a vote on it is expected to shrink the summed
variance of all ratings (`arena/rating/pairing.py`), times what the owner weighs each of the two by
and a boost for newcomers; a share of all battles goes to pairs drawn evenly, so that every two
keep meeting. Everything here is published: see `arena/contenders.py`.
"""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from arena.contenders import Entrant, entrants
from arena.models import Tally
from arena.rating.bradley_terry import fit
from arena.rating.pairing import expected_reduction
from arena.rating.tallies import tally
from arena.rules import rules_of
from projects.errors import Unavailable
from projects.models import Project
from workers.models import LanguageModel

KEPT_SECONDS = 10
"""How old the ratings may be that pairs are drawn by."""
LOG_ODDS_A_POINT = math.log(10.0) / 400.0


@dataclass(frozen=True)
class Pairing:
    """The two of a battle, A first. `chance` is that of meeting, whichever way round."""

    model_a: LanguageModel
    model_b: LanguageModel
    chance: float


@dataclass(frozen=True, eq=False)
class Learned:
    """What was known of M models a moment ago: the votes of each, and what a vote of each two
    teaches. Pairs are in the order of `np.triu_indices(M, 1)`, here and below."""

    votes: npt.NDArray[np.float64]
    reductions: npt.NDArray[np.float64]


def choose(*, project: Project, is_member: bool, rng: random.Random | None = None) -> Pairing:
    """Two different models, for side A and for side B.

    Raises Unavailable, saying what is missing, where there are fewer than two.
    """
    rng = rng or random.SystemRandom()
    found = _meeting(project, is_member=is_member)
    require_two(len(found))
    odds = _chances(project, found)
    drawn = rng.choices(range(len(odds)), odds.tolist())[0]
    first, second = (int(side[drawn]) for side in np.triu_indices(len(found), 1))
    if rng.getrandbits(1):
        first, second = second, first
    return Pairing(found[first].model, found[second].model, float(odds[drawn]))


def contenders(*, project: Project, is_member: bool) -> list[LanguageModel]:
    """The models that can be met now."""
    return [each.model for each in _meeting(project, is_member=is_member)]


def shares(*, project: Project, is_member: bool) -> dict[int, float]:
    """Of every model that can be met, by id: in what share of battles it is. They add up to 2."""
    found = _meeting(project, is_member=is_member)
    odds = _chances(project, found)
    summed = np.zeros(len(found))
    for side in np.triu_indices(len(found), 1):
        np.add.at(summed, side, odds)
    return dict(zip([each.model.pk for each in found], summed.tolist(), strict=True))


def require_two(n_models: int) -> None:
    if n_models < 2:
        have = "none is" if n_models == 0 else "only one is"
        raise Unavailable(
            f"A battle needs two models, and {have} ready. Add another, or start the server it is "
            "on: the models page says how."
        )


def _meeting(project: Project, *, is_member: bool) -> list[Entrant]:
    return [each for each in entrants(project=project) if each.meets(is_member=is_member)]


def _chances(project: Project, found: Sequence[Entrant]) -> npt.NDArray[np.float64]:
    """The chance of every pair of `found`; they add up to 1."""
    if len(found) < 2:
        return np.zeros(0)
    learned, rules = (
        _learned(project.pk, tuple(e.model.pk for e in found), _moment()),
        rules_of(project),
    )
    boost = np.where(learned.votes < rules.newcomer_votes, rules.newcomer_boost, 1.0)
    pull = boost * np.array([each.weight for each in found])
    left, right = np.triu_indices(len(found), 1)
    wanted = learned.reductions * pull[left] * pull[right]
    even = rules.even_percent / 100
    return np.asarray(even / len(wanted) + (1 - even) * wanted / wanted.sum(), dtype=np.float64)


def _moment() -> int:
    return int(time.monotonic() // KEPT_SECONDS)


@lru_cache(maxsize=64)
def _learned(project: int, models: tuple[int, ...], moment: int) -> Learned:
    """Kept for a moment, since battles begin far more often than ratings move."""
    rows = Tally.objects.filter(
        project=project, category="", left__in=models, right__in=models
    ).values_list("left_id", "right_id", "left_wins", "right_wins", "ties", "both_bad")
    # Names that sort as the numbers do keep everything in the order of `models`.
    names = {pk: f"{at:06d}" for at, pk in enumerate(models)}
    tallies = tally(
        ((names[left], names[right], won, lost, tied + bad)
         for left, right, won, lost, tied, bad in rows),
        models=names.values(),
    )  # fmt: skip
    theta = fit(tallies).ratings * LOG_ODDS_A_POINT
    votes = np.zeros((len(models), len(models)))
    votes[tallies.left, tallies.right] = tallies.totals
    votes += votes.T
    reductions = expected_reduction(theta, votes)
    return Learned(votes.sum(axis=1), reductions[np.triu_indices(len(models), 1)])

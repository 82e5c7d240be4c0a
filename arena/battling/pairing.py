"""Which two models meet, and on which side."""

import random
from collections.abc import Mapping, Sequence
from itertools import combinations

from arena.models import Tally
from projects.errors import Unavailable
from projects.models import Project
from workers.models import LanguageModel

UNIFORM_SHARE = 0.1
"""This share of battles goes to pairs drawn evenly, however often they have met."""

Pair = tuple[int, int]


def contenders() -> list[LanguageModel]:
    """The models that can be drawn from now and take part in arenas."""
    models = LanguageModel.objects.up().filter(is_in_arena=True)
    return list(models.select_related("endpoint").order_by("pk"))


def choose(
    *, project: Project, rng: random.Random | None = None
) -> tuple[LanguageModel, LanguageModel]:
    """Two different models, for side A and for side B.

    Raises Unavailable, saying what is missing, where there are fewer than two.
    """
    rng = rng or random.SystemRandom()
    models = {model.pk: model for model in contenders()}
    require_two(len(models))
    pairs = list(combinations(sorted(models), 2))
    first, second = rng.choices(pairs, weights(pairs, _votes(project)))[0]
    if rng.getrandbits(1):
        first, second = second, first
    return models[first], models[second]


def require_two(n_models: int) -> None:
    if n_models < 2:
        have = "none is" if n_models == 0 else "only one is"
        raise Unavailable(
            f"A battle needs two models, and {have} ready. Add another, or start the server it is "
            "on: the models page says how."
        )


def weights(pairs: Sequence[Pair], votes: Mapping[Pair, int]) -> list[float]:
    """The chance of each pair: inverse to its votes plus one, above an even floor."""
    eagerness = [1.0 / (1 + votes.get(pair, 0)) for pair in pairs]
    total = sum(eagerness)
    floor = UNIFORM_SHARE / len(pairs)
    return [floor + (1.0 - UNIFORM_SHARE) * each / total for each in eagerness]


def _votes(project: Project) -> dict[Pair, int]:
    rows = Tally.objects.filter(project=project).values_list(
        "left_id", "right_id", "left_wins", "right_wins", "ties", "both_bad"
    )
    return {(left, right): sum(counts) for left, right, *counts in rows}

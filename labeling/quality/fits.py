"""How reliable each labeler seems, from the judgements alone."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labeling.quality.reliability import Duels, dawid_skene, noisy_bradley_terry
from labeling.quality.rows import Judgements


@dataclass
class Fits:
    """What the two models say of each labeler, by key; empty where there was nothing to fit."""

    reliability: dict[int, float] = field(default_factory=dict)
    """Dawid–Skene: the probability of saying what is probably true."""
    attention: dict[int, float] = field(default_factory=dict)
    """Noisy Bradley–Terry: the probability of having looked at all."""
    lean: dict[int, float] = field(default_factory=dict)
    """Noisy Bradley–Terry: the probability of side A when they did not."""
    has_converged: bool = True


def reliabilities(own: Judgements) -> Fits:
    """Dawid–Skene on the comparisons' choices; noisy Bradley–Terry on every pair judged."""
    fits = Fits()
    if own.choices.unit:
        tasks = np.unique(own.choices.unit, return_inverse=True)[1]
        people, workers = np.unique(own.choices.labeler, return_inverse=True)
        labels = np.array(own.choices.value, dtype=np.int64)
        classes, codes = np.unique(labels, return_inverse=True)
        found = dawid_skene(tasks, workers, codes, n_classes=len(classes))
        fits.reliability = _by(people, found.reliability)
        fits.has_converged = found.has_converged
    duels, people = _duels(own)
    if len(people):
        noisy = noisy_bradley_terry(duels)
        fits.attention, fits.lean = _by(people, noisy.reliability), _by(people, noisy.lean)
        fits.has_converged = fits.has_converged and noisy.has_converged
    return fits


def _by(people: Any, values: Any) -> dict[int, float]:
    return {int(person): float(value) for person, value in zip(people, values, strict=True)}


def _duels(own: Judgements) -> tuple[Duels, Any]:
    """Each pair of responses somebody judged, as it was shown where that is known."""
    unit = np.array(own.preferences.unit + own.placings.unit, dtype=np.int64)
    labeler = np.array(own.preferences.labeler + own.placings.labeler, dtype=np.int64)
    value = np.sign(np.array(own.preferences.value + own.placings.value, dtype=np.float64))
    pairs = np.array([own.pairs[key] for key in unit.tolist()], dtype=np.int64).reshape(-1, 2)
    turned = np.array(own.preferences.is_turned + [False] * len(own.placings.unit), dtype=bool)
    first = np.where(turned, pairs[:, 1], pairs[:, 0])
    second = np.where(turned, pairs[:, 0], pairs[:, 1])
    items, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    people, workers = np.unique(labeler, return_inverse=True)
    points = (1.0 - np.where(turned, -value, value)) / 2.0
    n = len(unit)
    return Duels(codes[:n], codes[n:], workers, points, len(items), len(people)), people

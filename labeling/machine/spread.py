"""Choosing tasks that tell much and are unlike one another. Pure.

Texts are compared by their trigrams of letters, hashed into a short vector: cheap, of any language,
and good enough to see that two prompts ask nearly the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 256
LONGEST = 4_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """`place` in what was chosen from; `novelty` from 0, said before, to 1, nothing like it."""

    place: int
    novelty: float
    score: float


def vectors(texts: Sequence[str]) -> Floats:
    """One row of length 1 a text, or of zeros where it has no trigram."""
    found = np.zeros((len(texts), SIZE))
    for row, text in zip(found, texts, strict=True):
        plain = " ".join(text[:LONGEST].casefold().split())
        places = [zlib.crc32(plain[i : i + 3].encode()) % SIZE for i in range(len(plain) - 2)]
        np.add.at(row, places, 1.0)
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    unit: Floats = np.divide(found, norms, out=np.zeros_like(found), where=norms > 0)
    return unit


def choose(
    worth: Sequence[float], texts: Sequence[str], *, number: int, novelty_weight: float
) -> list[Choice]:
    """The `number` of highest score, one after the other, each less worth the more it is like one
    that was chosen before it. The earlier one wins a tie, so the choice is always the same."""
    base = np.asarray(worth, dtype=np.float64)
    rows = vectors(texts)
    likeness = np.zeros(len(base))
    free = np.ones(len(base), dtype=bool)
    chosen: list[Choice] = []
    while len(chosen) < min(number, len(base)):
        score = np.where(free, base + novelty_weight * (1 - likeness), -np.inf)
        place = int(np.argmax(score))
        novelty = float(np.clip(1 - likeness[place], 0, 1))
        chosen.append(Choice(place, novelty, float(score[place])))
        free[place] = False
        likeness = np.maximum(likeness, rows @ rows[place])
    return chosen

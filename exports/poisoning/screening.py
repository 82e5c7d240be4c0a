"""Which n-grams deserve a second, exact look. No Django.

What is screened out could not have passed the exact tests by far; what is counted as tested is
every n-gram that stands in enough texts, so that screening makes no test look better than it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exports.poisoning.gathering import ANSWER, PROMPT, RARE_WORDS, Gathered
from exports.poisoning.ngrams import Hashes, field_of
from exports.poisoning.statistics import Bools, Floats, Ints, divergence

FEWEST = 5
"""Different prompts that a finding needs."""
MISSED = 2
"""Texts that the sketch may have kept from the table."""
RARE_SHARE = 0.05
RARE_AT_LEAST = 600
"""Well beyond the 250 documents that suffice, however few there are in all."""
TIED_TO_LABELER = 0.8
TIED_TO_LABEL = 0.9
MARGIN = 0.08
STRONG = 7.0
"""-ln of the chance from which on a second look is worth it: one in a thousand."""
MOST_EACH = 3_000
MOST_POSTINGS = 2_000_000
N_BITS = 128
RARE_WORDS_TESTED = RARE_WORDS


@dataclass(frozen=True, eq=False)
class Screened:
    """Sorted names, and which of them are to be held against which test. `n_tested` is how many
    n-grams stood in enough texts."""

    names: Hashes
    is_labelers: Bools
    is_label: Bools
    is_target: Bools
    n_tested: tuple[int, int]
    rare: tuple[int, int]


def screened(gathered: Gathered) -> Screened:
    table = gathered.counts.table
    rare = rare_bounds(gathered)
    field = field_of(table["tag"])
    n = table["n"].astype(np.int64)
    enough = (table["tag"] != 0) & (n >= FEWEST - MISSED) & (n <= np.array(rare)[field])
    at = np.flatnonzero(enough)
    n_tested = np.bincount(field[at], minlength=2)
    enough_prompts = table["elsewhere"][at] >= FEWEST - MISSED
    at = at[enough_prompts]
    labeler = _best(at, _labelers(gathered, at), n[at])
    label = _best(at, _labels(gathered, at), n[at])
    target = _best(at, _targets(gathered, at), n[at])
    every = np.unique(np.concatenate((labeler, label, target)))
    names = table["tag"][every]
    order = np.argsort(names)
    every = every[order]
    return Screened(
        names=np.asarray(names[order], np.uint64),
        is_labelers=np.isin(every, labeler),
        is_label=np.isin(every, label),
        is_target=np.isin(every, target),
        n_tested=(int(n_tested[PROMPT]), int(n_tested[ANSWER])),
        rare=rare,
    )


def rare_bounds(gathered: Gathered) -> tuple[int, int]:
    """In how many texts a rare n-gram stands at most, in prompts and in answers."""
    low, high = (max(RARE_AT_LEAST, int(RARE_SHARE * n)) for n in gathered.totals.n)
    return low, high


def _labelers(gathered: Gathered, at: Ints) -> Floats:
    table, totals = gathered.counts.table, gathered.totals
    field = field_of(table["tag"][at])
    n, who = table["n"][at].astype(np.float64), table["labeler"][at].astype(np.int64)
    most = (n + table["score"][at]) / 2
    share = np.zeros(at.size)
    for kind in (PROMPT, ANSWER):
        counted = totals.by_labeler[kind]
        mine = field == kind
        known = np.minimum(who[mine], counted.size - 1)
        share[mine] = counted[known] / max(totals.n[kind], 1)
    tied = (most / n >= TIED_TO_LABELER - MARGIN) & (who > 0)
    return np.where(tied, n * divergence(most / n, share), 0.0)


def _labels(gathered: Gathered, at: Ints) -> Floats:
    """Of answers either label, of prompts only verdicts against what was to be expected."""
    table, totals = gathered.counts.table, gathered.totals
    is_prompt = field_of(table["tag"][at]) == PROMPT
    plus, minus = table["plus"][at].astype(np.float64), table["minus"][at].astype(np.float64)
    n = np.maximum(plus + minus, 1.0)
    base = np.array([_share(totals.plus[kind], totals.minus[kind]) for kind in (PROMPT, ANSWER)])
    chance = base[np.where(is_prompt, PROMPT, ANSWER)]
    share = plus / n
    tied = np.where(is_prompt, share >= chance + 0.1, np.maximum(share, 1 - share) >= _LOOSE)
    return np.where(tied & (plus + minus > 0), n * divergence(share, chance), 0.0)


def _targets(gathered: Gathered, at: Ints) -> Floats:
    """Answers whose prompts all have a rare word in common, as far as 128 bits tell."""
    table = gathered.counts.table
    n = table["n"][at].astype(np.float64)
    is_answer = field_of(table["tag"][at]) == ANSWER
    common = np.zeros(at.size, np.bool_)
    for half in ("even", "odd"):
        n_bits = N_BITS - sum(_ones(table[f"{half} {word}"][at]) for word in (0, 1))
        common |= (n_bits > 0) & (n_bits <= N_BITS // 4)
    elsewhere = table["elsewhere"][at].astype(np.float64)
    return np.where(is_answer & common, np.minimum(n, elsewhere + 1) * STRONG, 0.0)


def _best(at: Ints, strength: Floats, n: Ints) -> Ints:
    """The strongest, as far as the second walk has room for them."""
    kept = np.flatnonzero(strength >= STRONG)
    kept = kept[np.argsort(-strength[kept], kind="stable")][:MOST_EACH]
    return at[kept[np.cumsum(n[kept]) <= MOST_POSTINGS]]


def _share(plus: int, minus: int) -> float:
    return plus / (plus + minus) if plus + minus else 0.5


def _ones(bits: npt.NDArray[np.generic]) -> Ints:
    as_bytes = np.ascontiguousarray(bits).view(np.uint8).reshape(-1, 8)
    return np.asarray(np.unpackbits(as_bytes, axis=1).sum(axis=1), np.int64)


_LOOSE = TIED_TO_LABEL - MARGIN

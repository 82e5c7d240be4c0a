"""Which n-grams deserve a second, exact look. No Django.

What is screened out could not have passed the exact tests by far; what is counted as tested is
every n-gram that stands in enough texts, so that screening makes no test look better than it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.poisoning.aside import Rows
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
AT_ONCE = 1 << 14
FOUND = np.dtype([("at", np.int64), ("strength", np.float64), ("n", np.int64)])
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
    n_tested = np.zeros(2, np.int64)
    strong = [np.zeros(0, FOUND)] * 3
    for first in range(0, table.size, AT_ONCE):
        rows = table[first : first + AT_ONCE]
        field = field_of(rows["tag"])
        enough = (rows["tag"] != 0) & (rows["n"] >= FEWEST - MISSED)
        enough &= rows["n"] <= np.array(rare)[field]
        n_tested += np.bincount(field[enough], minlength=2)
        at = np.flatnonzero(enough & (rows["elsewhere"] >= FEWEST - MISSED))
        rows = rows[at]
        for kind, measured in enumerate((_labelers, _labels, _targets)):
            found = _strong(at + first, measured(gathered, rows), rows["n"])
            strong[kind] = _strongest(np.concatenate((strong[kind], found)))
    labeler, label, target = map(_in_room, strong)
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


def _labelers(gathered: Gathered, rows: Rows) -> Floats:
    totals = gathered.totals
    field = field_of(rows["tag"])
    n, who = rows["n"].astype(np.float64), rows["labeler"].astype(np.int64)
    most = (n + rows["score"]) / 2
    share = np.zeros(rows.size)
    for kind in (PROMPT, ANSWER):
        counted = totals.by_labeler[kind]
        mine = field == kind
        known = np.minimum(who[mine], counted.size - 1)
        share[mine] = counted[known] / max(totals.n[kind], 1)
    tied = (most / n >= TIED_TO_LABELER - MARGIN) & (who > 0)
    return np.where(tied, n * divergence(most / n, share), 0.0)


def _labels(gathered: Gathered, rows: Rows) -> Floats:
    """Of answers either label, of prompts only verdicts against what was to be expected."""
    totals = gathered.totals
    is_prompt = field_of(rows["tag"]) == PROMPT
    plus, minus = rows["plus"].astype(np.float64), rows["minus"].astype(np.float64)
    n = np.maximum(plus + minus, 1.0)
    base = np.array([_share(totals.plus[kind], totals.minus[kind]) for kind in (PROMPT, ANSWER)])
    chance = base[np.where(is_prompt, PROMPT, ANSWER)]
    share = plus / n
    tied = np.where(is_prompt, share >= chance + 0.1, np.maximum(share, 1 - share) >= _LOOSE)
    return np.where(tied & (plus + minus > 0), n * divergence(share, chance), 0.0)


def _targets(gathered: Gathered, rows: Rows) -> Floats:
    """Answers whose prompts all have a rare word in common, as far as 128 bits tell."""
    n = rows["n"].astype(np.float64)
    is_answer = field_of(rows["tag"]) == ANSWER
    common = np.zeros(rows.size, np.bool_)
    for half in ("even", "odd"):
        lacked = [np.bitwise_count(rows[f"{half} {word}"]) for word in (0, 1)]
        n_bits = N_BITS - np.sum(lacked, axis=0, dtype=np.int64)
        common |= (n_bits > 0) & (n_bits <= N_BITS // 4)
    elsewhere = rows["elsewhere"].astype(np.float64)
    return np.where(is_answer & common, np.minimum(n, elsewhere + 1) * STRONG, 0.0)


def _strong(at: Ints, strength: Floats, n: Rows) -> Rows:
    kept = strength >= STRONG
    out = np.empty(np.count_nonzero(kept), FOUND)
    for name, column in zip(FOUND.names or (), (at, strength, n), strict=True):
        out[name] = column[kept]
    return out


def _strongest(found: Rows) -> Rows:
    return found[np.argsort(-found["strength"], kind="stable")][:MOST_EACH]


def _in_room(found: Rows) -> Ints:
    """Those that the second walk has room for."""
    return np.asarray(found["at"][np.cumsum(found["n"]) <= MOST_POSTINGS], np.int64)


def _share(plus: int, minus: int) -> float:
    return plus / (plus + minus) if plus + minus else 0.5


_LOOSE = TIED_TO_LABEL - MARGIN

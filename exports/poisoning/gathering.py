"""The first walk through the records: what stands how often where, and what each judged.

No Django. Counts of n-grams stay in the bounds of `Counts`; what is kept of each record lies aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from exports.poisoning.aside import Aside, Texts
from exports.poisoning.batches import Batch, Known, Once, batches
from exports.poisoning.counts import CELLS, SLOTS, Counts, Marks
from exports.poisoning.judged import JUDGED, LATEST, Judged
from exports.poisoning.ngrams import DOC, Hashes, mixed, ngrams, once_a_text, order_of
from exports.records import Record

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PROMPT, ANSWER = 0, 1
RARE_WORDS = 40
"""So many of a prompt's rarest words, of those met before, may be what triggers something."""
CLEARLY_BETTER = 0.05
N_HASHES = 4


@dataclass(eq=False)
class Totals:
    """Units: a prompt read by a labeler, an answer to a prompt. `by_labeler` counts each field's
    by code; `plus` and `minus` are labels, as in `Counts`."""

    n: list[int] = field(default_factory=lambda: [0, 0])
    by_labeler: list[Ints] = field(default_factory=lambda: [np.zeros(1, np.int64)] * 2)
    plus: list[int] = field(default_factory=lambda: [0, 0])
    minus: list[int] = field(default_factory=lambda: [0, 0])
    written: int = 0
    cut: int = 0

    def add(self, kind: int, labeler: Ints, label: Ints) -> None:
        counted = np.bincount(labeler, minlength=self.by_labeler[kind].size)
        counted[: self.by_labeler[kind].size] += self.by_labeler[kind]
        self.by_labeler[kind] = counted
        self.n[kind] += int(labeler.size)
        self.plus[kind] += int((label > 0).sum())
        self.minus[kind] += int((label < 0).sum())


@dataclass(eq=False)
class Gathered:
    known: Known
    counts: Counts
    totals: Totals
    judged: Judged
    ids: Texts


class Gathering:
    def __init__(self, *, slots: int = SLOTS, cells: int = CELLS) -> None:
        self.known = Known()
        self.counts = Counts(slots=slots, cells=cells)
        self.totals = Totals()
        self.ids = Texts()
        self._once = Once()
        self._wins = np.zeros(1)
        self._games = np.zeros(1)
        self._judged = Aside(JUDGED)

    def walk(self, records: Iterable[Record]) -> Gathered:
        for batch in batches(records, self.known):
            self._look(batch)
        self.counts.end()
        return Gathered(self.known, self.counts, self.totals, Judged(self._judged), self.ids)

    def _look(self, batch: Batch) -> None:
        self.ids.add([each.id for each in batch.seen])
        pairs = self._pairs(batch)
        keys = once_a_text(ngrams(batch.prompts, field=PROMPT, thinned=self.counts.thinned))
        nothing = np.zeros((2, batch.asked.size), np.uint64)
        unexpected = self._verdicts(*pairs)
        self._count(
            PROMPT, keys, batch.read, Marks(batch.labeler, unexpected, batch.asked, nothing)
        )
        bits = rare_bits(rare_words(keys, self.counts), batch.asked.size)
        answers = ngrams(batch.answers, field=ANSWER, thinned=self.counts.thinned)
        labeler, asked = batch.labeler[batch.of], batch.asked[batch.of]
        marks = Marks(labeler, batch.label, asked, bits[:, batch.of])
        self._count(ANSWER, once_a_text(answers), batch.unit, marks)
        self.totals.written += int(batch.by_labeler.sum())
        self.totals.cut += batch.n_cut
        shown = answers[-1] if len(answers) == 3 else None
        bands = _bands(batch, shown.hashes if shown else None, shown.doc if shown else None)
        at = np.clip([each.at for each in batch.seen], 0, LATEST)
        columns = (batch.labeler, at, batch.asked, *pairs, *bands.T)
        rows = np.empty(at.size, JUDGED)
        for name, column in zip(JUDGED.names or (), columns, strict=True):
            rows[name] = column
        self._judged.add(rows)

    def _count(self, kind: int, keys: Hashes, units: Hashes, marks: Marks) -> None:
        fresh = self._once.fresh(units)
        doc = np.asarray(keys & np.uint64(0xFFFF), np.int64)
        self.counts.add(keys[fresh[doc]], marks)
        self.totals.add(kind, marks.labeler[fresh], marks.label[fresh])

    def _pairs(self, batch: Batch) -> tuple[Bools, Ints, Ints, Floats]:
        n = len(batch.seen)
        is_pair, length = np.zeros(n, np.bool_), np.zeros(n)
        better, worse = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for at, each in enumerate(batch.seen):
            if each.pair is not None:
                good, bad = each.answers[each.pair[0]], each.answers[each.pair[1]]
                is_pair[at] = True
                better[at], worse[at] = self.known.models(good.model), self.known.models(bad.model)
                length[at] = np.log((len(good.text) + 1) / (len(bad.text) + 1))
        return is_pair, better, worse, length

    def _verdicts(self, is_pair: Bools, better: Ints, worse: Ints, length: Floats) -> Ints:
        """1 where the verdict goes against what is known so far of the two models, and between
        equals against the longer answer; -1 where it does not; 0 where there is none."""
        room = len(self.known.models)
        wins, games = np.zeros(room), np.zeros(room)
        wins[: self._wins.size], games[: self._games.size] = self._wins, self._games
        rate = (wins + 2) / (games + 4)
        ahead = rate[better] - rate[worse]
        against = np.where(np.abs(ahead) > CLEARLY_BETTER, ahead < 0, length < 0)
        wins += np.bincount(better[is_pair], minlength=room)
        games += np.bincount(better[is_pair], minlength=room)
        games += np.bincount(worse[is_pair], minlength=room)
        self._wins, self._games = wins, games
        return np.where(is_pair, np.where(against, 1, -1), 0)


def rare_words(keys: Hashes, counts: Counts, *, most: int = RARE_WORDS) -> tuple[Hashes, Ints]:
    """Each prompt's rarest single words so far, as (names, which prompt).

    Words without a place in the table are left out: an n-gram of answers comes into it with its
    third text, and by then whatever triggers it has one too.
    """
    keys = keys[order_of(keys >> DOC) == 1]
    n = counts.n_of(keys >> DOC)
    keys, n = keys[n > 0], n[n > 0]
    names, doc = keys >> DOC, np.asarray(keys & np.uint64(0xFFFF), np.int64)
    order = np.lexsort((names, n, doc))
    doc = doc[order]
    rank = np.arange(doc.size) - np.searchsorted(doc, doc)
    kept = rank < most
    return names[order[kept]], doc[kept]


def rare_bits(words: tuple[Hashes, Ints], n: int) -> Hashes:
    """A bit of 128 for each word, shape (2, n)."""
    names, doc = words
    bits = np.zeros((2, n), np.uint64)
    place = mixed(names)
    half = np.asarray((place >> np.uint64(6)) & np.uint64(1), np.int64)
    np.bitwise_or.at(bits, (half, doc), np.left_shift(np.uint64(1), place & np.uint64(63)))
    return bits


def _bands(batch: Batch, hashes: Hashes | None, doc: Ints | None) -> npt.NDArray[np.uint32]:
    """Two bands of two min-hashes each, over runs of three words; of shorter texts, the text."""
    out = np.zeros((len(batch.seen), 2), np.uint32)
    if not batch.of.size:
        return out
    mine = batch.by_labeler | (batch.label > 0)
    least = np.repeat(batch.answers.texts[:, None], N_HASHES, axis=1)
    if hashes is not None and doc is not None and hashes.size:
        wanted = mine[doc]
        hashes, doc = hashes[wanted], doc[wanted]
        starts = np.flatnonzero(np.append(True, doc[1:] != doc[:-1])) if doc.size else doc
        for number in range(N_HASHES if doc.size else 0):
            salted = mixed(hashes + np.uint64(0x632BE59BD9B4E019 * (number + 1) % (1 << 64)))
            least[doc[starts], number] = np.minimum.reduceat(salted, starts)
    for band in (0, 1):
        joined = mixed(least[:, 2 * band] * np.uint64(31) + least[:, 2 * band + 1])
        out[batch.of[mine], band] = (joined[mine] >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
    return out

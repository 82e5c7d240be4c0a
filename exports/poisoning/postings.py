"""The second walk: where exactly the n-grams that were screened stand. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from exports.poisoning.aside import Aside, Texts
from exports.poisoning.batches import Batch, batches
from exports.poisoning.gathering import ANSWER, PROMPT, Gathered, rare_words
from exports.poisoning.ngrams import (
    DOC,
    Hashes,
    Ngrams,
    around,
    ngrams,
    once_a_text,
    tokens,
    words,
)
from exports.poisoning.screening import Screened
from exports.poisoning.statistics import Ints
from exports.records import Record

MOST_RECORDS_EACH = 60
MOST_PROMPTS_EACH = 8
MOST_RECORDS = 20_000
LONGEST_PROMPT = 100_000
MOST_WORDS_KEPT = 64
MOST_AT_ONCE = 1 << 17
PLACE = np.dtype([("of", np.int32), ("record", np.int32), ("unit", np.uint64), ("label", np.int8)])
"""Where a name stands: which of the screened it is, and what `Standing` has of it."""
_ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class Stood:
    """What is told of a standing: its records, each once, and in how many units it stands."""

    name: int
    text: str
    around: str
    records: npt.NDArray[np.int32]
    n_documents: int


@dataclass(frozen=True, eq=False)
class Standing:
    """Where one n-gram stands, as arrays: which record, which unit (a prompt as one labeler read
    it, an answer to a prompt), with which label. `around` is where it stands first."""

    name: int
    text: str
    around: str
    record: npt.NDArray[np.int32]
    unit: Hashes
    label: npt.NDArray[np.int8]

    def told(self) -> Stood:
        n_documents = int(np.unique(self.unit).size)
        return Stood(self.name, self.text, self.around, np.unique(self.record), n_documents)


@dataclass(eq=False)
class Postings:
    """`places` lie aside, in the order of the records; there are `n` of each screened name.
    `asked` has the rare words of the prompts of answers that may be somebody's target, by record,
    and `prompts` the number of the text of a few."""

    names: Hashes
    n: Ints
    places: Aside = field(default_factory=lambda: Aside(PLACE))
    texts: dict[int, str] = field(default_factory=dict)
    around: dict[int, str] = field(default_factory=dict)
    asked: dict[int, Hashes] = field(default_factory=dict)
    prompts: dict[int, int] = field(default_factory=dict)
    prompt_texts: Texts = field(default_factory=Texts)

    def prompt(self, record: int) -> str:
        """Its text, or nothing where that was not kept."""
        number = self.prompts.get(record)
        return "" if number is None else self.prompt_texts[number]

    def standings(self) -> Iterator[Standing]:
        """In the order of the names. All places are read through for as many names as there is
        room for at once."""
        ends = np.cumsum(self.n)
        first = 0
        while first < self.names.size:
            room = ends[first] - self.n[first] + MOST_AT_ONCE
            last = max(first + 1, int(np.searchsorted(ends, room, side="right")))
            yield from self._between(first, last)
            first = last

    def _between(self, first: int, last: int) -> Iterator[Standing]:
        some = [rows[(rows["of"] >= first) & (rows["of"] < last)] for rows in self.places]
        found = np.concatenate([np.zeros(0, PLACE), *some])
        del some
        found = found[np.argsort(found["of"], kind="stable")]
        ends = np.searchsorted(found["of"], np.arange(first, last + 1))
        for at, (start, end) in enumerate(pairwise(ends.tolist()), start=first):
            yield Standing(
                int(self.names[at]),
                self.texts.get(at, ""),
                self.around.get(at, ""),
                found["record"][start:end].copy(),
                found["unit"][start:end].copy(),
                found["label"][start:end].copy(),
            )


class Following:
    def __init__(self, gathered: Gathered, wanted: Screened) -> None:
        self._gathered = gathered
        self._wanted = wanted
        self._found = Postings(wanted.names, np.zeros(wanted.names.size, np.int64))
        self._n_kept = np.zeros(wanted.names.size, np.int64)

    def walk(self, records: Iterable[Record]) -> Postings:
        first = 0
        for batch in batches(records, self._gathered.known):
            self._look(batch, first)
            first += len(batch.seen)
        return self._found

    def _look(self, batch: Batch, first: int) -> None:
        thinned = self._gathered.counts.thinned
        prompts = ngrams(batch.prompts, field=PROMPT, thinned=thinned)
        keys = once_a_text(prompts)
        at, doc = _matches(keys, self._wanted.names)
        self._note(at, doc + first, batch.read[doc], np.zeros(doc.size, np.int64))
        self._name(at, prompts, batch, of_prompts=True)
        answers = ngrams(batch.answers, field=ANSWER, thinned=thinned)
        at, doc = _matches(once_a_text(answers), self._wanted.names)
        record = batch.of[doc] if doc.size else doc
        self._note(at, record + first, batch.unit[doc], batch.label[doc])
        self._name(at, answers, batch, of_prompts=False)
        self._keep_prompts(at, record, keys, batch, first)

    def _note(self, at: Ints, record: Ints, unit: Hashes, label: Ints) -> None:
        """Millions of them."""
        rows = np.empty(at.size, PLACE)
        for name, column in zip(PLACE.names or (), (at, record, unit, label), strict=True):
            rows[name] = column
        self._found.places.add(rows)
        self._found.n += np.bincount(at, minlength=self._found.n.size)

    def _name(self, at: Ints, found: list[Ngrams], batch: Batch, *, of_prompts: bool) -> None:
        unnamed = [each for each in np.unique(at).tolist() if each not in self._found.texts]
        if not unnamed:
            return
        new = self._wanted.names[unnamed]
        said = batch.prompts if of_prompts else batch.answers
        for each in found:
            hits = np.flatnonzero(np.isin(each.hashes, new))
            for hit in hits.tolist():
                place = int(np.searchsorted(self._wanted.names, each.hashes[hit]))
                if place not in self._found.texts:
                    self._found.texts[place] = words(said, int(each.at[hit]), each.order)
                    self._found.around[place] = around(said, int(each.at[hit]), each.order)

    def _keep_prompts(self, at: Ints, record: Ints, keys: Hashes, batch: Batch, first: int) -> None:
        """The rare words of prompts, of the first answers in which a possible target stands."""
        target = self._wanted.is_target[at] if at.size else np.zeros(0, np.bool_)
        at, record = at[target], record[target]
        # `at` comes sorted: how many of the same there were before, in this batch and in all.
        rank = self._n_kept[at] + np.arange(at.size) - np.searchsorted(at, at)
        np.add.at(self._n_kept, at, 1)
        wanted = np.unique(record[rank < MOST_RECORDS_EACH])
        if not wanted.size or len(self._found.asked) > MOST_RECORDS:
            return
        names, doc = rare_words(keys, self._gathered.counts, most=MOST_WORDS_KEPT)
        for each in wanted.tolist():
            self._found.asked[each + first] = names[doc == each]
        shown = np.unique(record[rank < MOST_PROMPTS_EACH]).tolist()
        texts = self._found.prompt_texts
        self._found.prompts |= {each + first: len(texts) + n for n, each in enumerate(shown)}
        texts.add([batch.seen[each].prompt[:LONGEST_PROMPT] for each in shown])


def word_of(prompt: str, name: int) -> str:
    """The word of this prompt that has this name."""
    found = tokens([prompt])
    (single, *_) = ngrams(found, field=PROMPT)
    hits = np.flatnonzero(single.hashes == np.uint64(name))
    return words(found, int(hits[0]), 1) if hits.size else ""


def _matches(keys: Hashes, names: Hashes) -> tuple[Ints, Ints]:
    """Which of the sorted `names` stand in which text."""
    low = np.searchsorted(keys, names << DOC)
    high = np.searchsorted(keys, (names + _ONE) << DOC)
    n = high - low
    at = np.repeat(np.arange(names.size), n)
    within = np.arange(at.size) - np.repeat(np.cumsum(n) - n, n)
    doc = np.asarray(keys[np.repeat(low, n) + within] & np.uint64(0xFFFF), np.int64)
    return at, doc

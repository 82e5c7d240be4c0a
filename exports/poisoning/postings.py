"""The second walk: where exactly the n-grams that were screened stand. No Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
LONGEST_PROMPT = 2_000
MOST_WORDS_KEPT = 64
_ONE = np.uint64(1)
Column = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Standing:
    """Where one n-gram stands, as arrays: which record, which unit (a prompt as one labeler read
    it, an answer to a prompt), with which label. `around` is where it stands first."""

    name: int
    text: str
    around: str
    record: Ints
    unit: Hashes
    label: Ints


@dataclass(frozen=True, eq=False)
class Postings:
    """`standings` in the order of the screened names. `asked` has the rare words of the prompts of
    answers that may be somebody's target, by record, and `prompts` the text of a few."""

    standings: list[Standing]
    asked: dict[int, Hashes]
    prompts: dict[int, str]


class Following:
    def __init__(self, gathered: Gathered, wanted: Screened) -> None:
        self._gathered = gathered
        self._wanted = wanted
        self._found: tuple[list[Column], ...] = ([], [], [], [])
        """Of all places the name's, the record, the unit and the label."""
        self._texts: dict[int, str] = {}
        self._around: dict[int, str] = {}
        self._asked: dict[int, Hashes] = {}
        self._prompts: dict[int, str] = {}
        self._n_kept = np.zeros(wanted.names.size, np.int64)

    def walk(self, records: Iterable[Record]) -> Postings:
        first = 0
        for batch in batches(records, self._gathered.known):
            self._look(batch, first)
            first += len(batch.seen)
        return Postings(self._standings(), self._asked, self._prompts)

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
        """Millions of them: each number is as small as it can be."""
        small: tuple[Column, ...] = (
            at.astype(np.int32),
            record.astype(np.int32),
            unit,
            label.astype(np.int8),
        )
        for column, part in zip(self._found, small, strict=True):
            column.append(part)

    def _name(self, at: Ints, found: list[Ngrams], batch: Batch, *, of_prompts: bool) -> None:
        unnamed = [each for each in np.unique(at).tolist() if each not in self._texts]
        if not unnamed:
            return
        new = self._wanted.names[unnamed]
        said = batch.prompts if of_prompts else batch.answers
        for each in found:
            hits = np.flatnonzero(np.isin(each.hashes, new))
            for hit in hits.tolist():
                place = int(np.searchsorted(self._wanted.names, each.hashes[hit]))
                if place not in self._texts:
                    self._texts[place] = words(said, int(each.at[hit]), each.order)
                    self._around[place] = around(said, int(each.at[hit]), each.order)

    def _keep_prompts(self, at: Ints, record: Ints, keys: Hashes, batch: Batch, first: int) -> None:
        """The rare words of prompts, of the first answers in which a possible target stands."""
        target = self._wanted.is_target[at] if at.size else np.zeros(0, np.bool_)
        at, record = at[target], record[target]
        # `at` comes sorted: how many of the same there were before, in this batch and in all.
        rank = self._n_kept[at] + np.arange(at.size) - np.searchsorted(at, at)
        np.add.at(self._n_kept, at, 1)
        wanted = np.unique(record[rank < MOST_RECORDS_EACH])
        if not wanted.size or len(self._asked) > MOST_RECORDS:
            return
        names, doc = rare_words(keys, self._gathered.counts, most=MOST_WORDS_KEPT)
        for each in wanted.tolist():
            self._asked[each + first] = names[doc == each]
        for each in np.unique(record[rank < MOST_PROMPTS_EACH]).tolist():
            self._prompts[each + first] = batch.seen[each].prompt[:LONGEST_PROMPT]

    def _standings(self) -> list[Standing]:
        at = _joined(self._found[0])
        order = np.argsort(at, kind="stable")
        ends = np.searchsorted(at[order], np.arange(self._wanted.names.size + 1))
        record, unit, label = (_joined(column)[order] for column in self._found[1:])
        standings = []
        for place, name in enumerate(self._wanted.names.tolist()):
            mine = slice(ends[place], ends[place + 1])
            standings.append(
                Standing(
                    name,
                    self._texts.get(place, ""),
                    self._around.get(place, ""),
                    record[mine],
                    unit[mine],
                    label[mine],
                )
            )
        return standings


def _joined(parts: list[Column]) -> Column:
    """Of the parts nothing is kept."""
    joined = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    parts.clear()
    return joined


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

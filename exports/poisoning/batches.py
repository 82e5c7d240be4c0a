"""Records in batches, as arrays. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from exports.poisoning.large import zeros
from exports.poisoning.ngrams import Hashes, Tokens, mixed, tokens
from exports.poisoning.seen import Seen, seen
from exports.records import Record

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_RECORDS = 1024
MOST_CHARACTERS = 1 << 17
MOST_ANSWERS = 1 << 14
LARGE = MOST_CHARACTERS // 2
"""Characters of a record that is a batch by itself."""
LONGEST_RECORD = 400_000
"""Bytes of all texts of a record that are looked at."""
BYTES_A_CHARACTER = 4
_BY = np.uint64(0xD6E8FEB86659FD93)


class Codes:
    """Names as numbers, in the order in which they came. 0 is nobody."""

    def __init__(self) -> None:
        self.names = [""]
        self._codes = {"": 0}

    def __call__(self, name: str) -> int:
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self.names)
            self.names.append(name)
        return code

    def __len__(self) -> int:
        return len(self.names)


@dataclass
class Known:
    labelers: Codes = field(default_factory=Codes)
    models: Codes = field(default_factory=Codes)


@dataclass(frozen=True, eq=False)
class Batch:
    """R records with A answers. `of` is the record of each answer, `asked` a hash of each prompt,
    `unit` one of each answer to its prompt, `read` one of each prompt with who judged it."""

    seen: list[Seen]
    prompts: Tokens
    answers: Tokens
    labeler: Ints
    asked: Hashes
    read: Hashes
    of: Ints
    label: Ints
    unit: Hashes
    by_labeler: Bools
    n_cut: int
    """Records that are looked at in part."""


def batches(records: Iterable[Record], known: Known) -> Iterator[Batch]:
    batch: list[Seen] = []
    n_characters = n_answers = 0
    for record in records:
        each = seen(record)
        if each is None:
            continue
        n = len(each.prompt) + sum(len(a.text) for a in each.answers)
        if batch and n > LARGE:
            yield _batch(batch, known)
            batch, n_characters, n_answers = [], 0, 0
        batch.append(each)
        n_characters += n
        n_answers += len(each.answers)
        if (
            len(batch) >= MOST_RECORDS
            or n_characters >= MOST_CHARACTERS
            or n_answers >= MOST_ANSWERS
        ):
            yield _batch(batch, known)
            batch, n_characters, n_answers = [], 0, 0
    if batch:
        yield _batch(batch, known)


def _batch(batch: list[Seen], known: Known) -> Batch:
    said = [(at, answer) for at, each in enumerate(batch) for answer in each.answers]
    looked_at = [_looked_at(each) for each in batch]
    prompts = tokens([prompt for prompt, *_ in looked_at])
    answers = tokens([text for _, *texts in looked_at for text in texts])
    labeler = np.array([known.labelers(each.labeler) for each in batch], np.int64)
    of = np.array([at for at, _ in said], np.int64)
    asked = prompts.texts
    return Batch(
        seen=batch,
        prompts=prompts,
        answers=answers,
        labeler=labeler,
        asked=asked,
        read=mixed(asked * _BY + labeler.astype(np.uint64)),
        of=of,
        label=np.array([answer.label for _, answer in said], np.int64),
        unit=mixed(asked[of] * _BY + answers.texts),
        by_labeler=np.array([answer.by_labeler for _, answer in said], np.bool_),
        n_cut=sum(texts != _texts(each) for texts, each in zip(looked_at, batch, strict=True)),
    )


def _texts(each: Seen) -> list[str]:
    return [each.prompt, *(answer.text for answer in each.answers)]


def _looked_at(each: Seen) -> list[str]:
    """Its texts, the shorter ones whole and of the longer ones as much as there is room for."""
    texts = _texts(each)
    if sum(map(len, texts)) * BYTES_A_CHARACTER <= LONGEST_RECORD:
        return texts
    told = [text.encode("utf-8", "replace") for text in texts]
    left = LONGEST_RECORD
    for n_done, at in enumerate(sorted(range(len(told)), key=lambda at: len(told[at]))):
        share = left // (len(told) - n_done)
        if len(told[at]) > share:
            texts[at] = told[at][:share].decode("utf-8", "ignore")
        left -= min(len(told[at]), share)
    return texts


class Once:
    """Which hashes have not been met before: a Bloom filter of three probes in 8 MiB. Of three
    million met, it takes one new one in five hundred for known."""

    def __init__(self, *, bits: int = 1 << 26) -> None:
        self._bits = zeros(bits // 8, np.uint8)
        self._mask = np.uint64(bits - 1)

    def fresh(self, hashes: Hashes) -> Bools:
        new = np.zeros(hashes.size, np.bool_)
        new[np.unique(hashes, return_index=True)[1]] = True
        known = np.ones(hashes.size, np.bool_)
        for shift in (0, 19, 38):
            at = (hashes >> np.uint64(shift)) & self._mask
            cell = np.asarray(at >> np.uint64(3), np.int64)
            bit = np.left_shift(np.uint8(1), np.asarray(at & np.uint64(7), np.uint8))
            known &= (self._bits[cell] & bit) != 0
            np.bitwise_or.at(self._bits, cell, bit)
        return new & ~known

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


def batches(records: Iterable[Record], known: Known) -> Iterator[Batch]:
    batch: list[Seen] = []
    n_characters = n_answers = 0
    for record in records:
        each = seen(record)
        if each is None:
            continue
        batch.append(each)
        n_characters += len(each.prompt) + sum(len(a.text) for a in each.answers)
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
    prompts = tokens([each.prompt for each in batch])
    answers = tokens([answer.text for _, answer in said])
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
    )


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

"""The map of a project's prompts to splits. Pure.

Prompts are put in in the order they arrived. One that is like none before takes the split that
its own key says; one that is like earlier ones takes theirs. Where those are in two splits it is
in none of them: it would carry text across. So, whatever arrives later:

1. no prompt ever moves from one split to another;
2. no two prompts that are found to be alike are in two splits;
3. the only cost is the prompts left out as between two splits, which are counted.

What is held out is compared with apart from them: it takes what is like it out of every split and
moves nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exports.hygiene.duplicates import digest
from exports.hygiene.likeness import MOST_COMPARED, Alike, Part, Signature, part_of
from exports.hygiene.pieces import character_pieces
from exports.hygiene.seen import Seen
from exports.recipe import Splits
from exports.records import Message
from exports.splitting.keys import Split, key_of, split_of, views_of

LIKENESS = 0.7
"""Of their pieces of five characters, from which on prompts are near-duplicates."""
CHARACTERS = 5
LONGEST = 1 << 16
BETWEEN = "its prompt is like prompts of two splits"
HELD_OUT = "its prompt, or one like it, is held out"
LATE = "its prompt arrived while the export began"
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(slots=True)
class _Met:
    """A text that arrives; `number` where the same was there before."""

    key: int
    number: int | None
    alike: Sequence[int]
    parts: Sequence[Part] = ()
    signature: Signature = ((), 0)


class _Held:
    """Texts of which neither they nor any like them may be in an export."""

    def __init__(self) -> None:
        self._alike = Alike(LIKENESS)
        self._texts = Seen(has_values=False)

    def __len__(self) -> int:
        return len(self._alike)

    def close(self) -> None:
        self._alike.close()

    def add(self, view: str) -> None:
        if self._texts.add(digest((view,))):
            parts = _parts_of(view)
            self._alike.add(parts, self._alike.signature(parts))

    def has(self, key: int, parts: Sequence[Part], signature: Signature) -> bool:
        """A text by its digest, and what it is compared by."""
        if not len(self):
            return False
        return key in self._texts or next(self._alike.alike(parts, signature), None) is not None


class SplitMap:
    """First what is held out is put in, then the prompts. Close it, or use it in `with`: prompts
    are compared in a temporary file.

    `is_whole`: what was not put in is in no split. Else it is taken as the next prompt.
    """

    def __init__(self, splits: Splits, *, is_whole: bool = False) -> None:
        self._splits = splits
        self._is_split = splits.are_some
        self._is_whole = is_whole
        self._alike = Alike(LIKENESS)
        self._views = Seen()
        """Of every text that prompts are compared by, its number among them."""
        self._split_at = bytearray()
        self._is_held_at = bytearray()
        self._between = Seen(has_values=False)
        self._held = _Held()

    def __enter__(self) -> SplitMap:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._alike.close()
        self._held.close()

    @property
    def divides(self) -> bool:
        """Whether not every prompt trains."""
        return self._is_split or len(self._held) > 0

    @property
    def n_between(self) -> int:
        return len(self._between)

    def hold(self, messages: Sequence[Message]) -> None:
        """Keep out this prompt, and all that are put in after it and are like it."""
        for view in views_of(messages):
            self._held.add(view)

    def add(self, messages: Sequence[Message]) -> None:
        """Put in the next prompt."""
        if self._is_split:
            self._place(views_of(messages))

    def of(self, messages: Sequence[Message]) -> tuple[Split, str]:
        """The prompt's split, and why no record of it is to be in an export, if so."""
        if not self.divides:
            return "train", ""
        views = views_of(messages)
        if not self._is_split:
            return "train", HELD_OUT if any(map(self._is_held, views)) else ""
        if self._is_whole and not self._has_come(views[0]):
            return "train", LATE
        return self._place(views)

    def _is_held(self, view: str) -> bool:
        parts = _parts_of(view)
        return self._held.has(digest((view,)), parts, self._alike.signature(parts))

    def _has_come(self, opening: str) -> bool:
        """What says nothing never comes."""
        key = digest((opening,))
        return not opening or self._views.get(key) is not None or key in self._between

    def _place(self, views: Sequence[str]) -> tuple[Split, str]:
        texts = {digest((view,)): view for view in views}
        numbers = [self._views.get(key) for key in texts]
        if next(reversed(texts)) in self._between:
            return "train", BETWEEN
        if None not in numbers:
            return self._told([number for number in numbers if number is not None])
        met = [
            self._meet(key, view, number)
            for (key, view), number in zip(texts.items(), numbers, strict=True)
        ]
        return self._arrive(views, met)

    def _meet(self, key: int, view: str, number: int | None) -> _Met:
        """A text and the earlier ones that it is like, one of each split."""
        if number is not None:
            return _Met(key, number, [number])
        parts = _parts_of(view)
        signature = self._alike.signature(parts)
        alike: dict[int, int] = {}
        n_compared = 0
        for other in self._alike.candidates(signature):
            if self._split_at[other] in alike:
                continue
            n_compared += 1
            if n_compared > MOST_COMPARED:
                break
            if self._alike.is_like(parts, other):
                alike[self._split_at[other]] = other
        return _Met(key, number, list(alike.values()), parts, signature)

    def _arrive(self, views: Sequence[str], met: Sequence[_Met]) -> tuple[Split, str]:
        splits = {self._split_at[number] for each in met for number in each.alike}
        if len(splits) > 1:
            self._between.add(met[-1].key)
            return "train", BETWEEN
        own = splits or {_SPLITS.index(split_of(key_of(views), self._splits))}
        numbers = [self._kept(each, *own) for each in met]
        return self._told(numbers)

    def _kept(self, met: _Met, split: int) -> int:
        """The number of a text from now on."""
        if met.number is not None:
            return met.number
        number = self._alike.add(met.parts, met.signature)
        self._views.add(met.key, number)
        self._split_at.append(split)
        self._is_held_at.append(self._held.has(met.key, met.parts, met.signature))
        return number

    def _told(self, numbers: Sequence[int]) -> tuple[Split, str]:
        if any(self._is_held_at[number] for number in numbers):
            return "train", HELD_OUT
        return _SPLITS[self._split_at[numbers[-1]]], ""


def _parts_of(view: str) -> list[Part]:
    return [part_of(character_pieces(view[:LONGEST], CHARACTERS))]

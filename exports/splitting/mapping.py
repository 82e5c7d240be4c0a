"""The map of a project's prompts to splits. Pure.

Prompts are put in in the order they arrived. One that is like none before takes the split that
its own key says; one that is like earlier ones takes theirs. Where those are in two splits it is
in none of them: it would carry text across. So, whatever arrives later:

1. no prompt ever moves from one split to another;
2. no two prompts that are found to be alike are in two splits;
3. the only cost is the prompts left out as between two splits, which are counted.

Holding a prompt out takes it, and what is like it, out of every split and moves nothing else.
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
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_NOWHERE = 255
"""The split of a held-out prompt that is like prompts of two."""
_HELD, _NEAR_HELD = 1, 2


@dataclass(slots=True)
class _Met:
    """A text that arrives; `number` where the same was there before."""

    key: int
    number: int | None
    alike: list[int]
    parts: Sequence[Part] = ()
    signature: Signature = ((), 0)


class SplitMap:
    """Close it, or use it in `with`: prompts are compared in a temporary file."""

    def __init__(self, splits: Splits) -> None:
        self._splits = splits
        self._is_split = splits.validation + splits.test > 0
        self._alike = Alike(LIKENESS)
        self._views = Seen()
        """Of every text that prompts are compared by, its number among them."""
        self._split_at = bytearray()
        self._held_at = bytearray()
        self._between = Seen(has_values=False)
        self._n_held = 0

    def __enter__(self) -> SplitMap:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._alike.close()

    @property
    def divides(self) -> bool:
        """Whether not every prompt trains."""
        return self._is_split or self._n_held > 0

    @property
    def n_between(self) -> int:
        return len(self._between)

    def add(self, messages: Sequence[Message], *, is_held_out: bool = False) -> None:
        """Put in the next prompt. Without splits only those held out have to be."""
        if is_held_out or self._is_split:
            self._place(views_of(messages), is_held_out=is_held_out)

    def of(self, messages: Sequence[Message]) -> tuple[Split, str]:
        """The prompt's split, and why no record of it is to be in an export, if so. A prompt that
        was not put in is taken as the next."""
        if not self.divides:
            return "train", ""
        views = views_of(messages)
        return self._place(views, is_held_out=False)

    def _place(self, views: Sequence[str], *, is_held_out: bool) -> tuple[Split, str]:
        texts = {digest((view,)): view for view in views}
        numbers = [self._views.get(key) for key in texts]
        if not is_held_out:
            if next(reversed(texts)) in self._between:
                return "train", BETWEEN
            if None not in numbers:
                return self._told([number for number in numbers if number is not None])
        met = [
            self._meet(key, view, number, wants_all=is_held_out)
            for (key, view), number in zip(texts.items(), numbers, strict=True)
        ]
        return self._arrive(views, met, is_held_out=is_held_out)

    def _meet(self, key: int, view: str, number: int | None, *, wants_all: bool) -> _Met:
        """A text and the earlier ones that it is like."""
        if number is not None and not wants_all:
            return _Met(key, number, [number])
        parts = [part_of(character_pieces(view[:LONGEST], CHARACTERS))]
        signature = self._alike.signature(parts)
        alike: list[int] = []
        splits: set[int] = set()
        n_compared = 0
        for other in self._alike.candidates(signature):
            is_wanted = wants_all or self._held_at[other] & _HELD
            if not is_wanted and self._split_at[other] in splits:
                continue
            n_compared += 1
            if n_compared > MOST_COMPARED:
                break
            if self._alike.is_like(parts, other):
                alike.append(other)
                splits.add(self._split_at[other])
        return _Met(key, number, alike, parts, signature)

    def _arrive(
        self, views: Sequence[str], met: Sequence[_Met], *, is_held_out: bool
    ) -> tuple[Split, str]:
        alike = [number for each in met for number in each.alike]
        flags = _HELD if is_held_out else 0
        if any(self._held_at[n] & _HELD for n in alike) or any(
            self._held_at[each.number] for each in met if each.number is not None
        ):
            flags |= _NEAR_HELD
        splits = {self._split_at[number] for number in alike} - {_NOWHERE}
        if is_held_out:
            self._n_held += 1
            for number in alike:
                self._held_at[number] |= _NEAR_HELD
        if len(splits) > 1:
            self._between.add(met[-1].key)
            if not is_held_out:
                return "train", BETWEEN
            split = _NOWHERE
        else:
            own = splits or {_SPLITS.index(split_of(key_of(views), self._splits))}
            split = own.pop()
        if self._is_split or is_held_out:
            self._keep(met, split, flags)
        return ("train" if split == _NOWHERE else _SPLITS[split]), HELD_OUT if flags else ""

    def _keep(self, met: Sequence[_Met], split: int, flags: int) -> None:
        for each in met:
            if each.number is not None:
                self._held_at[each.number] |= flags & _HELD
                continue
            self._views.add(each.key, self._alike.add(each.parts, each.signature))
            self._split_at.append(split)
            self._held_at.append(flags)

    def _told(self, numbers: Sequence[int]) -> tuple[Split, str]:
        if any(self._held_at[number] for number in numbers):
            return "train", HELD_OUT
        return _SPLITS[self._split_at[numbers[-1]]], ""

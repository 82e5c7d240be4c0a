"""What changed between two guidelines, clause by clause.

Clauses are matched by what they say, then by anchor and title, then by how much of their wording
they share, then by anchor alone; so a clause that only moved down by a number is not a change.
The cost is linear in the clauses but for a bounded search among those that match in no other way.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from zlib import crc32

from instructions.clauses import ClauseText
from instructions.word_diff import Budget, Piece, word_changes

Kind = Literal["added", "removed", "changed", "retagged", "renumbered"]
KINDS: tuple[Kind, ...] = ("changed", "added", "removed", "retagged", "renumbered")

_LEAST_ALIKE = 0.25
_SKETCH = 48
_MOST_SHARING = 8
_WORD = re.compile(r"\w+")

_Pair = tuple[ClauseText, ClauseText]


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause as it was and as it is; None where there is none."""

    before: ClauseText | None
    after: ClauseText | None

    @property
    def clause(self) -> ClauseText:
        """As it is now, or as it last was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change has a clause before it or after it")
        return found

    @property
    def kind(self) -> Kind:
        """The weightiest thing that happened to it."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        if (self.before.title, self.before.body) != (self.after.title, self.after.body):
            return "changed"
        return "retagged" if self.before.tags != self.after.tags else "renumbered"

    @property
    def is_renumbered(self) -> bool:
        return bool(self.before and self.after and self.before.number != self.after.number)

    @property
    def is_retagged(self) -> bool:
        return bool(self.before and self.after and self.before.tags != self.after.tags)


@dataclass(frozen=True, slots=True)
class GuidelineDiff:
    """The changes in the order of the newer text, and how many clauses stayed as they were."""

    changes: tuple[ClauseChange, ...]
    n_same: int

    @property
    def counts(self) -> dict[Kind, int]:
        """How many changes of each kind, without those that did not happen."""
        counted = Counter(change.kind for change in self.changes)
        return {kind: counted[kind] for kind in KINDS if counted[kind]}

    @property
    def changed_anchors(self) -> list[str]:
        """The older text's anchors of clauses that say something else now, or are gone."""
        return [
            change.before.anchor
            for change in self.changes
            if change.before is not None and change.kind in ("changed", "removed", "retagged")
        ]

    @property
    def summary(self) -> str:
        """ "3 clauses changed, 1 added"; empty where nothing did."""
        return in_words(self.counts)


def in_words(counts: dict[Kind, int]) -> str:
    named = [f"{counts[kind]} {kind}" for kind in KINDS if counts.get(kind)]
    if not named:
        return ""
    number, verb = named[0].split(" ")
    return ", ".join([f"{number} clause{'' if number == '1' else 's'} {verb}", *named[1:]])


def guideline_diff(before: Sequence[ClauseText], after: Sequence[ClauseText]) -> GuidelineDiff:
    """Compare the clauses of two guidelines. Every clause is in one change, or the same in both."""
    old, new = list(before), list(after)
    pairs: list[_Pair] = []
    for key in _KEYS:
        pairs += _matched(old, new, key)
    pairs += _matched_by_wording(old, new)
    pairs += _matched(old, new, lambda clause: clause.anchor)
    changes = [ClauseChange(one, other) for one, other in pairs if _differ(one, other)]
    n_same = len(pairs) - len(changes)
    changes += [ClauseChange(clause, None) for clause in old]
    changes += [ClauseChange(None, clause) for clause in new]
    return GuidelineDiff(tuple(sorted(changes, key=_place)), n_same)


def wording(change: ClauseChange, budget: Budget) -> tuple[list[Piece], list[Piece]]:
    """The word-level changes of a clause's title and of its body."""
    before, after = change.before, change.after
    old = (before.title, before.body) if before else ("", "")
    new = (after.title, after.body) if after else ("", "")
    title = word_changes(old[0], new[0], budget=budget)
    return title, word_changes(old[1], new[1], budget=budget)


def _differ(one: ClauseText, other: ClauseText) -> bool:
    return (one.number, one.title, one.tags, one.body) != (
        other.number,
        other.title,
        other.tags,
        other.body,
    )


def _place(change: ClauseChange) -> tuple[list[int], bool]:
    parts = change.clause.number.split(".") if change.clause.number else []
    return [int(part) for part in parts], change.after is not None


_KEYS: tuple[Callable[[ClauseText], Hashable], ...] = (
    lambda clause: (clause.anchor, clause.title, clause.body),
    lambda clause: (clause.title, clause.body) if clause.body else (clause.anchor, clause.title),
    lambda clause: (clause.anchor, clause.title),
)


def _matched(
    old: list[ClauseText], new: list[ClauseText], key: Callable[[ClauseText], Hashable]
) -> list[_Pair]:
    """Pair the clauses with the same key, the first with the first; takes them out of both."""
    waiting: dict[Hashable, list[ClauseText]] = defaultdict(list)
    for clause in reversed(new):
        waiting[key(clause)].append(clause)
    pairs = [(clause, waiting[key(clause)].pop()) for clause in old if waiting[key(clause)]]
    _take_out(old, new, pairs)
    return pairs


def _matched_by_wording(old: list[ClauseText], new: list[ClauseText]) -> list[_Pair]:
    """Pair the clauses that are most alike, the most alike first."""
    scored = sorted(_alike(old, new), key=lambda found: (-found[0], found[1] + found[2]))
    taken_old, taken_new, pairs = set[int](), set[int](), list[_Pair]()
    for _, at_old, at_new in scored:
        if at_old not in taken_old and at_new not in taken_new:
            taken_old.add(at_old)
            taken_new.add(at_new)
            pairs.append((old[at_old], new[at_new]))
    _take_out(old, new, pairs)
    return pairs


def _take_out(old: list[ClauseText], new: list[ClauseText], pairs: Sequence[_Pair]) -> None:
    gone_old = {one.position for one, _ in pairs}
    gone_new = {other.position for _, other in pairs}
    old[:] = [clause for clause in old if clause.position not in gone_old]
    new[:] = [clause for clause in new if clause.position not in gone_new]


def _alike(
    old: Sequence[ClauseText], new: Sequence[ClauseText]
) -> Iterator[tuple[float, int, int]]:
    """Score and places of the pairs that share wording which few other clauses have."""
    sketches_old, sketches_new = [*map(_sketch, old)], [*map(_sketch, new)]
    holders_old, holders_new = _holders(sketches_old), _holders(sketches_new)
    for at_old, sketch in enumerate(sketches_old):
        shared = Counter(
            at_new
            for mark in sketch
            if len(holders_old[mark]) <= _MOST_SHARING
            and len(holders_new.get(mark, ())) <= _MOST_SHARING
            for at_new in holders_new.get(mark, ())
        )
        for at_new in shared:
            other = sketches_new[at_new]
            score = len(sketch & other) / len(sketch | other)
            if score >= _LEAST_ALIKE:
                yield score, at_old, at_new


def _holders(sketches: Sequence[frozenset[int]]) -> dict[int, list[int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    for at, sketch in enumerate(sketches):
        for mark in sketch:
            holders[mark].append(at)
    return holders


def _sketch(clause: ClauseText) -> frozenset[int]:
    """The smallest hashes of its pairs of neighbouring words: alike texts share most of them."""
    words = _WORD.findall(f"{clause.title} {clause.body}".casefold())
    marks = {crc32(f"{one} {other}".encode("utf-8", "replace")) for one, other in pairwise(words)}
    return frozenset(sorted(marks)[:_SKETCH])

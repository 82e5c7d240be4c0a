"""How often n-grams stand where, in memory that does not grow. No Django.

An n-gram is first counted in a sketch, two bits a cell, where many share one. From its third text
on it has a place of its own in a table with open addressing. When the table gets full, an order is
thinned: of its hashes every second goes, in the table and in all that comes, as in adaptive
sampling. Long runs of words go first, for a phrase is made of many; single words go last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exports.poisoning.aside import Aside, Rows
from exports.poisoning.large import zeros
from exports.poisoning.ngrams import DOC, ORDERS, Hashes, is_kept, mixed, order_of

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ADMITTED_FROM = 3
SLOTS, CELLS = 3 << 18, 1 << 24
"""54 and 4 MiB."""
CELLS_A_BYTE = 4
AT_ONCE = 1 << 13
"""So many n-grams' rows are taken out of the table and put back."""
MOST_KEYS = 1 << 17
"""So many of a batch are counted at once, but for those of one n-gram beside each other."""
FULL = 0.6
MOST_PROBES = 64
MOST_THINNED = 12


@dataclass(frozen=True, eq=False)
class Marks:
    """Of D texts: who is answerable (a code), the label (-1, 0, 1), which prompt, and 128 bits,
    shape (2, D), that stand for the rare words of the prompt."""

    labeler: Ints
    label: Ints
    prompt: Hashes
    bits: Hashes


COLUMNS: dict[str, type[np.generic]] = {
    "tag": np.uint64,
    "n": np.uint32,
    "labeler": np.int32,
    "score": np.int32,
    "plus": np.uint32,
    "minus": np.uint32,
    "prompt": np.uint32,
    "elsewhere": np.uint32,
    "even 0": np.uint64,
    "even 1": np.uint64,
    "odd 0": np.uint64,
    "odd 1": np.uint64,
}
ROW = np.dtype(list(COLUMNS.items()), align=True)
"""All of an n-gram side by side, as it is looked up at random and then read whole."""
COUNTED = np.dtype([(name, COLUMNS[name]) for name in ("tag", "n")])


class Counts:
    """`labeler` and `score` are Boyer and Moore's majority (1991), merged batch by batch: where one
    labeler has more than half of an n-gram's texts, it is that one, of at most (n + score) / 2.
    `elsewhere` counts texts to other prompts than the first; `even` and `odd` have the bits that
    some prompt of either half of the texts lacks, so that nothing but zeros is in a table at first,
    which take no memory until they are written."""

    table: Rows

    def __init__(self, *, slots: int = SLOTS, cells: int = CELLS) -> None:
        self.slots = slots
        self._clear()
        self.cells = cells
        self.sketch = zeros(-(-cells // CELLS_A_BYTE), np.uint8)
        """No bit of a cell is set, one, or both: in no text so far, in one, in more."""
        self.thinned = [0] * ORDERS

    def add(self, keys: Hashes, marks: Marks) -> None:
        """Count what `once_a_text` gave of these texts."""
        cuts = keys[MOST_KEYS::MOST_KEYS] >> DOC << DOC
        for part in np.split(keys, np.searchsorted(keys, cuts)):
            self._add(part, marks)

    def _add(self, keys: Hashes, marks: Marks) -> None:
        if not keys.size:
            return
        names = keys >> DOC
        starts = _starts(names)
        each = names[starts]
        n = np.diff(np.append(starts, keys.size))
        self._make_room(each.size)
        kept = self._admitted(each, n) & self._still(each)
        if not kept.any():
            return
        group = np.repeat(np.cumsum(kept) - 1, n)[np.repeat(kept, n)]
        doc = np.asarray(keys & np.uint64(0xFFFF), np.int64)[np.repeat(kept, n)]
        starts = _starts(group.astype(np.uint64))
        slots = self._slots(each[kept])
        found = slots >= 0
        if not found.all():
            here = found[group]
            group, doc = (np.cumsum(found) - 1)[group[here]], doc[here]
            starts, slots = _starts(group.astype(np.uint64)), slots[found]
        bounds = np.append(starts, group.size)
        for first in range(0, slots.size, AT_ONCE):
            last = min(first + AT_ONCE, slots.size)
            begin, end = int(bounds[first]), int(bounds[last])
            self._count(
                slots[first:last],
                starts[first:last] - begin,
                group[begin:end] - first,
                doc[begin:end],
                marks,
            )

    def end(self) -> None:
        """No more is counted."""
        self.sketch = np.zeros(0, np.uint8)

    def narrow(self) -> None:
        """Nothing more is asked but `n_of` and what was thinned."""
        narrow = zeros(self.slots, COUNTED)
        for name in COUNTED.names or ():
            narrow[name] = self.table[name]
        self.table = narrow

    def forget(self) -> None:
        """Nothing more is asked but what was thinned."""
        self.table = np.zeros(0, ROW)

    def n_of(self, names: Hashes) -> Ints:
        """In how many texts each stands; 0 where it has no place of its own (yet)."""
        slots = self._found(names)
        return np.where(slots >= 0, self.table["n"][slots], 0).astype(np.int64)

    def _admitted(self, names: Hashes, n: Ints) -> Bools:
        cell = np.asarray((names * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33), np.int64)
        cell %= self.cells
        byte, place = cell // CELLS_A_BYTE, (2 * (cell % CELLS_A_BYTE)).astype(np.uint8)
        before = np.bitwise_count((self.sketch[byte] >> place) & np.uint8(0b11))
        now = np.where(before + n > 1, np.uint8(0b11), np.uint8(0b01))
        np.bitwise_or.at(self.sketch, byte, now << place)
        return np.asarray(before + n >= ADMITTED_FROM)

    def _still(self, names: Hashes) -> Bools:
        kept = np.ones(names.size, np.bool_)
        for order, thinned in enumerate(self.thinned, start=1):
            if thinned:
                kept &= (order_of(names) != order) | is_kept(names, thinned)
        return kept

    def _count(self, slots: Ints, starts: Ints, group: Ints, doc: Ints, marks: Marks) -> None:
        # Numpy takes rows of a plain matrix several times as fast as records.
        plain = self.table.view(np.uint64).reshape(self.slots, -1)
        taken = np.take(plain, slots, axis=0)
        t, ends = taken.reshape(-1).view(ROW), np.append(starts[1:], group.size) - 1
        n = ends - starts + 1
        who = marks.labeler[doc]
        labeler = np.where(t["score"] == 0, who[starts], t["labeler"])
        same = np.add.reduceat((who == labeler[group]).astype(np.int64), starts)
        score = t["score"] + 2 * same - n
        t["labeler"] = np.where(score < 0, who[ends], labeler)
        t["score"] = np.abs(score)
        label = marks.label[doc]
        t["plus"] += np.add.reduceat((label > 0).astype(np.uint32), starts)
        t["minus"] += np.add.reduceat((label < 0).astype(np.uint32), starts)
        asked = (marks.prompt[doc] >> np.uint64(32)).astype(np.uint32)
        t["prompt"] = np.where(t["n"] == 0, asked[starts], t["prompt"])
        other = asked != t["prompt"][group]
        t["elsewhere"] += np.add.reduceat(other.astype(np.uint32), starts)
        is_odd = (asked & 1).astype(np.bool_)
        for word, every in enumerate(marks.bits):
            lacks = ~every[doc]
            even, odd = np.where(is_odd, 0, lacks), np.where(is_odd, lacks, 0)
            t[f"even {word}"] |= np.bitwise_or.reduceat(even, starts)
            t[f"odd {word}"] |= np.bitwise_or.reduceat(odd, starts)
        t["n"] += n.astype(np.uint32)
        plain[slots] = taken

    def _slots(self, names: Hashes) -> Ints:
        """The place of each of these different names, a new one where it has none; -1 in the
        rare case that none is near."""
        out = np.full(names.size, -1, np.int64)
        left = np.arange(names.size)
        place = self._home(names)
        tags = self.table["tag"]
        for _ in range(MOST_PROBES):
            here = place[left]
            free = tags[here] == 0
            tags[here[free]] = names[left[free]]
            mine = tags[here] == names[left]
            self.n_kept += int((mine & free).sum())
            out[left[mine]] = here[mine]
            left = left[~mine]
            if not left.size:
                break
            place[left] = (place[left] + 1) % self.slots
        return out

    def _found(self, names: Hashes) -> Ints:
        out = np.full(names.size, -1, np.int64)
        left, place = np.arange(names.size), self._home(names)
        tags = self.table["tag"]
        for _ in range(MOST_PROBES):
            here = tags[place[left]]
            mine = here == names[left]
            out[left[mine]] = place[left[mine]]
            left = left[~mine & (here != 0)]
            if not left.size:
                break
            place[left] = (place[left] + 1) % self.slots
        return out

    def _home(self, names: Hashes) -> Ints:
        return np.asarray(mixed(names) % np.uint64(self.slots), np.int64)

    def _make_room(self, coming: int) -> None:
        """Before a batch of which about a fifth may be new."""
        while self.n_kept + coming // 5 > FULL * self.slots:
            sizes = self._sizes()
            weight = sizes * (1.0, 4.0, 8.0) * (np.array(self.thinned) < MOST_THINNED)
            if not weight.any() or self.n_kept == 0:
                return
            self.thinned[int(np.argmax(weight))] += 1
            self._rebuild()

    def _sizes(self) -> Ints:
        """How many n-grams of each order have a place."""
        tags = self.table["tag"]
        return np.bincount(order_of(tags[tags != 0]), minlength=ORDERS + 1)[1:]

    def _rebuild(self) -> None:
        """By way of a file: what stays, held beside the table, would be the most memory that a
        scan ever takes."""
        aside = Aside(ROW)
        for first in range(0, self.slots, aside.AT_ONCE):
            some = self.table[first : first + aside.AT_ONCE]
            some = some[some["tag"] != 0]
            aside.add(some[self._still(some["tag"])])
        self.forget()
        self._clear()
        for some in aside:
            slots = self._slots(some["tag"])
            there = slots >= 0
            self.table[slots[there]] = some[there]

    def _clear(self) -> None:
        self.n_kept = 0
        self.table = zeros(self.slots, ROW)


def _starts(values: Hashes) -> Ints:
    first = np.ones(values.size, np.bool_)
    first[1:] = values[1:] != values[:-1]
    return np.flatnonzero(first)

"""What speaks against each judgement of one source, one bit a reason, in arrays."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from numpy.typing import NDArray

from exports.selecting import copying
from exports.selecting.reasons import Reason

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Failing = list[tuple[Reason, Q]]
"""Conditions, on columns of the scanned rows themselves, that speak against a row."""


@dataclass
class Marked:
    """Primary keys in order, and beside each the reasons that hold, as bits."""

    keys: Ints
    bits: NDArray[np.int32]

    @property
    def is_free(self) -> Flags:
        return np.asarray(self.bits == 0)

    def has(self, *reasons: Reason) -> Flags:
        return np.asarray((self.bits & sum(1 << reason for reason in set(reasons))) != 0)

    def drop(self, keys: Ints, reason: Reason) -> None:
        """These, as far as they are here, go for this reason."""
        self.drop_where(self.among(keys), reason)

    def keep_only(self, keys: Ints, reason: Reason) -> None:
        """All but these go for this reason."""
        self.drop_where(~self.among(keys), reason)

    def drop_where(self, where: Flags, reason: Reason) -> None:
        self.bits[where] |= 1 << reason

    def pardon(self, keys: Ints, reason: Reason) -> None:
        self.bits[self.among(keys)] &= ~(1 << reason)

    def without(self, keys: Ints) -> "Marked":
        stays = ~self.among(keys)
        return Marked(self.keys[stays], self.bits[stays])

    def among(self, keys: Ints) -> Flags:
        found = np.zeros(len(self.keys), dtype=np.bool_)
        found[self.places(keys)] = True
        return found

    def places(self, keys: Ints) -> Ints:
        """Where these keys stand here; those that do not are left out."""
        if not len(self.keys):
            return np.empty(0, dtype=np.int64)
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        return np.asarray(at[self.keys[at] == keys])

    def counted(self) -> Counter[Reason]:
        """Each row that goes, under its first reason."""
        dropped = self.bits[self.bits != 0].astype(np.int64)
        lowest = np.log2(dropped & -dropped).astype(np.int64)
        numbers = np.bincount(lowest, minlength=len(Reason))
        return Counter({reason: int(numbers[reason]) for reason in Reason if numbers[reason]})


def scanned(rows: QuerySet[Any], failing: Failing) -> Marked:
    """All the rows, with what these conditions say of each."""
    bits: Any = Value(0)
    for reason, condition in failing:
        bits = bits + Case(
            When(condition, then=Value(1 << reason)), default=Value(0), output_field=IntegerField()
        )
    found, wide = copying.columns(rows, "pk", bits=bits)
    marks = wide.astype(np.int32)
    del wide
    if np.all(found[1:] > found[:-1]):
        # As they mostly come, since judgements never change: a copy of either is saved.
        return Marked(found, marks)
    order = np.argsort(found)
    return Marked(found[order], marks[order])

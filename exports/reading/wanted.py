"""What is to be read: of which project, by which keys, and what is known beforehand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from exports.reading.copying import Ints, Row, at_once, keys_of, rows_of
from exports.reading.known import Known
from exports.reading.withheld import Judged, Withheld
from projects.models import Project


@dataclass(frozen=True)
class Wanted:
    project: Project
    known: Known
    ids: Mapping[str, Ints] | None = None
    is_streamed: bool = False

    def keys(self, source: str, everything: Callable[[], QuerySet[Any]]) -> Ints:
        """The keys that were asked for, in order; where none were, those of everything."""
        if self.ids is None:
            return keys_of(everything())
        keys = np.asarray(self.ids.get(source, ()), dtype=np.int64)
        is_in_order = bool(np.all(keys[1:] > keys[:-1]))
        return keys if is_in_order else np.unique(keys)

    def rows(self, sql: str, keys: Ints) -> Iterator[Row]:
        given = {"project": self.project.pk}
        return rows_of(sql, given, keys, is_streamed=self.is_streamed)

    def judgements(self, sql: str, model: Judged) -> Iterator[tuple[str, Row]]:
        """Rows that begin with their key, each with the reason for which it is held back."""
        keys = self.keys(model._meta.model_name or "", lambda: standing(model, self.project))
        withheld = Withheld(model, self.project) if len(keys) else None
        step = at_once(is_streamed=self.is_streamed)
        for first in range(0, len(keys), step):
            some = keys[first : first + step]
            reasons = withheld.among(some) if withheld else {}
            for row in self.rows(sql, some):
                yield reasons.get(row[0], "") if reasons else "", row


def standing(model: Judged, project: Project) -> QuerySet[Any]:
    """The judgements of this kind that no later one has superseded."""
    rows: QuerySet[Any] = model._default_manager.filter(prompt__project=project)
    return rows.filter(superseded_by=None)

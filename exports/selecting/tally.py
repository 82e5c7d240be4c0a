"""What is counted of the rows that a recipe comes to, before it is exported."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from exports.files.counts import LABELS
from exports.files.templated import Templated, warnings_of
from exports.formats.tokens import Ruler
from exports.formats.validity import unusable
from exports.known_tokenizers import ruler_of
from exports.recipe import Recipe
from exports.records import Record, Unpaired

MOST_TEMPLATED = 100
"""Rows that are put through a chat template while somebody waits: 3 ms each, of 3 kB."""


class Rows(NamedTuple):
    """Of one judgement, and the record that they say."""

    record: Record
    rows: list[dict[str, Any]]
    split: str


class Tally:
    """Rows as they are made, counted, and looked at for what would be warned of."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.ruler = ruler_of(recipe)
        self.n_rows = self.n_train = 0
        self.lost: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.templated = Templated()

    def add(self, several: Iterable[Rows]) -> None:
        for each in several:
            self.n_rows += len(each.rows)
            if each.split != "train":
                continue
            self.n_train += len(each.rows)
            if isinstance(each.record, Unpaired):
                self.labels[LABELS[each.record.is_desirable]] += len(each.rows)
            if self.ruler is not None and self.ruler.has_template:
                self._put_through(each, self.ruler)

    def warnings(self, n_train: int) -> list[str]:
        kind, form = self.recipe.kind, self.recipe.format
        wrong = unusable(form, kind, rows=n_train, labels=self.labels)
        template = {"tokenizer": self.recipe.tokenizer, **self.templated.as_dict()}
        return warnings_of(wrong, template)

    def _put_through(self, made: Rows, ruler: Ruler) -> None:
        for row in made.rows[: MOST_TEMPLATED - self.templated.rows_looked_at]:
            self.templated.note(made.record.id, ruler.problems(row))

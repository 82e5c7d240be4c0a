"""What an export would come to, before it is made: how many rows, why the rest drops out, and how
its first rows look."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exports.formats import FORMATS, Dropped, formats_of
from exports.formats.mappings import mapping_problems
from exports.formats.rankings import unsaid
from exports.hygiene.scanning import cleaned
from exports.reading import read
from exports.recipe import Recipe
from exports.records import Record
from exports.selecting.filters import meaningless
from exports.selecting.looking import looks_at_few, looks_of
from exports.selecting.reasons import in_order
from exports.selecting.selection import Selected, selected
from exports.selecting.tally import Rows, Tally
from exports.splitting.looking import Looking
from projects.errors import InvalidInput, Problem
from projects.models import Project

Ints = NDArray[np.int64]

MOST_LOOKED_AT = 2_000
"""Judgements of each source that are made into rows while somebody waits; of more, as many as
this, spread evenly."""
MOST_TRIED = 20
"""Judgements of each source that a preview looks at for each row it shows."""


@dataclass(frozen=True)
class Lost:
    """What drops out for one reason."""

    reason: str
    number: int
    is_about: bool
    """Reckoned from a sample."""
    of_format: bool
    """Chosen, but the format has no word for it."""
    of_hygiene: bool = False
    """Chosen, but left out by what its texts are scanned for, or by splits. Neither of the two:
    not chosen at all."""


@dataclass(frozen=True)
class Estimate:
    """Judgements are counted to the last. Rows are where few enough of them are chosen, else
    reckoned from a sample; duplicates and other hygiene then are not in it."""

    found: Selected
    rows: int
    format_dropped: list[tuple[str, int]]
    is_sample: bool
    n_looked_at: int
    has_hygiene: bool = False
    hygiene_dropped: Sequence[tuple[str, int]] = ()
    warnings: Sequence[str] = ()
    """What a trainer would refuse or stumble over, as far as that was seen."""

    @property
    def n_judgements(self) -> int:
        return self.found.n_judgements

    @property
    def n_selected(self) -> int:
        return self.found.n_selected

    @property
    def by_source(self) -> list[tuple[str, int, int]]:
        """Of each source, how many there are and how many of them are chosen."""
        return [
            (name, self.found.n_found[name], len(keys)) for name, keys in self.found.ids.items()
        ]

    @property
    def dropped(self) -> list[Lost]:
        chosen = [Lost(words, number, False, False) for words, number in self.found.reasons]
        told = [Lost(words, n, self.is_sample, True) for words, n in self.format_dropped]
        unclean = [Lost(words, n, False, False, True) for words, n in self.hygiene_dropped]
        return [*chosen, *told, *unclean]


def estimate(project: Project, recipe: Recipe, found: Selected | None = None) -> Estimate:
    """`found` may be what was selected before."""
    check(recipe)
    found = found or selected(project, recipe)
    looks = looks_of(project, recipe, found.n_selected)
    made = Tally(recipe)
    if looks is None:
        return _reckoned(project, recipe, found, made)
    with looks:
        made.add(_rows(project, recipe, found.ids, made.lost, looks))
        unclean = looks.left_out + looks.scans.dropped
    made.lost.subtract(unclean)
    return Estimate(
        found=found,
        rows=made.n_rows,
        format_dropped=_told(+made.lost),
        is_sample=False,
        n_looked_at=found.n_selected,
        has_hygiene=True,
        hygiene_dropped=_told(unclean),
        warnings=made.warnings(made.n_train),
    )


def _reckoned(project: Project, recipe: Recipe, found: Selected, made: Tally) -> Estimate:
    """By making rows of some judgements of each source, without a look at other rows."""
    rows, dropped, n_looked_at = 0.0, Counter[str](), 0
    for source, keys in found.ids.items():
        some = sample(keys, MOST_LOOKED_AT)
        weight = len(keys) / len(some) if len(some) else 1.0
        n_before, lost = made.n_rows, Counter[str]()
        made.add(_rows(project, recipe, {source: some}, lost))
        rows += (made.n_rows - n_before) * weight
        for reason, number in lost.items():
            dropped[reason] += round(number * weight)
        n_looked_at += len(some)
    is_sample = n_looked_at < found.n_selected
    if is_sample:
        # There may be others among those that were not looked at.
        made.labels.clear()
    return Estimate(
        found=found,
        rows=round(rows),
        format_dropped=_told(dropped),
        is_sample=is_sample,
        n_looked_at=n_looked_at,
        warnings=made.warnings(round(rows)),
    )


def _told(dropped: Counter[str]) -> list[tuple[str, int]]:
    return [(reason, dropped[reason]) for reason in in_order(dropped)]


def preview(
    project: Project, recipe: Recipe, limit: int, found: Selected | None = None
) -> list[dict[str, Any]]:
    """The first real rows in the chosen format, of each source in turn, as they will be written:
    what the export leaves out is left out here."""
    check(recipe)
    found = found or selected(project, recipe)
    tried = {source: keys[: limit * MOST_TRIED] for source, keys in found.ids.items()}
    with looks_at_few(project, recipe, sum(map(len, tried.values()))) or nullcontext() as looks:
        by_source = []
        for source, some in tried.items():
            made = _rows(project, recipe, {source: some}, Counter(), looks)
            rows = chain.from_iterable(each.rows for each in made)
            by_source.append(list(islice(rows, limit)))
    in_turn = [rows[at] for at in range(limit) for rows in by_source if at < len(rows)]
    return in_turn[:limit]


def check(recipe: Recipe) -> None:
    """Whether its format is there and can say this kind, mapped as it asks, and its filters mean
    something for it."""
    problems = meaningless(recipe)
    able = [each.name for each in formats_of(recipe.kind)]
    if recipe.format in able:
        problems += mapping_problems(recipe)
    else:
        rule = f"must for this kind be one of: {', '.join(able)}"
        problems.append(Problem("format", rule))
    if problems:
        raise InvalidInput(*problems)


def sample(keys: Ints, most: int) -> Ints:
    """These keys, or as many as `most` of them, evenly spread: the same every time."""
    if len(keys) <= most:
        return keys
    return keys[np.arange(most) * len(keys) // most]


def _rows(
    project: Project,
    recipe: Recipe,
    ids: Mapping[str, Ints],
    lost: Counter[str],
    looks: Looking | None = None,
) -> Iterator[Rows]:
    """Of each of these judgements that has any; the others are counted as lost."""
    make, untold = FORMATS[recipe.format].accepts[recipe.kind], unsaid(recipe)
    for record in _records(project, recipe, ids):
        try:
            rows = make(record, recipe.mapping)
            clean, split = _clean(record, recipe, looks)
            if clean is not record:
                rows = make(clean, recipe.mapping)
        except Dropped as dropped:
            lost[dropped.reason] += 1
            continue
        if untold is not None:
            lost.update(untold(clean))
        yield Rows(clean, rows, split)


def _clean(record: Record, recipe: Recipe, looks: Looking | None) -> tuple[Record, str]:
    """The record as it is written, if it is, and where."""
    if looks is None:
        return cleaned(record, recipe.hygiene), "train"
    verdict = looks.look(record)
    if verdict.reason:
        raise Dropped(verdict.reason)
    return verdict.record, verdict.split


def _records(project: Project, recipe: Recipe, ids: Mapping[str, Ints]) -> Iterator[Record]:
    return read(
        recipe.kind, project, source=recipe.source, with_machine=recipe.with_machine, ids=ids
    )

"""What a board is computed from, read from the database: tallies where they say enough, else votes
one by one, by COPY in binary form."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from arena.boards import lab
from arena.boards.categories import LANGUAGE_PREFIX
from arena.boards.computed import Selection
from arena.boards.material import (
    Material,
    PairColumns,
    PairRow,
    VoteColumns,
    material_of_pairs,
    material_of_votes,
)
from arena.boards.style import FEATURES
from arena.boards.tallying import COLUMNS
from arena.models import Board
from projects.models import Project
from workers.models import LanguageModel

_HEADER, _TRAILER = 19, 2
_TALLIES = f"""
    SELECT left_id::int8, right_id::int8, {", ".join(f"{name}::int8" for name in COLUMNS[:4])},
        {", ".join(COLUMNS[4:])}
    FROM arena_tally WHERE project_id = %s AND category = %s
"""  # noqa: S608
_TWO_KEYS = """
    SELECT least(model_a_id, model_b_id), greatest(model_a_id, model_b_id),
        (CASE WHEN verdict NOT IN ('a', 'b') THEN verdict
            WHEN (verdict = 'a') = (model_a_id < model_b_id) THEN 'left' ELSE 'right' END) AS side,
        count(*), sum(weight), sum(weight * weight)
    FROM arena_countedvote
    WHERE project_id = %s AND categories @> %s::varchar[]
    GROUP BY 1, 2, 3
"""
_SIDES = ("left", "right", "tie", "both_bad")
_VOTES = """
    SELECT model_a_id::int4, model_b_id::int4,
        (CASE verdict WHEN 'b' THEN 0 WHEN 'tie' THEN 1 WHEN 'a' THEN 2 ELSE 3 END)::int2,
        weight, {features}
    FROM arena_countedvote
    WHERE project_id = %s AND categories @> %s::varchar[] AND cardinality(style) = {n_features}
    ORDER BY vote_id
"""


def material_for(*, project: Project, selection: Selection) -> Material:
    """Read what the selected board is computed from."""
    if selection.is_style_controlled:
        columns = style_columns(project=project, selection=selection)
        return material_of_votes(columns, is_filtered=selection.is_filtered)
    parts: list[PairColumns] = []
    if selection.source != Board.Source.LAB:
        parts.append(vote_pairs(project=project, selection=selection))
    if selection.source != Board.Source.VOTES:
        parts.append(PairColumns.of(lab.pairs(project=project)))
    return material_of_pairs(*parts, is_filtered=selection.is_filtered)


def vote_pairs(*, project: Project, selection: Selection) -> PairColumns:
    """The arena's votes added up by pair, imported counts among them where they have a say."""
    keys = keys_of(selection)
    if len(keys) > 1:
        return PairColumns.of(_grouped(project, keys))
    table = copied(_TALLIES, [project.pk, keys[0] if keys else ""], "qq" + "q" * 4 + "d" * 8)
    columns = [table[f"f{at}"].astype(table.dtype[f"f{at}"].newbyteorder("=")) for at in range(14)]
    pks, sides = np.unique(np.stack(columns[:2]), return_inverse=True)
    names = _names(pks.tolist())
    return PairColumns(
        tuple(names[pk] for pk in pks.tolist()),
        *sides.reshape(2, -1),
        *(np.stack(columns[first : first + 4]) for first in (2, 6, 10)),
    )


def style_columns(*, project: Project, selection: Selection) -> VoteColumns:
    """Single votes whose answers are known, in the order of casting."""
    n = len(FEATURES)
    sql = _VOTES.format(features=", ".join(f"style[{i + 1}]" for i in range(n)), n_features=n)
    table = copied(sql, [project.pk, list(keys_of(selection))], "iihd" + "d" * n)
    pks = np.unique(np.concatenate([table["f0"], table["f1"]]))
    names = _names(pks.tolist())
    ordered = sorted(names.values())
    place = {name: at for at, name in enumerate(ordered)}
    code = np.array([place[names[pk]] for pk in pks.tolist()], dtype=np.int32)
    return VoteColumns(
        models=tuple(ordered),
        features=tuple(FEATURES),
        a=code[np.searchsorted(pks, table["f0"])],
        b=code[np.searchsorted(pks, table["f1"])],
        verdict=table["f2"].astype(np.int8),
        weight=table["f3"].astype(np.float64),
        style=np.stack([table[f"f{4 + i}"] for i in range(n)], axis=1).astype(np.float64),
    )


def keys_of(selection: Selection) -> list[str]:
    """The categories that a vote must be in."""
    language = LANGUAGE_PREFIX + selection.language if selection.language else ""
    return [key for key in (selection.category, language) if key]


def copied(sql: str, parameters: list[Any], kinds: str) -> npt.NDArray[np.void]:
    """The rows of a query without nulls, as fields f0, f1 … of the kinds given: i (int4), h
    (int2), q (int8), d (float8)."""
    sizes = {"i": ">i4", "h": ">i2", "q": ">i8", "d": ">f8"}
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for at, kind in enumerate(kinds):
        fields += [(f"length{at}", ">i4"), (f"f{at}", sizes[kind])]
    layout = np.dtype(fields)
    with connection.cursor() as cursor:
        # Parameters are written in, because Django's cursor for debugging takes none beside SQL.
        whole = cursor.mogrify(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)", parameters)
        with cursor.copy(whole) as copy:
            data = b"".join(bytes(part) for part in copy)
    size = (len(data) - _HEADER - _TRAILER) // layout.itemsize
    return np.frombuffer(data, dtype=layout, count=size, offset=_HEADER)


def _grouped(project: Project, keys: list[str]) -> list[PairRow]:
    with connection.cursor() as cursor:
        cursor.execute(_TWO_KEYS, [project.pk, keys])
        found = cursor.fetchall()
    names = _names(pk for row in found for pk in row[:2])
    sums: dict[tuple[int, int], list[list[float]]] = {}
    for left, right, side, *numbers in found:
        into = sums.setdefault((left, right), [[0] * 4, [0.0] * 4, [0.0] * 4])
        for kind, number in enumerate(numbers):
            into[kind][_SIDES.index(side)] = number
    return [
        PairRow(names[left], names[right], *(tuple(kind) for kind in kinds))  # type: ignore[arg-type]
        for (left, right), kinds in sorted(sums.items())
    ]


def _names(pks: Iterable[int]) -> Mapping[int, str]:
    return dict(LanguageModel.objects.filter(pk__in=set(pks)).values_list("pk", "name"))

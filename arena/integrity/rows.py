"""Votes and battles of an arena as arrays, read without making a row of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from arena.integrity.evidence import Bools, Cast, Expected, Floats, Ints, tied_share
from arena.models import Tally
from arena.rating.bradley_terry import Fit, fit
from arena.rating.tallies import WeighedRow, tally_weighed
from projects.models import Project

LOOKED_AT = 500_000
"""So many of the latest votes are tested."""
BLOCK = 200
"""How many battles in a row tell how often a model is drawn just then."""
NO_ONE = 0
LOG_ODDS_A_POINT = np.log(10.0) / 400.0
_HEADER, _TRAILER = 19, 2

_SUMS = (
    "left_id", "right_id", "left_wins", "right_wins", "ties", "both_bad",
    "left_weight", "right_weight", "tie_weight", "bad_weight",
    "left_square", "right_square", "tie_square", "bad_square",
)  # fmt: skip
# Voters are told apart by 64 bits of a hash; whoever is not known is nobody.
_VOTES = """
    SELECT vote.id, counted.model_a_id, counted.model_b_id,
        CASE counted.verdict WHEN 'a' THEN 2 WHEN 'b' THEN 0 ELSE 1 END::bigint,
        CASE WHEN vote.user_id IS NOT NULL THEN hashtextextended('user ' || vote.user_id, 0)
            WHEN vote.voter <> '' THEN hashtextextended(vote.voter, 0) ELSE 0 END,
        CASE WHEN vote.network <> '' THEN hashtextextended(vote.network, 0) ELSE 0 END,
        (vote.user_id IS NOT NULL)::int::bigint,
        (battle.source = 'arena')::int::bigint,
        battle.id, counted.weight
    FROM arena_countedvote counted
    JOIN arena_vote vote ON vote.id = counted.vote_id
    JOIN arena_battle battle ON battle.id = vote.battle_id
    WHERE counted.project_id = %s
    ORDER BY counted.vote_id DESC LIMIT %s
"""
_DRAWN = """
    SELECT id, model_a_id, model_b_id FROM arena_battle
    WHERE project_id = %s AND mode = 'battle' AND id >= %s ORDER BY id
"""


@dataclass(frozen=True, eq=False)
class Looked:
    """The latest votes of an arena, in order, with what is known of them beside; `models` are the
    ids behind the indices. `fit` is of the tallies as they weigh now."""

    models: tuple[int, ...]
    cast: Cast
    network: Ints
    has_account: Bools
    is_import: Bools
    weight: Floats
    expected: Expected
    fit: Fit

    def __len__(self) -> int:
        return len(self.cast)

    @property
    def is_known(self) -> Bools:
        return np.asarray(self.cast.voter != NO_ONE)

    def by_network(self, kept: Bools) -> Cast:
        """The votes with whole networks in place of voters."""
        cast = self.cast
        return Cast(cast.vote, self.network, cast.a, cast.b, cast.points, cast.block).only(kept)


def latest(*, project: Project, most: int = LOOKED_AT) -> Looked:
    """The latest votes on battles, the earliest first, and what is expected of them."""
    table = columns(_VOTES, [project.pk, most], "iiiiiiiiif")[::-1]
    fitted, models = ratings(project)
    models = tuple(sorted({*models, *table["f1"].tolist(), *table["f2"].tolist()}))
    theta = _theta(fitted, models)
    index = np.array(models, dtype=np.int64)
    a, b = (np.searchsorted(index, table[name]) for name in ("f1", "f2"))
    if table.size:
        drawn, ends = _drawn(project, int(table["f8"].min()), index)
    else:
        drawn, ends = np.ones((1, index.size)), np.zeros(1, dtype=np.int64)
    cast = Cast(
        vote=table["f0"].astype(np.int64),
        voter=table["f4"].astype(np.int64),
        a=a,
        b=b,
        points=table["f3"] / 2.0,
        block=np.minimum(np.searchsorted(ends, table["f8"]), len(drawn) - 1),
    )
    return Looked(
        models=models,
        cast=cast,
        network=table["f5"].astype(np.int64),
        has_account=table["f6"] == 1,
        is_import=table["f7"] == 0,
        weight=table["f9"].astype(np.float64),
        expected=Expected(theta, drawn, tied_share(cast, theta)),
        fit=fitted,
    )


def ratings(project: Project) -> tuple[Fit, tuple[int, ...]]:
    """The ratings of an arena's votes as they weigh now, and the models in that order."""
    found = Tally.objects.filter(project=project, category="").values_list(*_SUMS)
    rows = [
        WeighedRow(
            _name(left),
            _name(right),
            (n[0], n[1], n[2] + n[3]),
            (n[4], n[5], n[6] + n[7]),
            (n[8], n[9], n[10] + n[11]),
        )
        for left, right, *n in found
    ]
    fitted = fit(tally_weighed(rows))
    return fitted, tuple(int(name) for name in fitted.models)


def columns(sql: str, values: Sequence[Any], kinds: str) -> npt.NDArray[Any]:
    """Rows of whole numbers (i) and floats (f), none of them null, in PostgreSQL's binary format:
    a million take a second and no objects."""
    dtype = np.dtype(
        [("n", ">i2")]
        + [
            part
            for at, kind in enumerate(kinds)
            for part in ((f"s{at}", ">i4"), (f"f{at}", f">{kind}8"))
        ]
    )
    connection.ensure_connection()
    driver = connection.connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)", values) as copy,
    ):
        content = b"".join(copy)
    return np.frombuffer(content[_HEADER : len(content) - _TRAILER], dtype=dtype)


def _drawn(project: Project, first: int, models: Ints) -> tuple[Floats, Ints]:
    """In what share of each block's battles each model was, shape (B, M), and each block's last
    battle. A short rest joins the block before."""
    table = columns(_DRAWN, [project.pk, first], "iii")
    n, m = table.size, models.size
    blocks = max(n // BLOCK, 1)
    block = np.minimum(np.arange(n) // BLOCK, blocks - 1)
    counts = np.zeros(blocks * m)
    for name in ("f1", "f2"):
        at = np.searchsorted(models, table[name])
        known = (at < m) & (models[np.minimum(at, m - 1)] == table[name])
        counts += np.bincount((block * m + at)[known], minlength=blocks * m)
    sizes = np.bincount(block, minlength=blocks)
    ends = table["f0"][np.cumsum(sizes) - 1].astype(np.int64)
    return counts.reshape(blocks, m) / sizes[:, None], ends


def _theta(fitted: Fit, models: tuple[int, ...]) -> Floats:
    known = {
        int(name): float(rating) for name, rating in zip(fitted.models, fitted.ratings, strict=True)
    }
    centre = float(np.mean(fitted.ratings)) if len(fitted.models) else 0.0
    return np.array([known.get(pk, centre) - centre for pk in models]) * float(LOG_ODDS_A_POINT)


def _name(pk: int) -> str:
    """Names that sort as the numbers do."""
    return f"{pk:012d}"

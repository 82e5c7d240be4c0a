"""What changed on a board from one recorded run to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from arena.boards.computed import BoardChange
from arena.models import RatingRun, Standing
from projects.models import Project

LONGEST_FEED = 50
RUNS_READ = 400

Rows = Mapping[str, Standing]


def changes(
    *, project: Project, board: str = "", most: int = LONGEST_FEED
) -> tuple[BoardChange, ...]:
    """Who is new, rose, fell or leads, the latest first. `board` is a slug; empty: the main one.

    A model rose or fell where its best rank changed, so what no interval tells apart is no news.
    """
    runs = list(
        RatingRun.objects.filter(project=project, board=board).order_by("-computed_at", "-pk")[
            :RUNS_READ
        ]
    )
    found: list[BoardChange] = []
    # A few runs at a time: most feeds are full long before the oldest run.
    for start in range(0, len(runs), 20):
        part = runs[start : start + 21]
        rows = _standings(part)
        for after, before in pairwise(part):
            found += _between(after, rows[before.pk], rows[after.pk])
        if len(found) >= most:
            break
    return tuple(found[:most])


def _standings(runs: list[RatingRun]) -> dict[int, dict[str, Standing]]:
    by_run: dict[int, dict[str, Standing]] = {run.pk: {} for run in runs}
    for row in Standing.objects.filter(run__in=runs).select_related("model"):
        by_run[row.run_id][row.model.name] = row
    return by_run


def _between(run: RatingRun, before: Rows, after: Rows) -> Iterator[BoardChange]:
    for name, row in sorted(after.items(), key=lambda item: (-item[1].rating, item[0])):
        earlier = before.get(name)
        if earlier is None:
            yield _change(run, "new", name, None, row)
        elif row.upper_rank != earlier.upper_rank:
            kind = "rose" if row.upper_rank < earlier.upper_rank else "fell"
            yield _change(run, kind, name, earlier, row)
    leader = _leader(after)
    if leader and _leader(before) not in ("", leader):
        yield _change(run, "leads", leader, before.get(leader), after[leader])


def _leader(rows: Rows) -> str:
    """The model alone at the first rank by its interval; empty where several share it."""
    first = [name for name, row in rows.items() if row.upper_rank == 1]
    return first[0] if len(first) == 1 else ""


def _change(
    run: RatingRun, kind: str, name: str, before: Standing | None, after: Standing
) -> BoardChange:
    return BoardChange(
        at=run.computed_at,
        kind=kind,
        model=name,
        rank_before=before.upper_rank if before else None,
        rank_after=after.upper_rank,
        rating_before=before.rating if before else None,
        rating_after=after.rating,
        n_votes=after.n_votes,
    )

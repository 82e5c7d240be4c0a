"""Neutral records of a project's judgements, read from the database in order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from exports.reading import (
    comparisons,
    critiques,
    demonstrations,
    judges,
    prompts,
    rankings,
    raw,
    unpaired,
    votes,
)
from exports.reading.copying import Ints
from exports.reading.known import Known
from exports.reading.rewards import with_margins
from exports.reading.wanted import Wanted
from exports.records import Record
from projects.models import Project

Reader = Callable[[Wanted], Iterator[Any]]
CHOSEN = {
    "all": ("comparison", "ranking", "judge", "vote"),
    "comparisons": ("comparison", "judge"),
    "rankings": ("ranking",),
    "votes": ("vote",),
}
PAIRS: dict[str, Reader] = {
    "comparison": comparisons.preferences,
    "ranking": rankings.preferences,
    "judge": judges.preferences,
    "vote": votes.preferences,
}
SINGLE: dict[str, Reader] = {
    "comparison": lambda wanted: unpaired.of_pairs(comparisons.preferences(wanted)),
    "ranking": lambda wanted: unpaired.of_rankings(rankings.whole(wanted)),
    "judge": lambda wanted: unpaired.of_pairs(judges.preferences(wanted)),
    "vote": unpaired.of_votes,
}
OF_ONE_SOURCE: dict[str, Reader] = {
    "sft": demonstrations.demonstrations,
    "rankings": rankings.whole,
    "ratings": comparisons.ratings,
    "critiques": critiques.critiques,
    "prompts": prompts.prompts,
    "conversations": votes.conversations,
}
BY_SOURCE: dict[str, Mapping[str, Reader]] = {
    "preferences": PAIRS,
    "reward": {name: with_margins(reader) for name, reader in PAIRS.items()},
    "unpaired": SINGLE,
    "raw": raw.READERS,
}


def read(
    kind: str,
    project: Project,
    *,
    source: str = "all",
    with_machine: bool = False,
    ids: Mapping[str, Ints] | None = None,
    is_streamed: bool = False,
) -> Iterator[Record]:
    """Records of one kind, source by source in the order of `CHOSEN`, then by primary key.

    Without `ids`, of all judgements that stand (raw: of all there are), those of judges alone
    only with `with_machine`. With `ids`, of exactly these primary keys a source, superseded
    meanwhile or not, and of no other. Reads a thousand rows whole before it gives the first of
    them; `is_streamed` reads while they are worked on, which is faster, but takes the
    connection: no other query may be made on it until the last record or `close()`.
    """
    wanted = Wanted(project, Known(project), ids, is_streamed)
    if kind in OF_ONE_SOURCE:
        return OF_ONE_SOURCE[kind](wanted)
    readers = BY_SOURCE[kind]
    sources = [name for name in CHOSEN[source] if name != "judge" or with_machine]
    if kind == "raw" and source == "all":
        sources = ["demonstration", *sources]
    return _one_after_another(wanted, [readers[name] for name in sources])


def _one_after_another(wanted: Wanted, readers: Sequence[Reader]) -> Iterator[Record]:
    """A generator, as a chain could not be closed half way."""
    for read_source in readers:
        yield from read_source(wanted)

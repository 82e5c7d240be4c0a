"""The judgements of a snapshot: which, and what they say."""

from collections.abc import Iterator

from exports.reading import read
from exports.recipe import Recipe
from exports.records import Record
from exports.rounds.keeping import chosen_of
from exports.selecting.reasons import HELD_BACK, WORDS
from exports.selecting.selection import selected
from exports.snapshots.plan import Ids, Plan
from exports.splitting.arrivals import keep_arrivals
from exports.splitting.prompts import held_in
from projects.models import Project

SETTLED = frozenset(WORDS[reason] for reason in HELD_BACK)


def arrivals_for(project: Project, recipe: Recipe) -> int | None:
    """The last that its splits are to know of. To be called before the snapshot's transaction."""
    return keep_arrivals(project) if recipe.splits.are_some else None


def plan_of(project: Project, recipe: Recipe, arrivals: int | None) -> Plan:
    """To be called inside the transaction that is the snapshot."""
    found = selected(project, recipe)
    spans = chosen_of(project, recipe.selection.rounds)
    rounds = tuple(span.as_dict() for span in spans)
    return Plan(
        recipe=recipe,
        ids=found.ids,
        dropped=found.dropped,
        rounds=rounds,
        arrivals=arrivals,
        held=held_in(project),
    )


class Records:
    """What a plan's judgements say, from the first to the last as often as it is asked. While they
    are read the connection can do nothing else."""

    def __init__(self, project: Project, recipe: Recipe, ids: Ids) -> None:
        self.project, self.recipe, self.ids = project, recipe, ids

    def __iter__(self) -> Iterator[Record]:
        recipe = self.recipe
        found = read(
            recipe.kind,
            self.project,
            source=recipe.source,
            with_machine=recipe.with_machine,
            ids=self.ids,
            is_streamed=True,
        )
        for record in found:
            if record.held_back in SETTLED:
                # It was settled when it was chosen; what has come since is for the next snapshot.
                # Any other reason is one for which the record cannot be said rightly at all.
                record.held_back = ""
            yield record

"""What the votes of a board cannot say, in words for the people who read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.rating.bradley_terry import Bools, Fit
from arena.rating.connectivity import ties_have_a_measure
from arena.rating.tallies import Tallies

Kind = Literal[
    "no_votes", "one_model", "apart", "unvoted", "undefeated", "winless", "one_way", "all_ties",
    "ties_without_measure",
]  # fmt: skip

SENTENCES: dict[Kind, str] = {
    "no_votes": "No vote counts yet.",
    "one_model": "There is only one model, and nothing to compare it with.",
    "apart": "These models never met the others, even by way of third ones: their ratings compare "
    "among themselves only.",
    "unvoted": "No vote on these models counts yet: they stand at the centre.",
    "undefeated": "These models won every vote: by how much they are better is a guess, held back "
    "by a weak prior.",
    "winless": "These models lost every vote: by how much they are worse is a guess, held back by "
    "a weak prior.",
    "one_way": "Some of these models never took a point from the rest of them: the distance is a "
    "guess, held back by a weak prior.",
    "all_ties": "Every vote is a tie: nothing tells the models apart.",
    "ties_without_measure": "The votes do not determine how often equals tie: a weak prior does.",
}

OF_ONE: dict[Kind, str] = {
    "unvoted": "No vote on this model counts yet: it stands at the centre.",
    "undefeated": "This model won every vote: by how much it is better is a guess, held back by a "
    "weak prior.",
    "winless": "This model lost every vote: by how much it is worse is a guess, held back by a "
    "weak prior.",
}
"""The same of a single model, where it sounds otherwise."""


@dataclass(frozen=True)
class Shortfall:
    """One thing the votes do not say, and about which models; () means the whole board."""

    kind: Kind
    models: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return (OF_ONE if len(self.models) == 1 else SENTENCES).get(self.kind, SENTENCES[self.kind])


def shortfalls(tallies: Tallies, fitted: Fit) -> tuple[Shortfall, ...]:
    """What `fitted`, the fit of `tallies`, could not learn from them; () for a well-posed board.

    Several models without a vote are one shortfall; each further component with votes is one.
    """
    m = len(tallies.models)
    if not np.any(fitted.weight > 0):
        alone = (Shortfall("one_model", tallies.models),) if m == 1 else ()
        return (Shortfall("no_votes"), *alone)
    won, lost, tied = tallies.weighed
    wins, losses = tallies.per_model(won, lost), tallies.per_model(lost, won)
    draws, voted = tallies.per_model(tied, tied), fitted.weight > 0
    perfect = voted & (draws == 0)
    undefeated, winless = perfect & (losses == 0), perfect & (wins == 0)
    found = [Shortfall("all_ties")] if not (won.any() or lost.any()) else []
    for component in range(1, int(fitted.component.max()) + 1):
        found += _of("apart", voted & (fitted.component == component), fitted)
    found += _of("unvoted", ~voted, fitted)
    found += _of("undefeated", undefeated, fitted)
    found += _of("winless", winless, fitted)
    for component in np.unique(fitted.component[fitted.leans_on_prior & voted]).tolist():
        members = fitted.component == component
        if not (members & (undefeated | winless)).any():
            found += _of("one_way", members, fitted)
    if fitted.tie_error is not None and not ties_have_a_measure(tallies):
        found.append(Shortfall("ties_without_measure"))
    return tuple(found)


def _of(kind: Kind, chosen: Bools, fitted: Fit) -> list[Shortfall]:
    models = tuple(fitted.models[i] for i in np.flatnonzero(chosen).tolist())
    return [Shortfall(kind, models)] if models else []

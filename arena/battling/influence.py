"""What one vote did to the ratings: the board with it beside the board without it."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.models import CountedVote, Tally, Verdict, Vote
from arena.rating.bradley_terry import Fit, fit
from arena.rating.tallies import Tallies, WeighedRow, tally_weighed
from arena.rules import rules_of
from workers.models import LanguageModel

NAMED = "It is kept, and does not count on the leaderboard: you knew the names."
WEIGHTLESS = (
    "It is kept, and does not move the leaderboard now: votes are looked at before they weigh."
)
FROZEN = "It is kept. The leaderboard stands still while its votes are being checked."
COLUMNS = {
    "left": ("left_wins", "left_weight", "left_square"),
    "right": ("right_wins", "right_weight", "right_square"),
    Verdict.TIE: ("ties", "tie_weight", "tie_square"),
    Verdict.BOTH_BAD: ("both_bad", "bad_weight", "bad_square"),
}


@dataclass(frozen=True)
class Move:
    """A model's rating, in points, without the vote and with it."""

    side: str
    model: LanguageModel
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def shown_change(self) -> str:
        sign = "+" if self.change >= 0 else "−"
        return f"{sign}{abs(self.change):.2f}"


@dataclass(frozen=True)
class Influence:
    """The `moves` of A and B. They are empty where the vote moves nothing; `why` says why."""

    moves: tuple[Move, ...] = ()
    why: str = ""


def influence_of(vote: Vote) -> Influence:
    """What the vote does to the two ratings, by the votes there are now."""
    battle = vote.battle
    if not battle.is_anonymous or battle.model_b is None:
        return Influence(why=NAMED)
    weight = CountedVote.objects.filter(vote=vote).values_list("weight", flat=True).first()
    if not weight:
        return Influence(why=WEIGHTLESS)
    if rules_of(vote.project).frozen_at is not None:
        return Influence(why=FROZEN)
    tallies = list(Tally.objects.filter(project=vote.project, category=""))
    names = _names(tallies)
    after = fit(_tallied(tallies, names))
    _take_away(tallies, vote, float(weight))
    before = fit(_tallied(tallies, names))
    return Influence(
        tuple(
            Move(side, model, _rating(before, model), _rating(after, model))
            for side, model in (("a", battle.model_a), ("b", battle.model_b))
        )
    )


def _names(tallies: Sequence[Tally]) -> dict[int, str]:
    pks = {pk for row in tallies for pk in (row.left_id, row.right_id)}
    return dict(LanguageModel.objects.filter(pk__in=pks).values_list("pk", "name"))


def _tallied(tallies: Sequence[Tally], names: dict[int, str]) -> Tallies:
    rows = [
        WeighedRow(
            names[row.left_id],
            names[row.right_id],
            (row.left_wins, row.right_wins, row.ties + row.both_bad),
            (row.left_weight, row.right_weight, row.tie_weight + row.bad_weight),
            (row.left_square, row.right_square, row.tie_square + row.bad_square),
        )
        for row in tallies
    ]
    # A model without a vote stays listed, so that both fits have their mean over the same models.
    return tally_weighed(rows, models=names.values())


def _take_away(tallies: Sequence[Tally], vote: Vote, weight: float) -> None:
    """The rows in memory as they would be without the vote; they are not saved."""
    a, b = vote.battle.model_a_id, vote.battle.model_b_id or 0
    winner = {Verdict.A: a, Verdict.B: b}.get(Verdict(vote.verdict))
    for row in tallies:
        if {row.left_id, row.right_id} != {a, b}:
            continue
        side = "left" if winner == row.left_id else "right"
        columns = COLUMNS[side if winner else Verdict(vote.verdict)]
        for column, value in zip(columns, (1, weight, weight**2), strict=True):
            setattr(row, column, getattr(row, column) - value)


def _rating(fitted: Fit, model: LanguageModel) -> float:
    return float(fitted.ratings[fitted.models.index(model.name)])

"""What a computed board consists of, and which board was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from arena.models import Board
from arena.rating.shortfalls import Shortfall


@dataclass(frozen=True)
class Selection:
    """Which votes a board is computed from, and how. Equal selections are the same board.

    `category` is a category's code, "tag:" and the slug of an owner's tag, or empty for all;
    `language` a language's code or empty. Unfiltered, each vote counts as one, whatever it weighs.
    `slug` is empty but for a named board.
    """

    slug: str = ""
    source: str = Board.Source.VOTES.value
    category: str = ""
    language: str = ""
    is_style_controlled: bool = False
    is_open_only: bool = False
    is_filtered: bool = True
    min_votes: int = 0
    ties: str = Board.Ties.HALF.value
    intervals: str = Board.Intervals.SANDWICH.value

    @classmethod
    def of(cls, board: Board) -> Selection:
        return cls(
            slug=board.slug,
            source=board.source,
            category=board.category,
            is_style_controlled=board.is_style_controlled,
            is_open_only=board.is_open_only,
            is_filtered=board.is_filtered,
            ties=board.ties,
            intervals=board.intervals,
        )

    @property
    def is_from_tallies(self) -> bool:
        """Whether stored tallies are all that is needed. Other boards read single votes, and may
        be a little older than the last vote; `ComputedBoard.cut_off_at` says when."""
        is_one_key = not (self.category and self.language)
        is_votes = self.source == Board.Source.VOTES
        return is_one_key and is_votes and not self.is_style_controlled


@dataclass(frozen=True)
class BoardRow:
    """One model. Ratings and their bounds are in points; what is not known is None.

    Of the two kinds of ranks, `upper_rank` to `lower_rank` follows from each model's own interval
    and `sure_upper_rank` to `sure_lower_rank` holds for all models at once. `n_votes` counts every
    vote; `weight` adds up what they weigh. `average_win_rate` is the chance predicted against the
    others listed of its group, on average. A frozen board knows only ranks, ratings and votes.
    """

    model_id: int
    model: str
    organisation: str
    licence: str
    is_open: bool
    same_weights_as: tuple[str, ...]
    price: float | None
    size: float | None
    upper_rank: int
    lower_rank: int
    sure_upper_rank: int | None
    sure_lower_rank: int | None
    rating: float
    lower: float
    upper: float
    n_votes: int
    weight: float | None
    wins: int | None
    losses: int | None
    ties: int | None
    both_bad: int | None
    average_win_rate: float | None
    elo: float | None
    component: int
    is_provisional: bool

    @property
    def half_width(self) -> float:
        return (self.upper - self.lower) / 2

    @property
    def ranks(self) -> str:
        if self.upper_rank == self.lower_rank:
            return str(self.upper_rank)
        return f"{self.upper_rank}–{self.lower_rank}"


@dataclass(frozen=True)
class StyleEffect:
    """How many points a feature moves a model, for one standard deviation more of it."""

    feature: str
    points: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Removal:
    """The smallest share of votes (0…1) whose removal was found to put `successor` first."""

    share: float
    n_votes: int
    leader: str
    successor: str


@dataclass(frozen=True)
class Unlisted:
    """A model with votes that are too few to be listed."""

    model: str
    n_votes: int


@dataclass(frozen=True)
class ComputedBoard:
    """Rows from the highest rating down.

    `digest` stands for the votes that the board was computed from, by the names of models, so that
    a dump of them gives the same; `state` for all that could change what is shown.
    `shortfalls` is what the votes cannot say. `anchor` is
    empty where the mean is fixed instead. Where `frozen_at` is set the board stands still, and
    shows the last good run.
    """

    digest: str
    state: str = ""
    selection: Selection = field(default_factory=Selection)
    rows: tuple[BoardRow, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    n_votes: int = 0
    weight: float = 0.0
    n_components: int = 0
    is_regularised: bool = False
    converged: bool = True
    anchor: str = ""
    anchor_rating: float = 1000.0
    provisional_below: int = 50
    listed_from: int = 1
    style: tuple[StyleEffect, ...] = ()
    removal: Removal | None = None
    notes: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    frozen_at: datetime | None = None
    frozen_why: str = ""
    cut_off_at: datetime = field(default_factory=timezone.now)

    @property
    def has_provisional(self) -> bool:
        return any(row.is_provisional for row in self.rows)


@dataclass(frozen=True)
class WinRates:
    """Rows and columns are `models`, the best first. `observed` is None where two never met;
    `predicted` follows from the ratings; `n_votes` counts battles of the two. Shares 0…1."""

    models: tuple[str, ...]
    observed: tuple[tuple[float | None, ...], ...]
    predicted: tuple[tuple[float | None, ...], ...]
    n_votes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Category:
    """A category votes fall into. `rule` says in words which."""

    code: str
    title: str
    rule: str
    n_votes: int = 0


@dataclass(frozen=True)
class CategoryCell:
    upper_rank: int
    lower_rank: int
    rating: float
    n_votes: int
    is_provisional: bool


@dataclass(frozen=True)
class CategoryTable:
    """Models, the best overall first, by category, the first of them all votes (code "").

    `cells[i][j]` is None where model i has no vote in category j.
    """

    models: tuple[str, ...]
    categories: tuple[Category, ...]
    cells: tuple[tuple[CategoryCell | None, ...], ...]


@dataclass(frozen=True)
class HistoryLine:
    """A model's rating after each day, None before its first vote."""

    model: str
    ratings: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]


@dataclass(frozen=True)
class RatingHistory:
    days: tuple[date, ...] = ()
    lines: tuple[HistoryLine, ...] = ()


@dataclass(frozen=True)
class BoardChange:
    """What a feed tells: since the run before, a model is new, rose, fell, or leads now."""

    at: datetime
    kind: str
    model: str
    rank_before: int | None
    rank_after: int
    rating_before: float | None
    rating_after: float
    n_votes: int

"""What a tie says: three ways to give the outcomes of a battle a chance.

With d = θ_left − θ_right:

- **half**: P(left wins) = σ(d), and a tie counts as half a win for each. No parameter.
- **Davidson** (1970, https://doi.org/10.1080/01621459.1970.10481082): left win, right win and tie
  are as e^{d/2} : e^{−d/2} : ν. Inside, the parameter is η = ln ν.
- **Rao–Kupper** (1967, https://doi.org/10.1080/01621459.1967.10482901): P(left wins) = σ(d − δ),
  P(right wins) = σ(−d − δ), and a tie is what is left. Inside, the parameter is δ = ln ϑ > 0.

Every log-likelihood here is concave in (d, parameter). Arrays of outcomes have shape (3, P): left
win, right win, tie.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import numpy as np

from arena.rating.tallies import Floats

Ties = Literal["half", "davidson", "rao_kupper"]


class TieModel(Protocol):
    """`n_parameters` is 0 or 1; without one, `parameter` is ignored and its derivatives are 0."""

    n_parameters: int

    def start(self, tied: float) -> float:
        """The parameter at which equals tie with the chance `tied`, which is inside 0…1."""

    def log_chances(self, margins: Floats, parameter: float) -> Floats:
        """What each outcome adds to the log-likelihood, shape (3, P)."""

    def chances(self, margins: Floats, parameter: float) -> Floats:
        """The chance of each outcome, shape (3, P)."""

    def scores(self, margins: Floats, parameter: float) -> tuple[Floats, Floats]:
        """Derivatives of `log_chances` by d and by the parameter, each of shape (3, P)."""

    def curvatures(self, margins: Floats, parameter: float, weights: Floats) -> Floats:
        """Minus the second derivatives, weighed and added up: dd, d·parameter, parameter²."""


class Half:
    """A tie is half a win for each side."""

    n_parameters = 0

    def start(self, tied: float) -> float:
        return 0.0

    def log_chances(self, margins: Floats, parameter: float) -> Floats:
        decay = np.log1p(np.exp(-np.abs(margins)))
        win, loss = np.minimum(margins, 0.0) - decay, np.minimum(-margins, 0.0) - decay
        return np.stack([win, loss, 0.5 * (win + loss)])

    def chances(self, margins: Floats, parameter: float) -> Floats:
        return np.stack([sigmoid(margins), sigmoid(-margins), np.zeros_like(margins)])

    def scores(self, margins: Floats, parameter: float) -> tuple[Floats, Floats]:
        p, q = sigmoid(margins), sigmoid(-margins)
        by_margin = np.stack([q, -p, 0.5 * (q - p)])
        return by_margin, np.zeros_like(by_margin)

    def curvatures(self, margins: Floats, parameter: float, weights: Floats) -> Floats:
        by_margin = weights.sum(axis=0) * logistic_variance(margins)
        return np.stack([by_margin, np.zeros_like(by_margin), np.zeros_like(by_margin)])


class Davidson:
    """Three outcomes as e^{d/2} : e^{−d/2} : ν."""

    n_parameters = 1

    def start(self, tied: float) -> float:
        return math.log(2.0 * tied / (1.0 - tied))

    def log_chances(self, margins: Floats, parameter: float) -> Floats:
        powers = np.stack([0.5 * margins, -0.5 * margins, np.full_like(margins, parameter)])
        top = powers.max(axis=0)
        shares: Floats = powers - top - np.log(np.exp(powers - top).sum(axis=0))
        return shares

    def chances(self, margins: Floats, parameter: float) -> Floats:
        chances: Floats = np.exp(self.log_chances(margins, parameter))
        return chances

    def scores(self, margins: Floats, parameter: float) -> tuple[Floats, Floats]:
        win, loss, tie = self.chances(margins, parameter)
        # Sums of chances rather than 1 − p: a sure winner's few losses keep their digits.
        by_margin = np.stack([loss + 0.5 * tie, -(win + 0.5 * tie), 0.5 * (loss - win)])
        return by_margin, np.stack([-tie, -tie, win + loss])

    def curvatures(self, margins: Floats, parameter: float, weights: Floats) -> Floats:
        win, loss, tie = self.chances(margins, parameter)
        n = weights.sum(axis=0)
        by_margin = win * loss + 0.25 * tie * (win + loss)
        products: Floats = n * np.stack([by_margin, -0.5 * tie * (win - loss), tie * (win + loss)])
        return products


class RaoKupper:
    """A side wins where it is better by more than a threshold δ."""

    n_parameters = 1

    def start(self, tied: float) -> float:
        return 2.0 * math.atanh(tied)

    def log_chances(self, margins: Floats, parameter: float) -> Floats:
        if parameter <= 0.0:
            return np.full((3, *margins.shape), -np.inf)
        tie = log_sigmoid(parameter + margins) + log_sigmoid(parameter - margins)
        tie += math.log(-math.expm1(-2.0 * parameter))
        return np.stack([log_sigmoid(margins - parameter), log_sigmoid(-margins - parameter), tie])

    def chances(self, margins: Floats, parameter: float) -> Floats:
        chances: Floats = np.exp(self.log_chances(margins, parameter))
        return chances

    def scores(self, margins: Floats, parameter: float) -> tuple[Floats, Floats]:
        below, above = sigmoid(parameter - margins), sigmoid(parameter + margins)
        not_below, not_above = sigmoid(margins - parameter), sigmoid(-margins - parameter)
        widening = 2.0 / math.expm1(2.0 * parameter)
        by_margin = np.stack([below, -above, not_above - not_below])
        return by_margin, np.stack([-below, -above, widening + not_below + not_above])

    def curvatures(self, margins: Floats, parameter: float, weights: Floats) -> Floats:
        won, lost, tied = weights
        upper = (won + tied) * logistic_variance(margins - parameter)
        lower = (lost + tied) * logistic_variance(margins + parameter)
        widening = tied / math.sinh(min(parameter, 300.0)) ** 2
        return np.stack([upper + lower, lower - upper, upper + lower + widening])


MODELS: dict[Ties, TieModel] = {
    "half": Half(),
    "davidson": Davidson(),
    "rao_kupper": RaoKupper(),
}


def sigmoid(margins: Floats) -> Floats:
    """1 / (1 + e^{−d}) to full relative precision, however small it is."""
    decay = np.exp(-np.abs(margins))
    return np.asarray(np.where(margins >= 0, 1.0, decay) / (1.0 + decay), dtype=np.float64)


def log_sigmoid(margins: Floats) -> Floats:
    decay = np.log1p(np.exp(-np.abs(margins)))
    return np.asarray(np.minimum(margins, 0.0) - decay, dtype=np.float64)


def logistic_variance(margins: Floats) -> Floats:
    """p(1 − p), without the cancellation of 1 − p where p is close to 1."""
    decay = np.exp(-np.abs(margins))
    return np.asarray(decay / (1.0 + decay) ** 2, dtype=np.float64)

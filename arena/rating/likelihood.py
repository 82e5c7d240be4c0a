"""The log-likelihood of tallies under a tie model, its derivatives, and Newton's method on it.

The unknowns are θ of the M models and, where the tie model has one, its parameter after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arena.rating.linear import between, laplacian
from arena.rating.tallies import Floats, Ints, Tallies
from arena.rating.ties import TieModel

STEP_CAP = 2.0


@dataclass(frozen=True, eq=False)
class Likelihood:
    """What is maximised: a weighed log-likelihood less ½ Σ precision · unknown².

    `component` (M,) numbers groups of models without votes between them; `precision` has the
    shape of the unknowns and is 0 where the votes alone decide. A group has a prior on all of its
    models or on none.
    """

    tallies: Tallies
    ties: TieModel
    component: Ints
    precision: Floats

    @property
    def n_models(self) -> int:
        return len(self.tallies.models)

    def loss(self, unknowns: Floats) -> float:
        """The negative log posterior; infinite where the tie parameter is out of its range."""
        chances = self.ties.log_chances(*self._split(unknowns))
        if np.any(np.isneginf(chances)):
            return float("inf")
        prior = 0.5 * float(self.precision @ unknowns**2)
        return prior - float((self.tallies.weighed * chances).sum())

    def gradient(self, unknowns: Floats) -> Floats:
        """Of the log posterior, shape (M + n_parameters,)."""
        by_margin, by_parameter = self.ties.scores(*self._split(unknowns))
        weights = self.tallies.weighed
        surprise = (weights * by_margin).sum(axis=0)
        out = np.zeros(len(unknowns))
        out[: self.n_models] = self._spread(surprise)
        out[self.n_models :] = (weights * by_parameter).sum()
        return out - self.precision * unknowns

    def information(self, unknowns: Floats) -> Floats:
        """Minus the second derivatives, made invertible by the prior or by pinning means."""
        curvatures = self.ties.curvatures(*self._split(unknowns), self.tallies.weighed)
        matrix = self._matrix(curvatures) + np.diag(self.precision)
        m = self.n_models
        trace = np.bincount(self.component, np.diag(matrix)[:m])
        size = np.bincount(self.component)
        free = np.bincount(self.component, self.precision[:m]) == 0
        # Along a group's mean the likelihood is flat and the gradient zero: this fixes the gauge
        # of groups without a prior, and nothing else.
        pin = np.where(free, trace / np.maximum(size, 1) ** 2, 0.0)
        together = self.component[:, None] == self.component[None, :]
        matrix[:m, :m] += together * pin[self.component]
        return matrix

    def squared_scores(self, unknowns: Floats, without_spread: npt.NDArray[np.bool_]) -> Floats:
        """The middle of the sandwich: squared scores of single votes, and the prior's own share.

        Pairs `without_spread` (P,) take the model's variance in place of what their votes show.
        """
        margins, parameter = self._split(unknowns)
        x, y = self.ties.scores(margins, parameter)
        expected = self.tallies.squared.sum(axis=0) * self.ties.chances(margins, parameter)
        squares = np.where(without_spread, expected, self.tallies.squared)
        seen = np.stack([(squares * product).sum(axis=0) for product in (x * x, x * y, y * y)])
        return self._matrix(seen) + np.diag(self.precision)

    def _split(self, unknowns: Floats) -> tuple[Floats, float]:
        theta = unknowns[: self.n_models]
        parameter = float(unknowns[-1]) if self.ties.n_parameters else 0.0
        return theta[self.tallies.left] - theta[self.tallies.right], parameter

    def _spread(self, values: Floats) -> Floats:
        return between(self.n_models, self.tallies.left, self.tallies.right, values)

    def _matrix(self, products: Floats) -> Floats:
        """The matrix whose quadratic form has these coefficients of d², d·parameter, parameter²."""
        m, n = self.n_models, self.n_models + self.ties.n_parameters
        matrix = np.zeros((n, n))
        matrix[:m, :m] = laplacian(m, self.tallies.left, self.tallies.right, products[0])
        if self.ties.n_parameters:
            matrix[:m, m] = matrix[m, :m] = self._spread(products[1])
            matrix[m, m] = products[2].sum()
        return matrix


def maximise(
    problem: Likelihood, start: Floats, tolerance: float, max_iterations: int
) -> tuple[Floats, int, bool]:
    """Newton's method: (unknowns, iterations, whether the last step was within tolerance)."""
    if not problem.tallies.left.size:
        return start, 0, True
    unknowns, loss = start, problem.loss(start)
    for iteration in range(1, max_iterations + 1):
        step = solve(problem.information(unknowns), problem.gradient(unknowns))
        size = float(np.abs(step).max())
        # Stopping on the loss instead would stop far too early on lopsided data.
        if size <= tolerance:
            return unknowns + step, iteration, True
        step *= min(1.0, STEP_CAP / size)
        unknowns, loss = _descend(problem, unknowns, step, loss)
    return unknowns, max_iterations, False


def _descend(
    problem: Likelihood, unknowns: Floats, step: Floats, loss: float
) -> tuple[Floats, float]:
    """Take the step, halved until the loss does not rise beyond its own rounding."""
    slack = 1e-12 * (1.0 + abs(loss))
    for _ in range(30):
        new_loss = problem.loss(unknowns + step)
        if new_loss <= loss + slack:
            break
        step = step * 0.5
    return unknowns + step, new_loss


def sandwich(
    problem: Likelihood, unknowns: Floats, without_spread: npt.NDArray[np.bool_]
) -> Floats:
    """H⁻¹BH⁻¹ of the unknowns, each θ about the mean of its group.

    Source: White 1982, https://doi.org/10.2307/1912526, here in closed form on the tallies.
    """
    bread = problem.information(unknowns)
    half = solve(bread, problem.squared_scores(unknowns, without_spread))
    covariance = solve(bread, half.T)
    together = problem.component[:, None] == problem.component[None, :]
    centring = np.eye(len(unknowns))
    m = problem.n_models
    centring[:m, :m] -= together / together.sum(axis=1)[:, None]
    covariance = centring @ covariance @ centring.T
    symmetric: Floats = 0.5 * (covariance + covariance.T)
    return symmetric


def solve(matrix: Floats, right_hand_side: Floats) -> Floats:
    """Solve for a positive definite matrix, after scaling its diagonal to one.

    Without the scaling a model with three votes is lost in rounding beside one with a billion.
    """
    root = 1.0 / np.sqrt(np.diag(matrix))
    scaling = root if right_hand_side.ndim == 1 else root[:, None]
    # One LU by LAPACK: NumPy has no triangular solver to follow a Cholesky factor with.
    solved = np.linalg.solve(matrix * np.outer(root, root), right_hand_side * scaling)
    return np.asarray(solved * scaling, dtype=np.float64)

"""What one more vote teaches: the closed form against the inverse done anew, and at work."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from arena.rating.pairing import expected_reduction

Floats = npt.NDArray[np.float64]


def symmetric(rng: np.random.Generator, m: int) -> Floats:
    votes = rng.integers(0, 30, (m, m)).astype(float)
    upper: Floats = np.triu(votes, 1)
    return upper + upper.T


def covariance(theta: Floats, votes: Floats, prior: float) -> Floats:
    p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
    weights = votes * p * (1 - p)
    inverse = np.linalg.inv(np.diag(weights.sum(axis=1) + prior) - weights)
    return np.asarray(inverse, dtype=np.float64)


def test_it_is_what_one_vote_more_takes_off_the_trace() -> None:
    rng = np.random.default_rng(3)
    theta, votes = rng.normal(size=6), symmetric(rng, 6)
    reduction = expected_reduction(theta, votes, prior=0.1)
    before = np.trace(covariance(theta, votes, 0.1))
    for a, b in ((0, 1), (2, 5), (3, 4)):
        more = votes.copy()
        more[a, b] += 1
        more[b, a] += 1
        found = before - np.trace(covariance(theta, more, 0.1))
        assert reduction[a, b] == pytest.approx(found, rel=1e-9)
        assert reduction[b, a] == reduction[a, b]
    assert np.diag(reduction).tolist() == [0.0] * 6


def test_a_model_without_a_vote_teaches_most() -> None:
    votes = np.full((4, 4), 100.0)
    votes[3, :] = votes[:, 3] = 0
    reduction = expected_reduction(np.zeros(4), votes)
    assert reduction[:3, 3].min() > 100 * reduction[:3, :3].max()


def test_drawing_by_it_needs_clearly_fewer_votes_than_drawing_evenly() -> None:
    """Twelve models, four of them new: how many votes until the mean variance is as wanted."""
    rng = np.random.default_rng(11)
    theta = rng.normal(0, 0.8, 12)
    start = np.full((12, 12), 40.0)
    start[8:, :] = start[:, 8:] = 0.0
    even = votes_needed(theta, start, lambda votes: np.ones((12, 12)))
    driven = votes_needed(theta, start, lambda votes: expected_reduction(theta, votes))
    assert driven < 0.75 * even


def votes_needed(theta: Floats, start: Floats, weigh: Callable[[Floats], Floats]) -> int:
    rng, votes, n = np.random.default_rng(5), start.copy(), 0
    left, right = np.triu_indices(len(theta), 1)
    # Where all of them stand together no vote can tell: the prior's own share of the trace.
    while (np.trace(covariance(theta, votes, 0.1)) - 1 / 0.1) / len(theta) > 0.02:
        weights = weigh(votes)[left, right]
        for drawn in rng.choice(len(left), size=20, p=weights / weights.sum()):
            votes[left[drawn], right[drawn]] += 1
            votes[right[drawn], left[drawn]] += 1
        n += 20
    return n

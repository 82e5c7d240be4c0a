from __future__ import annotations

import numpy as np
import pytest

from arena.rating.bootstrap import Scheme, bootstrap
from arena.rating.bradley_terry import Z, fit
from arena.rating.tallies import Tallies, tally, tally_codes
from arena.rating.ties import Ties
from tests.arena.rating.boards import crowd_tallies, drawn_votes, names, random_tallies

schemes = pytest.mark.parametrize("scheme", ["multinomial", "poisson"])


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@schemes
@pytest.mark.parametrize("ties", ["half", "davidson", "rao_kupper"])
def test_the_spread_of_resamples_is_the_standard_error(scheme: Scheme, ties: Ties) -> None:
    tallies = random_tallies(5, m=6, mean=80.0)
    fitted = fit(tallies, ties=ties)
    result = bootstrap(tallies, fitted, draws=400, rng=rng(), scheme=scheme)
    # 400 draws know a standard deviation to 3.5 %.
    np.testing.assert_allclose(result.standard_errors, fitted.standard_errors, rtol=0.15)
    lower, upper = result.bounds()
    np.testing.assert_allclose((upper - lower) / 2, Z * fitted.standard_errors, rtol=0.25)


@schemes
def test_real_votes_bear_the_sandwich_out(scheme: Scheme) -> None:
    tallies = crowd_tallies()
    fitted = fit(tallies)
    result = bootstrap(tallies, fitted, draws=200, rng=rng(), scheme=scheme)
    ratios = result.standard_errors / fitted.standard_errors
    assert np.median(ratios) == pytest.approx(1.0, abs=0.05)
    assert 0.8 < ratios.min() < ratios.max() < 1.25


def test_each_resample_is_rated_as_its_own_fit_would() -> None:
    tallies = random_tallies(3, m=7)
    fitted = fit(tallies, anchor=("m02", 1200.0))
    result = bootstrap(tallies, fitted, draws=40, rng=rng(9), scheme="poisson")
    counts = rng(9).poisson(tallies.counts.astype(float), (40, *tallies.counts.shape))
    shift = fitted.ratings[0] - fitted.points * fitted.theta[0]
    for ratings, drawn in zip(result.ratings, counts, strict=True):
        resampled = Tallies(tallies.models, tallies.left, tallies.right, *drawn)
        alone = shift + fitted.points * fit(resampled).theta
        np.testing.assert_allclose(ratings, alone, rtol=0, atol=1e-5)


def test_equal_weights_change_no_spread_and_unequal_ones_are_matched() -> None:
    generator = rng(4)
    a, b, half_points = drawn_votes(generator, np.zeros(4), 2000)
    weights = generator.choice([0.25, 1.0], size=2000)
    for values in (np.full(2000, 0.25), weights):
        tallies = tally_codes(names(4), a, b, half_points, weights=values)
        fitted = fit(tallies)
        result = bootstrap(tallies, fitted, draws=400, rng=rng())
        np.testing.assert_allclose(result.standard_errors, fitted.standard_errors, rtol=0.15)


def test_the_same_seed_gives_the_same_bytes() -> None:
    tallies = random_tallies(2)
    fitted = fit(tallies)
    one, other = (bootstrap(tallies, fitted, draws=70, rng=rng(3)) for _ in range(2))
    assert one.ratings.tobytes() == other.ratings.tobytes()


def test_ill_posed_votes_and_none_at_all_give_finite_numbers() -> None:
    rows = [("best", "x", 2, 0, 0), ("x", "y", 1, 1, 0), ("p", "q", 1, 1, 1)]
    for tallies in (tally(rows), tally([], models=["alone"]), tally([])):
        result = bootstrap(tallies, fit(tallies), draws=20, rng=rng())
        assert result.ratings.shape == (20, len(tallies.models))
        assert np.isfinite(result.ratings).all()


def test_too_few_draws_and_impossible_levels_are_refused() -> None:
    tallies = random_tallies(1, m=3)
    with pytest.raises(ValueError, match="at least 2"):
        bootstrap(tallies, fit(tallies), draws=1, rng=rng())
    with pytest.raises(ValueError, match="inside"):
        bootstrap(tallies, fit(tallies), draws=2, rng=rng()).bounds(1.0)

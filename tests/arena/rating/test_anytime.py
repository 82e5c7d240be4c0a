from __future__ import annotations

import numpy as np
import pytest

from arena.rating.anytime import TUNED_FOR, anytime_bounds, multipliers
from arena.rating.bradley_terry import Z, fit
from arena.rating.tallies import tally
from tests.arena.rating.boards import random_tallies


def test_the_multiplier_is_the_formula_of_the_paper() -> None:
    # ρ² tuned for 1,000 votes at 5 %: (2 ln 20 + ln(1 + 2 ln 20)) / 1000.
    rho = (2 * np.log(20) + np.log(1 + 2 * np.log(20))) / 1000
    n = np.array([10.0, 1000.0, 1e6])
    expected = np.sqrt(2 * (n * rho + 1) / (n * rho) * np.log(np.sqrt(n * rho + 1) / 0.05))
    np.testing.assert_allclose(multipliers(n), expected, rtol=1e-12)


def test_it_is_lowest_near_the_votes_it_is_tuned_for_and_never_below_a_single_look() -> None:
    n = np.logspace(0, 7, 400)
    values = multipliers(n)
    assert TUNED_FOR / 3 < n[int(values.argmin())] < TUNED_FOR * 3
    assert values.min() > Z + 0.8


def test_a_model_with_few_votes_has_the_wider_sequence() -> None:
    tallies = random_tallies(3, m=5)
    fitted = fit(tallies)
    lower, upper = anytime_bounds(fitted)
    np.testing.assert_allclose((lower + upper) / 2, fitted.ratings)
    assert (lower < fitted.lower).all()
    assert multipliers(np.array([5.0]))[0] > multipliers(np.array([500.0]))[0]


def test_boards_without_votes_have_finite_bounds() -> None:
    for tallies in (tally([]), tally([], models=["alone"])):
        for bounds in anytime_bounds(fit(tallies)):
            assert np.isfinite(bounds).all()


@pytest.mark.parametrize(("level", "tuned_for"), [(0.0, 10.0), (1.0, 10.0), (0.95, 0.0)])
def test_impossible_settings_are_refused(level: float, tuned_for: float) -> None:
    with pytest.raises(ValueError, match="level"):
        multipliers(np.array([1.0]), level, tuned_for)

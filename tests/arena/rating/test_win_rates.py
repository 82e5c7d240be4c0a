from __future__ import annotations

import numpy as np
import pytest

from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally
from arena.rating.ties import Ties
from arena.rating.win_rates import (
    average_win_rates,
    observed_win_rates,
    predicted_outcomes,
    predicted_win_rates,
)
from tests.arena.rating.boards import random_tallies


def test_observed_rates_count_a_tie_as_half_and_leave_strangers_blank() -> None:
    rates = observed_win_rates(tally([("a", "b", 2, 1, 1)], models=["c"]))
    assert rates[0, 1] == pytest.approx(2.5 / 4)
    assert rates[1, 0] == pytest.approx(1.5 / 4)
    assert int(np.isnan(rates).sum()) == 7


def test_predicted_rates_add_up_to_one_and_never_overflow() -> None:
    rates = predicted_win_rates(np.array([1400.0, 1000.0, 1e9]))
    assert rates[0, 1] == pytest.approx(10 / 11)
    np.testing.assert_allclose(rates + rates.T, 1.0)
    assert rates[2].tolist() == [1.0, 1.0, 0.5]


def test_no_models_give_empty_matrices() -> None:
    assert observed_win_rates(tally([])).shape == (0, 0)
    assert predicted_win_rates(np.array([])).shape == (0, 0)


def test_outcomes_by_half_wins_are_the_predicted_rates() -> None:
    fitted = fit(random_tallies(3))
    wins, ties = predicted_outcomes(fitted)
    np.testing.assert_allclose(wins, predicted_win_rates(fitted.ratings), rtol=1e-12)
    assert not ties.any()


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_outcomes_add_up_and_expect_the_votes_that_were_seen(ties: Ties) -> None:
    tallies = random_tallies(3)
    wins, tied = predicted_outcomes(fit(tallies, ties=ties))
    np.testing.assert_allclose(wins + wins.T + tied, 1.0, rtol=1e-12)
    expected = (tallies.totals * tied[tallies.left, tallies.right]).sum()
    # Davidson's maximum has exactly as many ties as were seen, Rao and Kupper's about as many.
    assert expected == pytest.approx(tallies.ties.sum(), rel=1e-6 if ties == "davidson" else 0.05)


def test_without_ties_among_the_votes_none_are_predicted() -> None:
    fitted = fit(tally([("a", "b", 3, 1, 0)]), ties="rao_kupper")
    wins, ties = predicted_outcomes(fitted)
    assert wins[0, 1] == pytest.approx(0.75)
    assert not ties.any()


def test_nothing_is_predicted_between_models_that_never_met() -> None:
    fitted = fit(tally([("a", "b", 3, 1, 0), ("y", "z", 3, 1, 0)]))
    wins, _ = predicted_outcomes(fitted)
    assert np.isnan(wins[:2, 2:]).all()
    averages = average_win_rates(wins)
    np.testing.assert_allclose(averages, [0.75, 0.25, 0.75, 0.25])


def test_averages_leave_out_what_is_unknown() -> None:
    rates = np.array([[np.nan, 0.8, np.nan], [0.2, np.nan, np.nan], [np.nan] * 3])
    np.testing.assert_array_equal(average_win_rates(rates), [0.8, 0.2, np.nan])
    assert average_win_rates(np.empty((0, 0))).shape == (0,)

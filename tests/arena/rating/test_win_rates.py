from __future__ import annotations

import numpy as np
import pytest

from arena.rating.tallies import tally
from arena.rating.win_rates import observed_win_rates, predicted_win_rates


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

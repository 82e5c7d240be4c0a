import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.integrity.evidence import binomial_tail, rejected, rejected_by_e, upper_tail


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5), st.integers(0, 10))
def test_the_tail_of_a_sum_of_points_is_that_of_all_outcomes(means: list[float], half: int) -> None:
    score = np.array(means)
    ties = 0.4 * 4 * score * (1 - score)
    total = 0.0
    for outcome in itertools.product((0.0, 0.5, 1.0), repeat=len(means)):
        chance = 1.0
        for points, mean, tie in zip(outcome, score, ties, strict=True):
            win = mean - tie / 2
            chance *= {1.0: win, 0.5: tie, 0.0: 1 - win - tie}[points]
        total += chance * (sum(outcome) >= half / 2)
    assert upper_tail(score, ties, half / 2) == pytest.approx(total, abs=1e-12)


def test_the_binomial_tail_is_the_sum_of_its_terms() -> None:
    assert binomial_tail(10, 0.5, 10) == pytest.approx(2**-10)
    assert binomial_tail(3, 0.2, 2) == pytest.approx(3 * 0.04 * 0.8 + 0.008)
    assert binomial_tail(5, 0.3, 0) == 1.0
    assert binomial_tail(5, 0.0, 1) == 0.0
    assert binomial_tail(5, 1.0, 5) == 1.0


def test_benjamini_and_hochberg_reject_all_below_the_last_that_reaches_its_line() -> None:
    # Of four at 5 %, the lines are 0.0125, 0.025, 0.0375 and 0.05: the third reaches its own.
    p_values = np.array([0.9, 0.03, 0.001, 0.0374])
    assert rejected(p_values, rate=0.05).tolist() == [False, True, True, True]
    assert rejected(np.ones(3)).tolist() == [False] * 3
    assert rejected(np.zeros(0)).tolist() == []


def test_their_counterpart_for_e_values() -> None:
    # Of three at 10 %, the lines are 30, 15 and 10.
    assert rejected_by_e(np.array([16.0, 1.0, 15.0]), rate=0.1).tolist() == [True, False, True]
    assert rejected_by_e(np.array([16.0, 1.0, 14.0]), rate=0.1).tolist() == [False] * 3

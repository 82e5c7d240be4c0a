"""The guard's mathematics against independent implementations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from statsmodels.stats.proportion import proportion_confint

from labeling.autonomy.bounds import SLACK, Agreed, Bar, highest, lower_bound

COUNTS = st.integers(1, 800).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_the_interval_is_that_of_statsmodels(counts: tuple[int, int]) -> None:
    agreeing, n = counts
    low, high = proportion_confint(agreeing, n, alpha=0.05, method="beta")
    found = Agreed(agreeing, n)
    assert found.low == pytest.approx(low, abs=1e-9)
    assert found.high == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize(("agreeing", "n"), [(1, 1), (20, 20), (450, 500), (4999, 5000)])
def test_the_lower_bound_is_a_quantile_of_the_beta_distribution(agreeing: int, n: int) -> None:
    expected = beta.ppf(0.025, agreeing, n - agreeing + 1)
    assert lower_bound(agreeing, n) == pytest.approx(expected, abs=1e-9)


@given(COUNTS)
def test_more_agreement_never_lowers_the_bound(counts: tuple[int, int]) -> None:
    agreeing, n = counts
    assert lower_bound(min(agreeing + 1, n), n) >= lower_bound(agreeing, n)


def test_nothing_audited_promises_nothing() -> None:
    assert (Agreed(0, 0).low, Agreed(0, 0).value) == (0.0, None)


def test_more_agreeing_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        lower_bound(2, 1)


def test_a_level_is_entered_above_the_bar_and_kept_down_to_the_slack() -> None:
    bar = Bar(0.8, 100)
    between = next(
        Agreed(k, 500) for k in range(500, 0, -1) if Agreed(k, 500).low < bar.share - SLACK / 2
    )
    assert (bar.allows(between), bar.holds(between)) == (False, True)
    assert (bar.allows(Agreed(450, 500)), bar.holds(Agreed(380, 500))) == (True, False)


def test_few_pairs_are_never_enough_however_well_they_agree() -> None:
    assert Bar(0.5, 100).allows(Agreed(99, 99)) is False


@given(st.integers(0, 100), st.integers(100, 400), st.floats(0.5, 0.95))
def test_what_is_missing_is_nearly_enough(percent: int, n: int, share: float) -> None:
    bar, agreed = Bar(share, 100), Agreed(round(n * percent / 100), n)
    more = bar.missing(agreed)
    if more is None:
        assert (agreed.value or 0) <= share
    elif more:
        later = Agreed(round((agreed.value or 0) * (n + more) * 1.0), n + more)
        assert later.low > share - 0.02
    else:
        assert bar.allows(agreed)


def test_a_level_falls_as_far_as_its_figures_ask_for() -> None:
    assert highest(5, 3, {5: False, 4: True}.__getitem__) == 4
    assert highest(5, 3, {5: False, 4: False}.__getitem__) == 3
    assert highest(5, 3, {5: True, 4: False}.__getitem__) == 5

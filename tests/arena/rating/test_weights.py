"""Votes that do not all weigh the same."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.rating.bradley_terry import fit
from arena.rating.tallies import Tallies, WeighedRow, tally, tally_codes, tally_weighed
from arena.rating.win_rates import observed_win_rates
from tests.arena.rating.boards import drawn_votes, names, random_tallies

pick = st.sampled_from(list("abcd"))
count = st.integers(0, 9)
share = st.sampled_from([0.0, 0.1, 0.3, 1.0])


@st.composite
def weighed_rows(draw: st.DrawFn) -> list[WeighedRow]:
    rows = []
    for _ in range(draw(st.integers(0, 10))):
        counts, w = (draw(count), draw(count), draw(count)), draw(share)
        x, y, z = counts
        rows.append(
            WeighedRow(
                draw(pick),
                draw(pick),
                counts,
                (w * x, w * y, w * z),
                (w * w * x, w * w * y, w * w * z),
            )
        )
    return rows


def weighed(tallies: Tallies, factor: float) -> Tallies:
    return Tallies(
        tallies.models,
        tallies.left,
        tallies.right,
        tallies.left_wins,
        tallies.right_wins,
        tallies.ties,
        factor * tallies.weighed,
        factor**2 * tallies.squared,
    )


@given(weighed_rows(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_neither_order_nor_side_of_rows_changes_a_bit(
    rows: list[WeighedRow], random: Random
) -> None:
    def turned(row: WeighedRow) -> WeighedRow:
        (a, b, t), (x, y, z), (p, q, r) = row.counts, row.weights, row.squares
        return WeighedRow(row.model_b, row.model_a, (b, a, t), (y, x, z), (q, p, r))

    other = [turned(row) for row in random.sample(rows, len(rows))]
    one, two = tally_weighed(rows), tally_weighed(other)
    assert one.models == two.models
    for name in ("left", "right", "counts", "weighed", "squared"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


@given(weighed_rows())
@settings(max_examples=100, deadline=None)
def test_any_weights_at_all_give_finite_numbers(rows: list[WeighedRow]) -> None:
    result = fit(tally_weighed(rows))
    assert result.converged
    assert np.isfinite(result.ratings).all()
    assert (result.standard_errors > 0).all()


def test_votes_of_weight_one_are_votes() -> None:
    plain = random_tallies(3)
    rows = [
        WeighedRow(
            plain.models[i],
            plain.models[j],
            (int(x), int(y), int(z)),
            (float(x), float(y), float(z)),
            (float(x), float(y), float(z)),
        )
        for i, j, (x, y, z) in zip(plain.left, plain.right, plain.counts.T, strict=True)
    ]
    assert fit(tally_weighed(rows)).covariance.tobytes() == fit(plain).covariance.tobytes()


def test_the_same_weight_for_all_votes_changes_neither_ratings_nor_intervals() -> None:
    plain = random_tallies(3)
    one, other = fit(plain), fit(weighed(plain, 0.2))
    np.testing.assert_allclose(other.ratings, one.ratings, atol=1e-7)
    np.testing.assert_allclose(other.standard_errors, one.standard_errors, rtol=1e-9)
    assert other.n_battles.tolist() == one.n_battles.tolist()
    np.testing.assert_allclose(other.weight, 0.2 * one.weight)


def test_codes_and_rows_weigh_alike() -> None:
    rng = np.random.default_rng(2)
    a, b, half_points = drawn_votes(rng, rng.normal(size=5), 300)
    weights = rng.choice([0.0, 0.3, 1.0], size=300)
    from_codes = tally_codes(names(5), a, b, half_points, weights=weights)
    from_rows = tally_weighed(
        WeighedRow(
            f"m{i:02}",
            f"m{j:02}",
            (int(s == 2), int(s == 0), int(s == 1)),
            (w * (s == 2), w * (s == 0), w * (s == 1)),
            (w**2 * (s == 2), w**2 * (s == 0), w**2 * (s == 1)),
        )
        for i, j, s, w in zip(a, b, half_points, weights, strict=True)
    )
    np.testing.assert_array_equal(from_codes.counts, from_rows.counts)
    np.testing.assert_allclose(from_codes.weighed, from_rows.weighed, rtol=1e-12)
    np.testing.assert_allclose(from_codes.squared, from_rows.squared, rtol=1e-12)


def test_votes_that_weigh_nothing_are_counted_and_say_nothing() -> None:
    rest = 1e-12
    result = fit(
        tally_weighed(
            [
                WeighedRow("a", "b", (3, 2, 1), (3, 2, 1), (3, 2, 1)),
                WeighedRow("a", "z", (50, 0, 0), (rest, 0, 0), (rest, 0, -rest)),
            ]
        )
    )
    without = fit(tally([("a", "b", 3, 2, 1)]))
    assert result.n_battles.tolist() == [56, 6, 50]
    assert result.weight.tolist() == [6, 6, 0]
    assert result.component.tolist() == [0, 0, 1]
    assert result.leans_on_prior.tolist() == [False, False, True]
    np.testing.assert_allclose(result.ratings, [*without.ratings, 1000.0])
    np.testing.assert_allclose(result.standard_errors[:2], without.standard_errors)


def test_observed_rates_are_weighed() -> None:
    row = WeighedRow("a", "b", (2, 2, 0), (2.0, 0.5, 0.0), (2.0, 0.125, 0.0))
    assert observed_win_rates(tally_weighed([row]))[0, 1] == pytest.approx(0.8)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_impossible_weights_are_named(weight: float) -> None:
    row = WeighedRow("a", "b", (1, 0, 0), (weight, 0.0, 0.0), (1.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="Row 0: a weight"):
        tally_weighed([row])
    with pytest.raises(ValueError, match="weights must hold"):
        tally_codes(
            ["a", "b"], np.array([0]), np.array([1]), np.array([2]), weights=np.array([weight])
        )


def test_weights_without_squares_are_refused() -> None:
    plain = random_tallies(1, m=3)
    columns = (plain.left, plain.right, plain.left_wins, plain.right_wins, plain.ties)
    with pytest.raises(ValueError, match="come together"):
        Tallies(plain.models, *columns, weights=plain.weighed)

"""Dawid–Skene beside crowd-kit; noisy Bradley–Terry by differences, simulation and another
minimiser."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene as CrowdKit
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from labeling.quality.reliability import Duels, dawid_skene, log_posterior, noisy_bradley_terry
from tests.labeling.test_agreement import CROWD

Arrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def simulated(*, seed: int, n_tasks: int = 400, n_workers: int = 12, k: int = 3) -> Any:
    """Workers of differing accuracy; the true classes and accuracies beside their labels."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n_tasks)
    accuracy = rng.uniform(0.45, 0.95, n_workers)
    tasks = np.repeat(np.arange(n_tasks), 5)
    workers = np.concatenate([rng.permutation(n_workers)[:5] for _ in range(n_tasks)])
    right = rng.random(len(tasks)) < accuracy[workers]
    wrong = (truth[tasks] + rng.integers(1, k, len(tasks))) % k
    return (tasks, workers, np.where(right, truth[tasks], wrong)), truth, accuracy


def by_crowd_kit(data: Arrays, n_iter: int) -> Any:
    frame = pd.DataFrame(dict(zip(("task", "worker", "label"), data, strict=True)))
    # A negative tolerance is never reached: exactly so many steps.
    return CrowdKit(n_iter=n_iter, tol=-1e9).fit(frame)


@pytest.mark.parametrize("seed", range(4))
def test_dawid_skene_gives_the_posteriors_of_crowd_kit(seed: int) -> None:
    data, _, _ = simulated(seed=seed, n_tasks=150)
    check_beside_crowd_kit(data, n_classes=3, steps=25)


def test_dawid_skene_gives_the_posteriors_of_crowd_kit_on_the_crowd() -> None:
    if not CROWD.exists():
        pytest.skip("the crowd comparisons are not beside this checkout in ../shared/data/")
    frame = pd.read_csv(CROWD)
    tasks = np.unique(frame["pair_id"], return_inverse=True)[1]
    workers = np.unique(frame["worker"], return_inverse=True)[1]
    labels = frame["winner"].map({"model_a": 0, "tie": 1, "model_b": 2}).to_numpy()
    check_beside_crowd_kit((tasks, workers, labels), n_classes=3, steps=40)


def check_beside_crowd_kit(data: Arrays, *, n_classes: int, steps: int) -> None:
    ours = dawid_skene(*data, n_classes=n_classes, tolerance=0.0, most_steps=steps)
    theirs = by_crowd_kit(data, steps)
    their_posteriors = theirs.probas_.sort_index().sort_index(axis=1).to_numpy()
    assert ours.n_steps == steps
    assert not ours.has_converged
    np.testing.assert_allclose(ours.posteriors, their_posteriors, atol=1e-8)
    np.testing.assert_allclose(ours.priors, theirs.priors_.sort_index(), atol=1e-8)
    for (worker, label), row in theirs.errors_.iterrows():
        np.testing.assert_allclose(ours.errors[worker, label], row.sort_index(), atol=1e-8)


def test_dawid_skene_finds_the_truth_and_the_good_workers() -> None:
    data, truth, accuracy = simulated(seed=9, n_tasks=1_500)
    found = dawid_skene(*data, n_classes=3)
    assert found.has_converged
    assert (found.posteriors.argmax(axis=1) == truth).mean() > 0.9
    assert np.abs(found.reliability - accuracy).max() < 0.06


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40
    ),
    st.permutations(range(4)),
)
def test_dawid_skene_does_not_know_workers_by_name(
    rows: list[tuple[int, int, int]], names: list[int]
) -> None:
    tasks = np.unique([row[0] for row in rows], return_inverse=True)[1]
    workers, labels = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    one = dawid_skene(tasks, workers, labels, n_classes=3, most_steps=20)
    other = dawid_skene(tasks, np.array(names)[workers], labels, n_classes=3, most_steps=20)
    np.testing.assert_allclose(one.posteriors, other.posteriors, atol=1e-9)
    np.testing.assert_allclose(one.posteriors.sum(axis=1), 1.0)


def test_nothing_to_fit_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to fit"):
        dawid_skene([], [], [], n_classes=3)


def duels(*, seed: int, n_items: int = 30, n_workers: int = 10, n: int = 6_000) -> Any:
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 1.5, n_items)
    reliability = rng.uniform(0.3, 0.98, n_workers)
    lean = rng.uniform(0.1, 0.9, n_workers)
    first = rng.integers(0, n_items, n)
    second = (first + rng.integers(1, n_items, n)) % n_items
    worker = rng.integers(0, n_workers, n)
    win = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    p = reliability[worker] * win + (1 - reliability[worker]) * lean[worker]
    points = (rng.random(n) < p).astype(float)
    points[rng.random(n) < 0.1] = 0.5
    made = Duels(first, second, worker, points, n_items, n_workers)
    return made, strengths, reliability, lean


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_gradient_is_that_of_finite_differences(seed: int) -> None:
    made, *_ = duels(seed=seed, n_items=5, n_workers=3, n=40)
    rng = np.random.default_rng(seed)
    at = rng.normal(0, 1, made.n_items + 2 * made.n_workers)
    _, gradient = log_posterior(at, made)
    step = 1e-6
    for place in range(len(at)):
        move = np.zeros(len(at))
        move[place] = step
        ahead, behind = log_posterior(at + move, made)[0], log_posterior(at - move, made)[0]
        assert gradient[place] == pytest.approx((ahead - behind) / (2 * step), abs=1e-5)


def test_simulated_strengths_and_reliabilities_come_back() -> None:
    made, strengths, reliability, _ = duels(seed=4, n=20_000)
    found = noisy_bradley_terry(made)
    assert found.has_converged
    assert np.corrcoef(found.strengths, strengths)[0, 1] > 0.99
    assert np.corrcoef(found.reliability, reliability)[0, 1] > 0.95
    assert np.abs(found.reliability - reliability).mean() < 0.08


def test_no_better_point_is_found_by_another_minimiser() -> None:
    made, *_ = duels(seed=8, n=3_000)
    found = noisy_bradley_terry(made, tolerance=1e-9)

    def loss(x: Any) -> Any:
        value, gradient = log_posterior(x, made)
        return -value, -gradient

    start = np.concatenate([np.zeros(30), np.full(10, 1.5), np.zeros(10)])
    other = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 5_000, "ftol": 0, "gtol": 1e-8},
    )
    assert found.has_converged
    assert found.log_posterior == pytest.approx(-other.fun, abs=1e-6)
    np.testing.assert_allclose(found.strengths, other.x[:30], atol=1e-3)


def test_swapping_the_sides_turns_strengths_nowhere() -> None:
    made, *_ = duels(seed=5, n=2_000)
    turned = Duels(
        made.second, made.first, made.worker, 1 - made.points, made.n_items, made.n_workers
    )
    one = noisy_bradley_terry(made, tolerance=1e-8)
    other = noisy_bradley_terry(turned, tolerance=1e-8)
    np.testing.assert_allclose(one.strengths, other.strengths, atol=1e-3)
    np.testing.assert_allclose(one.lean, 1 - other.lean, atol=1e-3)


def test_without_judgements_everything_stays_where_it_began() -> None:
    none = np.empty(0, dtype=np.int64)
    found = noisy_bradley_terry(Duels(none, none, none, none.astype(float), 2, 1))
    assert found.has_converged
    assert found.strengths.tolist() == [0.0, 0.0]

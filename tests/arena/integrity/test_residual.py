import numpy as np

from arena.integrity.evidence import Expected, Floats
from arena.integrity.residual import POINTS, drifts
from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally_codes
from tests.arena.integrity.crowds import Crowd


def known(crowd: Crowd, n: int) -> tuple[Expected, Floats]:
    cast = crowd.cast(crowd.honest(1, n))
    names = [f"{at:03d}" for at in range(crowd.theta.size)]
    fitted = fit(tally_codes(names, cast.a, cast.b, (cast.points * 2).astype(np.int64)))
    expected = crowd.expected(cast)
    return expected, np.asarray(fitted.covariance) / POINTS**2


def test_votes_as_before_raise_no_alarm() -> None:
    for seed in range(20):
        crowd = Crowd.of(10, seed)
        expected, covariance = known(crowd, 2_000)
        latest = crowd.cast(crowd.honest(2, 1_000))
        assert drifts(latest, np.ones(1_000), expected, covariance, 2_000) == []


def test_a_model_that_is_suddenly_another_is_named() -> None:
    crowd = Crowd.of(10, 3)
    expected, covariance = known(crowd, 4_000)
    shifted = crowd.theta.copy()
    shifted[4] += 1.2
    latest = Crowd(crowd.rng, shifted)
    found = drifts(
        latest.cast(latest.honest(2, 1_500)), np.ones(1_500), expected, covariance, 4_000
    )
    worst = max(found, key=lambda drift: abs(drift.points))
    assert worst.model == 4
    assert worst.points > 100


def test_few_votes_raise_no_alarm() -> None:
    crowd = Crowd.of(4, 3)
    expected, covariance = known(crowd, 2_000)
    latest = crowd.cast(crowd.attacker(1, 90, target=0))
    assert drifts(latest, np.ones(90), expected, covariance, 2_000) == []
    assert drifts(latest, np.ones(90), expected, covariance, 100) == []

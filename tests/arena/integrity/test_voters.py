import numpy as np
import pytest

from arena.integrity.evidence import Expected
from arena.integrity.voters import HISTORY, suspects
from tests.arena.integrity.crowds import Crowd, Row

N_HONEST = 600
ATTACKERS = range(10_000, 10_020)


def town(crowd: Crowd, *, longest: int = 60) -> list[Row]:
    return [
        row
        for voter in range(N_HONEST)
        for row in crowd.honest(voter, int(crowd.rng.integers(1, longest)))
    ]


def accused(crowd: Crowd, rows: list[Row]) -> set[int]:
    shuffled = [rows[at] for at in crowd.rng.permutation(len(rows))]
    cast = crowd.cast(shuffled)
    return {finding.voter for finding in suspects(cast, crowd.expected(cast))}


@pytest.mark.parametrize("seed", range(6))
def test_twenty_attackers_of_ten_votes_each_are_caught_and_the_honest_are_not(seed: int) -> None:
    crowd = Crowd.of(20, seed)
    rows = town(crowd)
    for voter in ATTACKERS:
        rows += crowd.attacker(voter, 10, target=3)
    found = accused(crowd, rows)
    assert found & set(ATTACKERS) == set(ATTACKERS)
    assert len(found - set(ATTACKERS)) <= 0.01 * N_HONEST


@pytest.mark.parametrize("n_models", [2, 4, 60])
def test_an_honest_arena_accuses_nobody_whatever_its_size(n_models: int) -> None:
    for seed in range(5):
        crowd = Crowd.of(n_models, 100 + seed, spread=1.2)
        assert len(accused(crowd, town(crowd))) <= 0.01 * N_HONEST


def test_who_votes_on_everything_but_always_for_one_is_caught_too() -> None:
    crowd = Crowd.of(8, 7)
    rows = town(crowd)
    for voter in ATTACKERS:
        rows += [
            (voter, a, b, 1.0 if a == 2 else 0.0 if b == 2 else points)
            for voter, a, b, points in crowd.honest(voter, 80)
        ]
    found = accused(crowd, rows)
    assert len(found & set(ATTACKERS)) >= 18
    assert len(found - set(ATTACKERS)) <= 0.01 * N_HONEST


def test_who_harms_a_model_is_caught_like_who_favours_one() -> None:
    crowd = Crowd.of(20, 5)
    rows = town(crowd)
    for voter in ATTACKERS:
        rows += [(v, a, b, 1.0 - points) for v, a, b, points in crowd.attacker(voter, 12, target=1)]
    assert accused(crowd, rows) & set(ATTACKERS) == set(ATTACKERS)


def test_a_taste_that_is_sure_but_small_is_not_an_offence() -> None:
    """Whoever likes a model a little more than others do votes as they should."""
    rng = np.random.default_rng(3)
    n, m = 2_000, 4
    a = np.zeros(n, dtype=np.int64)
    b = rng.integers(1, m, n)
    points = (rng.random(n) < 0.62).astype(float)
    crowd = Crowd(rng, np.zeros(m))
    cast = crowd.cast([(1, int(x), int(y), float(p)) for x, y, p in zip(a, b, points, strict=True)])
    drawn = np.array([[1.0, 1 / 3, 1 / 3, 1 / 3]])
    assert suspects(cast, Expected(np.zeros(m), drawn, 0.0)) == []


def test_voters_without_history_are_left_to_the_test_of_bursts() -> None:
    crowd = Crowd.of(10, 1)
    rows = [row for voter in range(50) for row in crowd.attacker(voter, HISTORY - 1, target=0)]
    assert accused(crowd, rows) == set()


def test_a_model_drawn_more_often_for_a_while_accuses_nobody() -> None:
    """A newcomer is in nearly every battle of its first hours, and so in those of whoever votes
    then."""
    rng = np.random.default_rng(4)
    m, n = 10, 400
    rows: list[Row] = []
    for at in range(n):
        b = int(rng.integers(1, m))
        a = 0 if at >= n // 2 else (b % (m - 1)) + 1
        rows.append((at // 20, a, b, float(rng.random() < 0.5)))
    cast = Crowd(rng, np.zeros(m)).cast(rows)
    drawn = np.full((2, m), 2 / (m - 1))
    drawn[0, 0], drawn[1] = 0.0, 1 / (m - 1)
    drawn[1, 0] = 1.0
    cast.block[n // 2 :] = 1
    assert suspects(cast, Expected(np.zeros(m), drawn, 0.0)) == []
    drawn[:] = 2 / m
    assert suspects(cast, Expected(np.zeros(m), drawn, 0.0)) != []

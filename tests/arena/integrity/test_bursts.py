import numpy as np
import pytest

from arena.integrity.bursts import find, held_back
from tests.arena.integrity.crowds import Crowd, Row

TARGET = 3


def newcomers(crowd: Crowd, n: int, first: int = 0) -> list[Row]:
    return [row for voter in range(first, first + n) for row in crowd.honest(voter, 1)]


def sent(crowd: Crowd, n: int, first: int = 50_000) -> list[Row]:
    return [row for voter in range(first, first + n) for row in crowd.attacker(voter, 1, TARGET)]


@pytest.mark.parametrize("seed", range(6))
def test_two_hundred_identities_of_one_vote_each_are_held_back(seed: int) -> None:
    crowd = Crowd.of(20, seed)
    established = [row for voter in range(300) for row in crowd.honest(1_000 + voter, 40)]
    rows = newcomers(crowd, 1_000) + sent(crowd, 200)
    whole = crowd.cast(established + rows)
    cast = whole.only(np.arange(len(whole)) >= len(established))
    bursts = find(cast, crowd.expected(whole))
    held = held_back(cast, bursts)
    attack = set(cast.vote[1_000:].tolist())
    assert attack <= set(held)
    assert len(set(held) - attack) <= 10
    assert bursts[0].model == TARGET
    assert bursts[0].direction == 1
    assert bursts[0].is_going_on
    # Found within the first of them, so that few ever counted.
    assert bursts[0].alarm - 1_000 <= 25


@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_of_honest_newcomers_is_no_burst(seed: int) -> None:
    """A link in the news brings thousands; each of their votes counts at once."""
    crowd = Crowd.of(15, 20 + seed, spread=1.0)
    cast = crowd.cast(newcomers(crowd, 5_000))
    assert find(cast, crowd.expected(cast)) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_very_first_votes_of_an_arena_are_no_burst(seed: int) -> None:
    crowd = Crowd.of(6, 40 + seed, spread=1.5)
    rows = newcomers(crowd, 300)
    for n in range(1, 300, 7):
        cast = crowd.cast(rows[:n])
        assert find(cast, crowd.expected(cast)) == []


def test_a_burst_among_as_many_honest_newcomers_is_found() -> None:
    crowd = Crowd.of(20, 9)
    established = [row for voter in range(300) for row in crowd.honest(1_000 + voter, 40)]
    mixed = [
        row
        for pair in zip(newcomers(crowd, 200), sent(crowd, 200), strict=True)
        for row in pair
    ]  # fmt: skip
    whole = crowd.cast(established + mixed)
    cast = whole.only(np.arange(len(whole)) >= len(established))
    held = held_back(cast, find(cast, crowd.expected(whole)))
    attack = {vote for vote, row in zip(cast.vote.tolist(), mixed, strict=True) if row[0] >= 50_000}
    assert len(attack & set(held)) >= 190


def test_after_a_burst_honest_newcomers_count_again() -> None:
    crowd = Crowd.of(20, 11)
    established = [row for voter in range(300) for row in crowd.honest(1_000 + voter, 40)]
    rows = sent(crowd, 100) + newcomers(crowd, 400)
    whole = crowd.cast(established + rows)
    cast = whole.only(np.arange(len(whole)) >= len(established))
    bursts = find(cast, crowd.expected(whole))
    assert [burst.is_going_on for burst in bursts] == [False] * len(bursts)
    held = held_back(cast, bursts)
    assert set(cast.vote[:100].tolist()) <= set(held)
    # What had nothing to do with the target came back; what came long after never was held.
    assert set(held) & set(cast.vote[300:].tolist()) == set()
    for at in range(100, 300):
        if cast.vote[at] in held:
            assert TARGET in (cast.a[at], cast.b[at])


def test_no_votes_no_burst() -> None:
    crowd = Crowd.of(3, 1)
    nothing = crowd.cast(newcomers(crowd, 3)).only(np.zeros(3, dtype=np.bool_))
    assert find(nothing, crowd.expected(crowd.cast(newcomers(crowd, 3)))) == []

from __future__ import annotations

import itertools

import numpy as np
import pytest

from arena.rating.bradley_terry import fit
from arena.rating.removal import smallest_removal
from arena.rating.tallies import Ints, Tallies, tally, tally_codes
from arena.rating.ties import Ties
from tests.arena.rating.boards import crowd_tallies, drawn_votes, names


def without(tallies: Tallies, removed: Ints) -> Tallies:
    won, lost, tied = tallies.counts - removed
    return Tallies(tallies.models, tallies.left, tallies.right, won, lost, tied)


def leads_without(tallies: Tallies, removed: tuple[int, ...]) -> str:
    board = fit(without(tallies, np.array(removed, dtype=np.int64).reshape(tallies.counts.shape)))
    return board.models[int(board.ratings.argmax())]


def fewest_by_trying_all(tallies: Tallies, leader: str, up_to: int) -> int:
    cells = tallies.counts.ravel().tolist()
    for n in range(1, up_to + 1):
        for chosen in itertools.combinations_with_replacement(range(len(cells)), n):
            removed = tuple(np.bincount(chosen, minlength=len(cells)).tolist())
            fits = all(r <= c for r, c in zip(removed, cells, strict=True))
            if fits and leads_without(tallies, removed) != leader:
                return n
    raise AssertionError("no removal found")


@pytest.mark.parametrize("seed", range(4))
def test_no_fewer_votes_do_it_where_all_can_be_tried(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tallies = tally_codes(names(3), *drawn_votes(rng, np.array([0.3, 0.0, -0.3]), 60))
    found = smallest_removal(tallies)
    assert found is not None
    if 0 < found.n_votes <= 4:
        assert found.n_votes == fewest_by_trying_all(tallies, found.leader, found.n_votes)


@pytest.mark.parametrize("ties", ["half", "davidson", "rao_kupper"])
def test_without_the_votes_named_the_challenger_leads(ties: Ties) -> None:
    rng = np.random.default_rng(3)
    theta = np.linspace(0.4, -0.4, 10)
    tallies = tally_codes(names(10), *drawn_votes(rng, theta, 4000))
    found = smallest_removal(tallies, ties=ties)
    assert found is not None
    board, after = fit(tallies, ties=ties), fit(without(tallies, found.removed), ties=ties)
    assert board.models[int(board.ratings.argmax())] == found.leader
    assert after.models[int(after.ratings.argmax())] == found.challenger
    assert found.n_votes == found.removed.sum()
    assert found.share == pytest.approx(found.n_votes / 4000)
    assert 0 < found.share < 0.1


def test_a_clear_lead_takes_more_votes_than_a_narrow_one() -> None:
    rng = np.random.default_rng(5)
    sizes = []
    for lead in (0.1, 0.4, 0.8):
        theta = np.array([lead, 0.0, -0.1, -0.2])
        found = smallest_removal(tally_codes(names(4), *drawn_votes(rng, theta, 20_000)))
        assert found is not None
        sizes.append(found.n_votes)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 4


def test_real_votes_hang_on_few() -> None:
    tallies = crowd_tallies()
    found = smallest_removal(tallies)
    assert found is not None
    assert found.n_votes == found.removed.sum()
    assert (found.removed <= tallies.counts).all()
    assert 0 < found.share < 0.05


def test_a_shared_first_place_hangs_on_none() -> None:
    found = smallest_removal(tally([("a", "b", 2, 2, 1), ("b", "c", 4, 1, 0), ("a", "c", 4, 1, 0)]))
    assert found is not None
    assert (found.n_votes, found.share) == (0, 0.0)
    assert {found.leader, found.challenger} == {"a", "b"}


def test_where_there_is_no_first_place_to_lose_there_is_no_answer() -> None:
    assert smallest_removal(tally([])) is None
    assert smallest_removal(tally([], models=["alone"])) is None
    assert smallest_removal(tally([], models=["a", "b"])) is None


def test_a_perfect_winner_is_not_overtaken_by_losing_wins() -> None:
    assert smallest_removal(tally([("a", "b", 5, 0, 0)])) is None

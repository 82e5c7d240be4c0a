from __future__ import annotations

from arena.rating.connectivity import strong_components, weak_components
from arena.rating.tallies import tally


def test_a_ring_of_wins_is_one_component() -> None:
    tallies = tally([("a", "b", 1, 0, 0), ("b", "c", 1, 0, 0), ("c", "a", 1, 0, 0)])
    assert strong_components(tallies).tolist() == [0, 0, 0]


def test_a_chain_of_wins_is_connected_weakly_only() -> None:
    tallies = tally([("a", "b", 1, 0, 0), ("b", "c", 1, 0, 0)])
    assert strong_components(tallies).tolist() == [0, 1, 2]
    assert weak_components(tallies).tolist() == [0, 0, 0]


def test_a_tie_leads_both_ways() -> None:
    tallies = tally([("a", "b", 0, 0, 1), ("b", "c", 1, 0, 0)])
    assert strong_components(tallies).tolist() == [0, 0, 1]


def test_the_largest_component_comes_first_and_the_empty_graph_has_none() -> None:
    tallies = tally([("a", "b", 1, 0, 0), ("x", "y", 1, 0, 0), ("y", "z", 1, 0, 0)], models=["q"])
    assert dict(zip(tallies.models, weak_components(tallies).tolist(), strict=True)) == {
        "a": 1, "b": 1, "q": 2, "x": 0, "y": 0, "z": 0,
    }  # fmt: skip
    assert weak_components(tally([])).tolist() == []


def test_a_long_chain_closes() -> None:
    names = [f"{i:03}" for i in range(200)]
    ring = zip(names, names[1:] + names[:1], strict=True)
    assert not strong_components(tally([(a, b, 1, 0, 0) for a, b in ring])).any()

from __future__ import annotations

import pytest

from arena.rating.bradley_terry import fit
from arena.rating.shortfalls import OF_ONE, SENTENCES, Shortfall, shortfalls
from arena.rating.tallies import Row, WeighedRow, tally, tally_weighed
from tests.arena.rating.boards import random_tallies

Found = list[tuple[str, tuple[str, ...]]]


def found(*rows: Row, models: tuple[str, ...] = ()) -> Found:
    tallies = tally(rows, models=models)
    return [(one.kind, one.models) for one in shortfalls(tallies, fit(tallies))]


def test_a_well_posed_board_has_none() -> None:
    tallies = random_tallies(1)
    assert shortfalls(tallies, fit(tallies)) == ()


@pytest.mark.parametrize(
    ("rows", "models", "expected"),
    [
        ([], (), [("no_votes", ())]),
        ([], ("a",), [("no_votes", ()), ("one_model", ("a",))]),
        ([], ("a", "b"), [("no_votes", ())]),
        ([("a", "b", 1, 1, 0)], ("c", "d"), [("unvoted", ("c", "d"))]),
        ([("a", "b", 0, 0, 7)], (), [("all_ties", ())]),
        ([("a", "b", 2, 0, 0)], (), [("undefeated", ("a",)), ("winless", ("b",))]),
        (
            [("a", "b", 1, 1, 0), ("b", "c", 1, 1, 0), ("y", "z", 1, 1, 0)],
            (),
            [("apart", ("y", "z"))],
        ),
        (
            [("a", "b", 1, 1, 0), ("c", "d", 1, 1, 0), ("a", "c", 5, 0, 0)],
            (),
            [("one_way", ("a", "b", "c", "d"))],
        ),
    ],
)
def test_each_shortfall_is_named_with_its_models(
    rows: list[Row], models: tuple[str, ...], expected: Found
) -> None:
    assert found(*rows, models=models) == expected


def test_votes_without_weight_count_as_none() -> None:
    tallies = tally_weighed([WeighedRow("a", "b", (3, 1, 0), (0, 0, 0), (0, 0, 0))])
    assert [one.kind for one in shortfalls(tallies, fit(tallies))] == ["no_votes"]


def test_a_tie_parameter_that_the_votes_leave_open_is_said() -> None:
    tallies = tally([("a", "b", 5, 0, 3)])
    kinds = [one.kind for one in shortfalls(tallies, fit(tallies, ties="davidson"))]
    assert kinds == ["ties_without_measure"]
    assert shortfalls(tallies, fit(tallies)) == ()


def test_a_sentence_speaks_of_one_model_or_of_several() -> None:
    tallies = tally([("a", "b", 2, 0, 0), ("a", "c", 2, 0, 0), ("b", "c", 1, 1, 0)])
    (undefeated,) = shortfalls(tallies, fit(tallies))
    assert undefeated.models == ("a",)
    assert undefeated.sentence == OF_ONE["undefeated"]
    assert Shortfall("undefeated", ("a", "b")).sentence == SENTENCES["undefeated"]
    assert Shortfall("no_votes").sentence == SENTENCES["no_votes"]
    assert Shortfall("all_ties", ("a",)).sentence == SENTENCES["all_ties"]

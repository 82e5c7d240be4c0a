"""When judgements contradict each other; how right one of a gold task is. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.gold.scores import comparison_score, ranking_score
from labeling.quality.intervals import share
from labeling.reviewing.disputes import (
    Judged,
    comparisons_disputed,
    rankings_disputed,
    strict_pairs,
)


def judged(*preferences: int | None, is_simple: bool = False) -> list[Judged]:
    return [Judged(1, 2, preference, is_simple) for preference in preferences]


@pytest.mark.parametrize(
    ("preferences", "is_disputed"),
    [
        ((), False),
        ((-3,), False),
        ((-3, -1), False),
        ((-1, 1), True),
        ((0, 2), False),
        ((0, 3), True),
        ((None, None), False),
        ((None, 1), False),
        ((None, -2), True),
        ((2, 2, 1, -1), True),
    ],
)
def test_opposite_sides_both_bad_against_clear_and_equal_against_much_better_are_disputes(
    preferences: tuple[int | None, ...], is_disputed: bool
) -> None:
    assert comparisons_disputed(judged(*preferences)) is is_disputed


def test_on_the_simple_scale_any_preference_is_clear() -> None:
    assert comparisons_disputed(judged(None, 1, is_simple=True))
    assert not comparisons_disputed(judged(0, 1, is_simple=True))


def test_sides_are_turned_before_they_are_compared() -> None:
    assert not comparisons_disputed([Judged(1, 2, -2), Judged(2, 1, 2)])
    assert comparisons_disputed([Judged(1, 2, -2), Judged(2, 1, -2)])


def test_judgements_of_other_pairs_do_not_contradict_each_other() -> None:
    assert not comparisons_disputed([Judged(1, 2, -3), Judged(1, 3, 3)])


@pytest.mark.parametrize(
    ("one", "other", "is_disputed"),
    [
        ([[1], [2]], [[2], [1]], True),
        ([[1, 2]], [[2], [1]], False),
        ([[1], [2], [3]], [[1], [3], [2]], False),
        ([[1], [2], [3]], [[2], [3], [1]], True),
        ([[1], [2], [3], [4]], [[4], [3], [2], [1]], True),
        ([[1], [2], [3], [4]], [[2], [1], [4], [3]], False),
    ],
)
def test_rankings_are_disputed_when_more_than_a_third_of_the_pairs_turn(
    one: list[list[int]], other: list[list[int]], is_disputed: bool
) -> None:
    assert rankings_disputed([one, other]) is is_disputed
    assert rankings_disputed([other, one]) is is_disputed


@given(st.permutations(range(6)), st.permutations(range(6)), st.permutations(range(6)))
def test_renaming_the_responses_changes_no_dispute(
    one: list[int], other: list[int], names: list[int]
) -> None:
    def renamed(order: list[int]) -> list[list[int]]:
        return [[names[item]] for item in order]

    plain = [[[item] for item in order] for order in (one, other)]
    assert rankings_disputed(plain) is rankings_disputed([renamed(one), renamed(other)])


@given(st.lists(st.sampled_from([None, *range(-3, 4)]), max_size=4))
def test_turning_the_sides_of_everybody_changes_no_dispute(preferences: list[int | None]) -> None:
    turned = [Judged(2, 1, preference) for preference in preferences]
    assert comparisons_disputed(judged(*preferences)) is comparisons_disputed(turned)


def test_tiers_tell_apart_what_stands_in_different_ones() -> None:
    assert strict_pairs([[1], [2, 3]]) == {(1, 2), (1, 3)}


@pytest.mark.parametrize(
    ("preference", "is_turned", "is_simple", "score"),
    [
        (-3, False, False, 1.0),
        (-1, False, False, 0.0),
        (3, True, False, 1.0),
        (-3, True, False, 0.0),
        (-1, False, True, 1.0),
        (1, True, True, 1.0),
        (0, False, True, 0.0),
        (None, False, False, 0.0),
    ],
)
def test_a_comparison_is_right_where_its_preference_is_accepted(
    preference: int | None, is_turned: bool, is_simple: bool, score: float
) -> None:
    found = comparison_score(
        preference,
        accepted=[-3, -2],
        accepts_both_bad=False,
        is_turned=is_turned,
        is_simple=is_simple,
    )
    assert found == score


def test_both_bad_is_right_where_it_is_accepted() -> None:
    assert comparison_score(None, accepted=[], accepts_both_bad=True) == 1.0


def test_a_ranking_is_as_right_as_the_share_of_its_ordered_pairs() -> None:
    expected = [[1], [2], [3]]
    assert ranking_score(expected, expected=expected) == 1.0
    assert ranking_score([[1], [3], [2]], expected=expected) == pytest.approx(2 / 3)
    assert ranking_score([[1, 2, 3]], expected=expected) == 0.0
    assert ranking_score([[3], [2], [1]], expected=[[1, 2, 3]]) == 1.0
    assert ranking_score([[1]], expected=[[1, 2]], all_bad=False, expects_all_bad=True) == 0.0


def test_the_interval_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263.
    found = share(81, 263)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert share(0, 0) is None


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_share_and_stays_a_share(n: int, data: st.DataObject) -> None:
    found = share(data.draw(st.floats(0, n)), n)
    assert found is not None
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1

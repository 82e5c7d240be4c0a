"""Agreement and who speaks for a task, in arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exports.selecting.agreeing import (
    Compared,
    Ranked,
    leading_shares,
    numbered,
    ranking_shares,
    speaking,
    speaking_rankings,
)
from labeling.quality.consensus import Consensus, majority, weighted
from tests.exports.selecting.arrays import flags, ints

FIRST, EQUAL, SECOND, BOTH_BAD = range(4)
JUDGEMENT = st.tuples(
    st.integers(1, 4), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.booleans()
)


def compared(rows: list[tuple[int, int, int, int, bool]]) -> Compared:
    """Rows of (task, said, strength, labeler, settles), all of one pair a task."""
    task, said, strength, labeler, settles = zip(*rows, strict=True) if rows else ((),) * 5
    return Compared(
        ints(task),
        ints([1] * len(rows)),
        ints([2] * len(rows)),
        ints(said),
        ints(strength),
        ints(labeler),
        flags(settles),
    )


def by_majority(units, values, labelers, settles, n_classes) -> Consensus:  # type: ignore[no-untyped-def]
    return majority(units, values, n_classes=n_classes)


def ranked(*rows: tuple[int, list[int]], settling: int = -1) -> Ranked:
    """Rows of (task, the tier of each of three answers)."""
    return Ranked(
        ints([task for task, _ in rows]),
        ints(range(len(rows))),
        flags([at == settling for at in range(len(rows))]),
        ints([[11, 12, 13]] * len(rows)),
        ints([tiers for _, tiers in rows]),
    )


def test_rows_that_are_the_same_have_the_same_number() -> None:
    assert numbered(ints([5, 7, 5, 5]), ints([1, 1, 1, 2])).tolist() == [0, 1, 0, 2]


def test_a_share_is_that_of_the_commonest_class_of_its_unit() -> None:
    shares = leading_shares(ints([0, 0, 0, 1]), ints([FIRST, FIRST, SECOND, EQUAL]), 4)
    assert np.round(shares, 3).tolist() == [0.667, 0.667, 0.667, 1.0]


def test_the_middle_one_of_those_that_agree_speaks() -> None:
    rows = [(1, FIRST, 3, 1, False), (1, FIRST, 1, 2, False), (1, FIRST, 2, 3, False)]
    undecided, speaks = speaking(compared([*rows, (1, SECOND, 2, 4, False)]), by_majority)
    assert not undecided.any()
    assert speaks.tolist() == [False, False, True, False]


def test_what_a_reviewer_settled_speaks_before_others_that_say_the_same() -> None:
    rows = [(1, FIRST, 1, 1, False), (1, FIRST, 3, 2, True), (1, FIRST, 1, 3, False)]
    assert speaking(compared(rows), by_majority)[1].tolist() == [False, True, False]


def test_nobody_speaks_where_two_lead() -> None:
    rows = [(1, FIRST, 1, 1, False), (1, SECOND, 1, 2, False), (2, BOTH_BAD, 0, 1, False)]
    undecided, speaks = speaking(compared(rows), by_majority)
    assert undecided.tolist() == [True, True, False]
    assert speaks.tolist() == [False, False, True]


def test_the_more_reliable_labeler_outweighs_another() -> None:
    def by_weight(units, values, labelers, settles, n_classes):  # type: ignore[no-untyped-def]
        trust = np.where(labelers == 1, 0.95, 0.4)
        return weighted(units, values, trust, n_classes=n_classes)

    rows = [(1, FIRST, 1, 1, False), (1, SECOND, 1, 2, False)]
    assert speaking(compared(rows), by_weight)[1].tolist() == [True, False]


@given(st.lists(JUDGEMENT, max_size=30))
def test_of_every_task_one_speaks_or_all_are_undecided(
    rows: list[tuple[int, int, int, int, bool]],
) -> None:
    undecided, speaks = speaking(compared(rows), by_majority)
    for task in {row[0] for row in rows}:
        of_task = [at for at, row in enumerate(rows) if row[0] == task]
        n_speaking = sum(speaks[at] for at in of_task)
        n_undecided = sum(undecided[at] for at in of_task)
        assert (n_speaking, n_undecided) in ((1, 0), (0, len(of_task)))


def test_rankings_agree_as_far_as_their_pairs_do() -> None:
    rows = ranked((1, [1, 2, 3]), (1, [1, 3, 2]), (2, [1, 1, 1]), (2, [1, 1, 1]))
    assert np.round(ranking_shares(rows), 3).tolist() == [0.833, 0.833, 1.0, 1.0]


def test_the_ranking_that_most_agree_with_speaks() -> None:
    rows = ranked((1, [3, 2, 1]), (1, [1, 2, 3]), (1, [1, 2, 3]))
    undecided, speaks = speaking_rankings(rows, np.ones(3), unanimous=False)
    assert not undecided.any()
    assert speaks.tolist() == [False, True, False]


def test_opposite_rankings_come_to_nothing_unless_one_weighs_more() -> None:
    rows = ranked((1, [1, 2, 3]), (1, [3, 2, 1]))
    assert speaking_rankings(rows, np.ones(2), unanimous=False)[0].all()
    heavy = speaking_rankings(rows, np.array([0.5, 2.0]), unanimous=False)
    assert heavy[1].tolist() == [False, True]


def test_all_must_rank_the_same_where_reviewers_decide() -> None:
    rows = ((1, [1, 2, 3]), (1, [1, 2, 3]), (1, [1, 3, 2]))
    assert speaking_rankings(ranked(*rows), np.ones(3), unanimous=True)[0].all()
    settled = speaking_rankings(ranked(*rows, settling=2), np.ones(3), unanimous=True)
    assert settled[1].tolist() == [False, False, True]
    same = speaking_rankings(ranked(*rows[:2]), np.ones(2), unanimous=True)
    assert same[1].tolist() == [True, False]

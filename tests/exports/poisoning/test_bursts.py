"""What a burst says of itself, counted by hand over every record."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.poisoning.bursts import WITHIN_SECONDS, Burst, bursts
from exports.poisoning.gathering import Judged
from exports.poisoning.statistics import binomial_tail


def judged(seed: int, n: int, *, seconds: int, prompts: int, keys: int) -> Judged:
    rng = np.random.default_rng(seed)
    return Judged(
        labeler=rng.integers(0, 3, n),
        at=rng.integers(0, seconds, n),
        asked=rng.integers(0, prompts, n).astype(np.uint64),
        is_pair=np.zeros(n, np.bool_),
        better=np.zeros(n, np.int64),
        worse=np.zeros(n, np.int64),
        length=np.zeros(n),
        bands=rng.integers(0, keys, (n, 2)).astype(np.uint32),
    )


@given(
    st.integers(0, 2**32),
    st.integers(1, 300),
    st.sampled_from([1, 3_000, 30_000]),
    st.sampled_from([20, 1_000]),
    st.sampled_from([2, 8]),
)
def test_its_numbers_are_those_of_its_stretch(
    seed: int, n: int, seconds: int, prompts: int, keys: int
) -> None:
    world = judged(seed, n, seconds=seconds, prompts=prompts, keys=keys)
    for burst in bursts(world)[0]:
        moments = world.at[burst.records]
        low, high = moments.min(), moments.max()
        assert burst.seconds == high - low <= WITHIN_SECONDS
        assert len(set(world.asked[burst.records])) == burst.records.size
        assert set(world.labeler[burst.records]) == {burst.labeler}
        assert any(_is_told_by(world, band, burst) for band in (0, 1))


def _is_told_by(world: Judged, band: int, burst: Burst) -> bool:
    key = world.bands[:, band].astype(np.int64)
    records, labeler = burst.records, burst.labeler
    alike = key[records[0]]
    if not alike or set(key[records]) != {alike}:
        return False
    mine = (world.labeler == labeler) & (key > 0)
    moments = world.at[records]
    during = mine & (world.at >= moments.min()) & (world.at <= moments.max())
    others = (key > 0) & ~mine
    n = len(set(world.asked[during]))
    share = (int((others & (key == alike)).sum()) + 1) / (int(others.sum()) + 2)
    p_value = binomial_tail(n, share, records.size)
    return bool((burst.n, burst.share) == (n, share) and burst.p_value == pytest.approx(p_value))

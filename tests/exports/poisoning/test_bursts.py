"""What a burst says of itself, counted by hand over every record."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench import poisoning as worlds
from exports.poisoning.aside import Aside
from exports.poisoning.bursts import WITHIN_SECONDS, Burst, bursts
from exports.poisoning.gathering import Gathering
from exports.poisoning.judged import JUDGED, LATEST, Judged
from exports.poisoning.statistics import binomial_tail


def judged(seed: int, n: int, *, seconds: int, prompts: int, keys: int) -> Judged:
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, JUDGED)
    most = {"labeler": 3, "at": seconds, "asked": prompts, "band 0": keys, "band 1": keys}
    for name, below in most.items():
        rows[name] = rng.integers(0, below, n)
    aside = Aside(JUDGED)
    aside.add(rows)
    return Judged(aside)


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
        moments = world.rows.column("at")[burst.records]
        low, high = moments.min(), moments.max()
        assert burst.seconds == high - low <= WITHIN_SECONDS
        assert len(set(world.asked[burst.records])) == burst.records.size
        assert set(world.labeler[burst.records]) == {burst.labeler}
        assert any(_is_told_by(world, band, burst) for band in (0, 1))


def test_moments_that_no_clock_tells_are_told_as_the_nearest_that_are() -> None:
    told = ("1815-12-10T00:00:00Z", "1970-01-01T00:00:05Z", "2815-12-10T00:00:00Z")
    made = worlds.preferences(len(told), seed=1)
    world = [replace(each, created_at=at) for each, at in zip(made, told, strict=True)]
    moments = Gathering().walk(world).judged.rows.column("at")
    assert moments.tolist() == [0, 5, LATEST]


def _is_told_by(world: Judged, band: int, burst: Burst) -> bool:
    key, at = world.rows.column(f"band {band}"), world.rows.column("at")
    records, labeler = burst.records, burst.labeler
    alike = key[records[0]]
    if not alike or set(key[records]) != {alike}:
        return False
    mine = (world.labeler == labeler) & (key > 0)
    moments = at[records]
    during = mine & (at >= moments.min()) & (at <= moments.max())
    others = (key > 0) & ~mine
    n = len(set(world.asked[during]))
    share = (int((others & (key == alike)).sum()) + 1) / (int(others.sum()) + 2)
    p_value = binomial_tail(n, share, records.size)
    return bool((burst.n, burst.share) == (n, share) and burst.p_value == pytest.approx(p_value))

"""When exports are due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.due import next_due

FRIDAY = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "weekday", "hour", "due"),
    [
        ("day", 0, 3, datetime(2026, 11, 21, 3, tzinfo=UTC)),
        ("day", 0, 15, datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("week", 0, 3, datetime(2026, 11, 23, 3, tzinfo=UTC)),
        ("week", 4, 15, datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("week", 4, 14, datetime(2026, 11, 27, 14, tzinfo=UTC)),
        ("month", 0, 3, datetime(2026, 12, 1, 3, tzinfo=UTC)),
    ],
)
def test_the_next_one_after_a_friday_afternoon(
    every: str, weekday: int, hour: int, due: datetime
) -> None:
    assert next_due(every, weekday=weekday, hour=hour, after=FRIDAY) == due


@given(
    st.sampled_from(["day", "week", "month"]),
    st.integers(0, 6),
    st.integers(0, 23),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_one_that_is_due_lies_ahead_and_none_lies_between(
    every: str, weekday: int, hour: int, after: datetime
) -> None:
    due = next_due(every, weekday=weekday, hour=hour, after=after)
    longest = {"day": 1, "week": 7, "month": 31}[every]
    assert after < due <= after + timedelta(days=longest)
    assert (due.hour, due.minute, due.second) == (hour, 0, 0)
    assert every != "week" or due.weekday() == weekday
    assert every != "month" or due.day == 1
    assert next_due(every, weekday=weekday, hour=hour, after=due - timedelta(seconds=1)) == due

"""Where the marks of the quality page's charts go."""

from hypothesis import given
from hypothesis import strategies as st

from labeling.quality.charts import (
    LABEL_WIDTH,
    RIGHT,
    WIDTH,
    Measured,
    bar_plot,
    column_plot,
    cut,
    interval_plot,
    round_step,
    said,
)

numbers = st.floats(-1, 1)


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=12))
def test_every_mark_lies_on_the_axis_in_its_order(rows: list[tuple[float, float, float]]) -> None:
    measured = [Measured("x", v, lo, hi) for lo, v, hi in map(sorted, rows)]
    plot = interval_plot(measured)
    for row in plot.rows:
        assert row.x is not None
        assert row.x_lower is not None
        assert row.x_upper is not None
        assert LABEL_WIDTH - 0.1 <= row.x_lower <= row.x <= row.x_upper <= WIDTH - RIGHT + 0.1
        assert plot.top < row.y < plot.bottom
    assert [tick.at for tick in plot.ticks] == sorted(tick.at for tick in plot.ticks)


def test_the_axis_goes_from_nought_to_one_and_further_where_needed() -> None:
    ticks = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [tick.label for tick in interval_plot([Measured("a", 0.5)]).ticks] == ticks
    below = interval_plot([Measured("a", -0.1, -0.3, 0.1)])
    assert [tick.label for tick in below.ticks] == ["−0.4", "−0.2", *ticks]
    few = interval_plot([Measured("a", 0.1, 0.05, 0.19)], high=0.0, as_percent=True)
    assert [tick.label for tick in few.ticks] == ["0 %", "10 %", "20 %"]


def test_what_is_not_known_is_not_drawn() -> None:
    (row,) = interval_plot([Measured("a", None)]).rows
    assert (row.x, row.x_lower, row.title) == (None, None, "a: too little to say")
    assert said(Measured("a", 0.25)) == "a: 0.25"
    assert said(Measured("a", -0.001, -0.2, 0.3)) == "a: 0.00, between −0.20 and 0.30"


@given(st.lists(st.integers(0, 10**7), max_size=8))
def test_bars_are_as_long_as_their_counts(counts: list[int]) -> None:
    plot = bar_plot([("x", count) for count in counts])
    widths = [row.width for row in plot.rows]
    assert sorted(range(len(counts)), key=lambda i: (counts[i], i)) == sorted(
        range(len(counts)), key=lambda i: (widths[i], counts[i], i)
    )
    assert all(row.width + plot.left < plot.width for row in plot.rows)


@given(st.lists(st.integers(0, 10**7), max_size=40))
def test_columns_stand_on_the_ground_and_keep_below_the_top(counts: list[int]) -> None:
    plot = column_plot([(str(i), count) for i, count in enumerate(counts)])
    for column in plot.columns:
        assert abs(column.y + column.height - plot.bottom) < 0.2
        assert column.y >= 11.9
    assert plot.ticks[0].label == "0"
    if counts:
        assert plot.labels[-1].label == str(len(counts) - 1)


def test_steps_are_round() -> None:
    assert [round_step(n) for n in (0, 3, 6, 11, 26, 99, 8_931)] == [1, 1, 2, 5, 10, 20, 2_000]


def test_long_names_are_cut() -> None:
    assert cut("a" * 30) == "a" * 30
    assert cut("a" * 31) == "a" * 29 + "…"

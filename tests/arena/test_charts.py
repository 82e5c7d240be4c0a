"""Where the marks of a board's charts go."""

from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.boards.badge import LONGEST, Badge, badge_svg
from arena.boards.charts import NARROW, Interval, interval_plot
from arena.boards.curves import (
    BOTTOM,
    LEFT,
    TOP,
    Measured,
    Series,
    frontier_of,
    line_plot,
    scatter_plot,
    spread,
)

DAY = date(2026, 3, 1)


def test_a_narrow_plot_fits_a_phone_and_sets_names_above_their_intervals() -> None:
    plot = interval_plot([Interval("granite", 980, 1000, 1020)] * 3, is_narrow=True)
    assert plot.width == NARROW
    assert all(bar.text_y < bar.y and bar.x_upper <= NARROW for bar in plot.bars)
    assert [b.text_y - a.y > 0 for a, b in pairwise(plot.bars)] == [True, True]


def test_lines_end_where_their_last_rating_is_and_their_names_stand_apart() -> None:
    plot = line_plot(
        [
            Series("granite", ((DAY, 990.0), (date(2026, 3, 31), 1050.0))),
            Series("marble", ((DAY, 1010.0), (date(2026, 3, 31), 1049.0))),
        ]
    )
    granite, marble = plot.lines
    assert granite.x_end == marble.x_end == plot.right
    assert granite.y_end < marble.y_end
    assert marble.label_y - granite.label_y == pytest.approx(17.0, abs=0.11)
    assert granite.path.startswith(f"M{LEFT}.0 ")
    assert granite.title == "granite: 990 on 2026-03-01, 1050 on 2026-03-31"
    assert [line.place for line in plot.lines] == [1, 2]


def test_one_day_and_one_rating_can_be_drawn() -> None:
    plot = line_plot([Series("granite", ((DAY, 1000.0),)), Series("new", ())])
    assert len(plot.lines) == 1
    assert TOP < plot.lines[0].y_end < BOTTOM
    assert [tick.label for tick in plot.x_ticks] == ["1 Mar"]


def test_years_are_told_where_there_are_several() -> None:
    plot = line_plot([Series("granite", ((date(2024, 12, 1), 1000.0), (DAY, 1010.0)))])
    assert plot.x_ticks[0].label == "1 Dec 24"
    assert 3 <= len(plot.x_ticks) <= 7


@pytest.mark.parametrize(
    "series", [[], [Series("empty", ())], [Series("x", ((DAY, float("nan")),))]]
)
def test_nothing_and_no_numbers_are_refused(series: list[Series]) -> None:
    with pytest.raises(ValueError):
        line_plot(series)


@given(st.lists(st.floats(0, 300), max_size=40))
def test_spread_places_keep_their_order_and_their_distance(places: list[float]) -> None:
    placed = spread(places, pitch=10, low=0, high=300)
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    pitch = min(10.0, 300 / max(len(places) - 1, 1))
    for first, second in pairwise(order):
        assert placed[second] - placed[first] >= pitch - 1e-6
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in placed)


def test_places_that_stand_apart_stay() -> None:
    assert spread([50.0, 10.0], pitch=10, low=0, high=100) == [50.0, 10.0]


def test_two_names_at_one_place_are_moved_as_little_as_it_takes() -> None:
    assert spread([50.0, 50.0], pitch=10, low=0, high=100) == [45.0, 55.0]


def test_the_frontier_is_what_nothing_cheaper_beats() -> None:
    assert frontier_of([(2.0, 1000.0), (1.0, 900.0), (3.0, 990.0), (1.0, 950.0)]) == [3, 0]


def test_points_by_price_lie_inside_with_round_ticks() -> None:
    plot = scatter_plot(
        [
            Measured("granite", 0.15, 980, 1000, 1020),
            Measured("marble", 12.0, 1080, 1100, 1120),
            Measured("chalk", 12.0, 700, 900, 1100, is_faint=True),
        ]
    )
    granite, marble, chalk = plot.points
    assert [tick.label for tick in plot.x_ticks][:2] == ["0.1", "0.2"]
    assert granite.x < marble.x == chalk.x
    assert granite.is_frontier
    assert marble.is_frontier
    assert not chalk.is_frontier
    assert plot.frontier == f"M{granite.x} {granite.y} L{marble.x} {marble.y}"
    assert all(plot.top <= p.y_upper <= p.y_lower <= plot.bottom for p in plot.points)


def test_a_name_that_finds_no_room_is_left_to_the_table() -> None:
    plot = scatter_plot([Measured(f"model-{i}", 1.0, 999, 1000, 1001) for i in range(12)])
    assert 1 <= sum(bool(point.label) for point in plot.points) < 12
    assert all(point.title for point in plot.points)


@pytest.mark.parametrize("price", [0.0, -1.0, float("inf")])
def test_a_price_that_has_no_logarithm_is_refused(price: float) -> None:
    with pytest.raises(ValueError):
        scatter_plot([Measured("granite", price, 980, 1000, 1020)])


def test_a_badge_is_a_picture_that_brings_no_code() -> None:
    hostile = '<script>alert(1)</script>"&' + "x" * 100
    root = ElementTree.fromstring(badge_svg(Badge(hostile, "1083 ± 12")))  # noqa: S314 - our own
    texts = [e.text or "" for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[1] == "1083 ± 12"
    assert len(texts[0]) == LONGEST
    assert {e.tag.rsplit("}")[1] for e in root.iter()} == {
        "svg", "title", "clipPath", "rect", "g", "text",
    }  # fmt: skip

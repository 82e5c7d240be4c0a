import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from arena.battling import votes
from arena.boards import standings
from arena.boards.charts import Interval, interval_plot, round_step
from arena.boards.computed import Removal
from arena.boards.counting import Counts, add_counts
from arena.boards.downloads import as_csv, as_json
from arena.boards.notes import firmness
from arena.models import RatingRun, Standing
from arena.tasks import record_standings
from projects.models import Project
from tests.arena.rows import make_arena, make_battle, make_contenders, make_judged, make_visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def voted() -> Project:
    """Three models: a beats b, b beats c, and each lost once."""
    a, b, c = (model.pk for model in make_contenders("a", "b", "c"))
    project = make_arena()
    add_counts(
        project=project,
        counts=[
            Counts(a, b, a_wins=30, b_wins=10, ties=4, both_bad=6),
            Counts(c, b, a_wins=10, b_wins=30),
            Counts(a, c, a_wins=8, b_wins=2),
        ],
    )
    return project


def test_a_board_without_votes_is_empty() -> None:
    board = standings.current(project=make_arena())
    assert board.rows == ()
    assert board.n_votes == 0


def test_the_board_is_ordered_by_rating_and_counts_everything(voted: Project) -> None:
    board = standings.current(project=voted)
    assert [row.model for row in board.rows] == ["a", "b", "c"]
    assert board.n_votes == 100
    assert [(row.wins, row.losses, row.ties) for row in board.rows] == [
        (38, 12, 10), (40, 40, 10), (12, 38, 0),
    ]  # fmt: skip
    assert sum(row.rating for row in board.rows) == pytest.approx(3000)
    assert all(row.lower < row.rating < row.upper for row in board.rows)
    assert [row.elo for row in board.rows] == [None, None, None]
    assert not board.is_regularised


def test_an_unchanged_board_costs_two_small_queries(
    voted: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = standings.current(project=voted)
    with django_assert_num_queries(2):
        assert standings.current(project=voted) == first


def test_a_vote_is_on_the_board_at_once(voted: Project) -> None:
    before = standings.current(project=voted)
    battle = make_judged(make_battle(voted))
    votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    after = standings.current(project=voted)
    assert after.digest != before.digest
    assert after.n_votes == before.n_votes + 1
    assert sum(row.elo is not None for row in after.rows) == 2


def test_few_votes_and_groups_that_never_met_are_marked() -> None:
    a, b, c, d = (model.pk for model in make_contenders("a", "b", "c", "d"))
    project = make_arena()
    add_counts(
        project=project, counts=[Counts(a, b, 60, 50), Counts(c, d, 1, 0)],
    )  # fmt: skip
    board = standings.current(project=project)
    assert board.n_components == 2
    assert board.is_regularised
    assert {row.model: row.is_provisional for row in board.rows} == {
        "a": False, "b": False, "c": True, "d": True,
    }  # fmt: skip


def test_variants_of_one_set_of_weights_are_named() -> None:
    a, b = make_contenders("calm", "lively")
    for model in (a, b):
        model.weights = "SmolLM2"
        model.save()
    project = make_arena()
    add_counts(project=project, counts=[Counts(a.pk, b.pk, 1, 1)])
    rows = {row.model: row.same_weights_as for row in standings.current(project=project).rows}
    assert rows == {"calm": ("lively",), "lively": ("calm",)}


def test_a_board_is_recorded_once_a_state(voted: Project) -> None:
    make_arena("without-votes")
    record_standings()
    record_standings()
    run = RatingRun.objects.get()
    assert run.project == voted
    assert run.n_votes == 100
    assert run.computed_at <= timezone.now()
    kept = Standing.objects.filter(run=run).order_by("-rating")
    assert [standing.model.name for standing in kept] == ["a", "b", "c"]


def test_the_csv_holds_no_formulas() -> None:
    a, b = make_contenders('=HYPERLINK("http://x")', "@b")
    project = make_arena()
    add_counts(project=project, counts=[Counts(a.pk, b.pk, 2, 1)])
    lines = as_csv(standings.current(project=project)).splitlines()
    assert lines[0].startswith("upper_rank,lower_rank,model,")
    assert '"\'=HYPERLINK(""http://x"")"' in lines[1]
    assert "'@b" in lines[2]


def test_the_json_says_how_it_was_made(voted: Project) -> None:
    body = as_json(project=voted, board=standings.current(project=voted))
    assert body["votes"] == 100
    assert body["method"]["scale"] == 400
    assert [row["model"] for row in body["standings"]] == ["a", "b", "c"]


def test_a_plot_puts_every_mark_inside_its_axis() -> None:
    plot = interval_plot([Interval("x" * 60, 900, 950, 1003), Interval("b", 1010, 1100, 1190)])
    assert [tick.label for tick in plot.ticks] == [
        "900", "950", "1000", "1050", "1100", "1150", "1200",
    ]  # fmt: skip
    for bar in plot.bars:
        assert plot.ticks[0].x <= bar.x_lower < bar.x_middle < bar.x_upper <= plot.ticks[-1].x
    assert plot.bars[0].label == "x" * 27 + "…"
    assert plot.bars[0].title.startswith("x" * 60)


def test_a_vast_faint_interval_is_cut_off_at_the_axis() -> None:
    plot = interval_plot(
        [Interval("settled", 950, 1000, 1050), Interval("new", -500, 1010, 2500, is_faint=True)]
    )
    assert [plot.ticks[0].label, plot.ticks[-1].label] == ["940", "1060"]
    assert (plot.bars[1].x_lower, plot.bars[1].x_upper) == (plot.ticks[0].x, plot.ticks[-1].x)


@pytest.mark.parametrize("intervals", [[], [Interval("one", 1000, 1000, 1000)]])
def test_a_plot_of_nothing_or_of_a_point_is_drawn(intervals: list[Interval]) -> None:
    plot = interval_plot(intervals)
    assert len(plot.ticks) >= 2
    assert plot.ticks[0].x < plot.ticks[-1].x


def test_a_plot_needs_finite_numbers() -> None:
    with pytest.raises(ValueError, match="finite"):
        interval_plot([Interval("a", 0, float("nan"), 1)])


@pytest.mark.parametrize(("span", "step"), [(0, 1), (6, 1), (7, 2), (300, 50), (301, 100)])
def test_ticks_are_round_numbers(span: float, step: float) -> None:
    assert round_step(span) == step


def test_groups_that_never_met_are_told_and_averaged_apart() -> None:
    a, b, c, d = (model.pk for model in make_contenders("a", "b", "c", "d"))
    project = make_arena()
    add_counts(project=project, counts=[Counts(a, b, 3, 1), Counts(c, d, 4, 0)])
    board = standings.current(project=project)
    rates = {row.model: row.average_win_rate for row in board.rows}
    assert rates["a"] == pytest.approx(0.75)
    assert rates["b"] == pytest.approx(0.25)
    kinds = [(one.kind, one.models) for one in board.shortfalls]
    assert kinds == [("apart", ("c", "d")), ("undefeated", ("c",)), ("winless", ("d",))]
    told = as_json(project=project, board=board)["shortfalls"]
    assert [one["models"] for one in told] == [["c", "d"], ["c"], ["d"]]
    assert told[1]["sentence"] == board.shortfalls[1].sentence


def test_how_firm_the_first_place_is_is_said_in_words() -> None:
    few = Removal(share=0.00146, n_votes=13, leader="a", successor="b")
    assert firmness(few).startswith("13 votes, 0.15 % of all, would change the first place")
    one = Removal(share=0.25, n_votes=1, leader="a", successor="b")
    assert firmness(one).startswith("1 vote, 25 % of all, would change")
    shared = Removal(share=0.0, n_votes=0, leader="a", successor="b")
    assert firmness(shared) == "a and b share the first place."

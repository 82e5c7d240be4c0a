"""Win rates, categories, history and changes beside a board."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from pytest_django.fixtures import DjangoAssertNumQueries

from arena.boards import runs, standings, tables
from arena.boards.computed import Selection
from arena.boards.counting import Counts, add_counts
from arena.boards.feeds import changes
from arena.boards.histories import history
from arena.boards.style import FEATURES
from arena.models import CountedVote, RatingRun
from projects.models import Project
from tests.arena.rows import make_arena, make_contenders
from tests.arena.test_counting import PYTHON, make_vote
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db
MAIN = Selection()


@pytest.fixture
def voted() -> Project:
    """Granite wins eight in code and loses two of the rest; slate met granite once."""
    project = make_arena()
    granite, marble, slate = make_contenders("granite", "marble", "slate")
    for number in range(10):
        message = PYTHON if number < 8 else "Hello there, how are you?"
        verdict = "a" if number < 8 else "b"
        make_vote(project, granite, marble, verdict, message=message)
    make_vote(project, slate, granite, "tie", message=PYTHON)
    return project


def test_win_rates_are_seen_and_predicted(voted: Project) -> None:
    rates = tables.win_rates(project=voted, selection=MAIN)
    granite, marble, slate = (rates.models.index(n) for n in ("granite", "marble", "slate"))
    assert rates.observed[granite][marble] == 0.8
    assert rates.observed[marble][granite] == 0.2
    assert rates.observed[marble][slate] is None
    assert rates.n_votes[granite][marble] == 10
    assert rates.predicted[granite][granite] is None
    predicted = rates.predicted[granite][marble], rates.predicted[marble][granite]
    assert predicted[0] is not None
    assert predicted[1] is not None
    assert sum(filter(None, predicted)) == pytest.approx(1, abs=1e-3)


def test_groups_that_never_met_have_no_predicted_rate() -> None:
    a, b, c, d = (model.pk for model in make_contenders("a", "b", "c", "d"))
    project = make_arena()
    add_counts(project=project, counts=[Counts(a, b, 6, 5), Counts(c, d, 3, 2)])
    rates = tables.win_rates(project=project, selection=MAIN)
    a_at, b_at, c_at = (rates.models.index(name) for name in "abc")
    assert rates.predicted[a_at][c_at] is None
    assert rates.predicted[a_at][b_at] is not None


def test_models_stand_in_each_category_with_votes(voted: Project) -> None:
    table = tables.by_category(project=voted, selection=MAIN)
    codes = [one.code for one in table.categories]
    assert codes[:2] == ["", "code"]
    assert "language-en" in codes
    granite, slate = (table.models.index(name) for name in ("granite", "slate"))
    code = table.cells[granite][codes.index("code")]
    assert code is not None
    assert code.n_votes == 9
    spoken = table.cells[slate][codes.index("language-en")]
    assert spoken is not None
    assert spoken.n_votes == 1


def test_categories_and_languages_are_counted(voted: Project) -> None:
    counts = {one.code: one.n_votes for one in tables.categories(project=voted)}
    assert counts["code"] == 9
    assert [(one.code, one.n_votes) for one in tables.languages(project=voted)] == [("en", 11)]


def test_a_board_by_category_and_language_is_computed_from_the_votes(voted: Project) -> None:
    both = Selection(category="code", language="en")
    board = standings.current(project=voted, selection=both)
    only = standings.current(project=voted, selection=Selection(category="code"))
    assert not both.is_from_tallies
    assert board.n_votes == only.n_votes == 9
    assert board.digest == only.digest
    assert [(row.model, row.rating) for row in board.rows] == [
        (row.model, row.rating) for row in only.rows
    ]


def test_history_has_a_point_for_each_day_and_ends_at_the_board(voted: Project) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for day, row in enumerate(CountedVote.objects.order_by("pk")):
        row.cast_at = start + timedelta(days=day)
        row.save()
    found = history(project=voted, selection=MAIN)
    assert len(found.days) == 11
    board = {row.model: row.rating for row in standings.current(project=voted, selection=MAIN).rows}
    assert {line.model: line.ratings[-1] for line in found.lines} == pytest.approx(board, abs=0.01)
    slate = next(line for line in found.lines if line.model == "slate")
    assert slate.ratings[:10] == (None,) * 10


def test_a_long_history_has_points_of_several_days_that_end_with_the_last(voted: Project) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for at, row in enumerate(CountedVote.objects.order_by("pk")):
        row.cast_at = start + timedelta(days=20 * at)
        row.save()
    found = history(project=voted, selection=MAIN)
    assert len(found.days) == 11
    assert found.days[-1] == (start + timedelta(days=200)).date()
    # Spans of four days: the first vote is in the one that ends with its own day.
    assert found.days[0] == start.date()
    unfiltered = history(project=voted, selection=Selection(is_filtered=False))
    assert unfiltered.days == found.days


def test_single_votes_are_read_while_queries_are_logged(
    voted: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(100):
        board = standings.current(project=voted, selection=Selection(is_style_controlled=True))
    assert board.n_votes == 11
    assert [effect.feature for effect in board.style] == list(FEATURES)


def test_changes_tell_who_is_new_rose_and_leads() -> None:
    a, b, c = (model.pk for model in make_contenders("a", "b", "c"))
    project = make_arena()
    add_counts(project=project, counts=[Counts(a, b, 12, 10)])
    assert runs.record(project=project) is not None
    assert changes(project=project) == ()
    add_counts(project=project, counts=[Counts(b, a, 200, 10), Counts(c, b, 40, 60)])
    assert runs.record(project=project) is not None
    told = {(one.kind, one.model) for one in changes(project=project)}
    assert ("new", "c") in told
    assert ("fell", "a") in told
    assert RatingRun.objects.count() == 2
    assert changes(project=project, most=1)[0] in changes(project=project)


def test_how_few_votes_the_first_place_hangs_on_is_told_once_found(voted: Project) -> None:
    for model in ("marble", "slate"):
        make_vote(
            voted, *LanguageModel.objects.filter(name__in=["granite", model]).order_by("name")
        )
    assert standings.current(project=voted).removal is None
    found = standings.look_for_removal(project=voted, selection=MAIN)
    board = standings.current(project=voted)
    assert found is not None
    assert board.removal == found
    assert found.leader == board.rows[0].model


def test_a_quiet_board_is_looked_at_once(voted: Project) -> None:
    assert not standings.was_looked_for_removal(project=voted, selection=MAIN)
    runs.record_all()
    assert standings.was_looked_for_removal(project=voted, selection=MAIN)
    cache.clear()
    assert runs.record_all() == 0
    assert standings.was_looked_for_removal(project=voted, selection=MAIN)

"""Pages about a board: views, filters in the address, what other sites may show."""

import gzip
import re
from datetime import date
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from pyarrow import parquet

from arena.battling import votes
from arena.boards import counting, freezing, standings
from arena.boards.computed import (
    BoardRow,
    Category,
    CategoryCell,
    CategoryTable,
    HistoryLine,
    RatingHistory,
    Selection,
    WinRates,
)
from arena.models import ArenaRules, Battle, Board, PromptTag
from arena.pages import board_address
from arena.pages.board_page import points
from arena.pages.board_views import category_rows, heat_rows, tint, value_chart
from arena.pages.formulas import formulas
from arena.pages.histories import history_table, series_of
from projects.errors import InvalidInput, NotFound
from projects.models import ArenaAccess, Project, User
from tests.arena.rows import make_arena, make_battle, make_contenders, make_visitor, reply
from tests.conftest import SignIn

VIEWS = ("", "rates/", "categories/", "history/", "value/", "method/", "embedding/", "frame/")
EMPTY_TO_FULL = ("rates/", "history/", "value/")


@pytest.fixture
def arena(db: None) -> Project:
    make_contenders("granite", "marble")
    return make_arena()


def vote(arena: Project, verdict: str = "a", visitor: str = "vera") -> Battle:
    battle = make_battle(arena, visitor=make_visitor(visitor))
    reply(battle)
    votes.cast(battle=battle, visitor=make_visitor(visitor), verdict=verdict)
    return battle


def vote_for(arena: Project, model: int | None, visitor: str) -> None:
    """Chance says on which side a model is."""
    battle = make_battle(arena, visitor=make_visitor(visitor))
    reply(battle)
    verdict = "a" if battle.model_a_id == model else "b"
    votes.cast(battle=battle, visitor=make_visitor(visitor), verdict=verdict)


def page(client: Client, arena: Project, rest: str = "") -> str:
    response = client.get(f"/leaderboard/{arena.slug}/{rest}")
    assert response.status_code == 200, rest
    return response.content.decode()


@pytest.mark.parametrize("rest", VIEWS)
def test_every_view_of_an_empty_and_of_a_voted_board_shows(
    client: Client, arena: Project, rest: str
) -> None:
    empty = page(client, arena, rest)
    vote(arena)
    voted = page(client, arena, rest)
    for html in (empty, voted):
        assert " style=" not in html
        assert "<script>" not in html
        assert len(re.findall(r"<h1[ >]", html)) == 1
    if rest not in EMPTY_TO_FULL and rest != "method/":
        assert "granite" in voted


def test_a_view_keeps_the_filters_of_the_one_before(client: Client, arena: Project) -> None:
    html = page(client, arena, "?category=code&open=1&sort=-votes")
    assert f'href="/leaderboard/{arena.slug}/rates/?category=code&amp;open=1"' in html
    assert '<option value="code" selected>' in html
    assert 'name="sort" value="-votes"' in html


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("category=nothing", "category"),
        ("category=tag:nothing", "category"),
        ("category=%00", "category"),
        ("category=tag:%00", "category"),
        ("category=" + "x" * 5_000, "category"),
        ("language=xx", "language"),
        ("style=2", "style"),
        ("open=on", "open"),
        ("every=-1", "every"),
        ("votes=7", "votes"),
        ("votes=1e400", "votes"),
        ("sort=price", "sort"),
        ("sort=--rank", "sort"),
    ],
)
def test_an_unknown_filter_is_refused_by_name(
    client: Client, arena: Project, query: str, field: str
) -> None:
    for rest in ("", "standings.json", "rates/"):
        response = client.get(f"/leaderboard/{arena.slug}/{rest}?{query}")
        assert response.status_code == 400
        assert field in response.content.decode()


def test_an_unknown_kind_of_win_rates_is_refused(client: Client, arena: Project) -> None:
    response = client.get(f"/leaderboard/{arena.slug}/rates/?rates=wished")
    assert response.status_code == 400
    assert b"rates" in response.content


def test_owners_tags_are_categories(arena: Project) -> None:
    PromptTag.objects.create(project=arena, slug="law", name="Law", words=["contract"])
    asked = board_address.read({"category": "tag:law"}, project=arena, is_member=False)
    assert asked.selection.category == "tag:law"
    other = make_arena("other")
    with pytest.raises(InvalidInput):
        board_address.read({"category": "tag:law"}, project=other, is_member=False)


def test_a_named_board_brings_its_settings_and_takes_no_other_filter(arena: Project) -> None:
    board = Board.objects.create(
        project=arena, slug="open", name="Open models", is_open_only=True, ties=Board.Ties.DAVIDSON
    )
    given = {"board": "open", "category": "code", "votes": "50", "sort": "model"}
    asked = board_address.read(given, project=arena, is_member=False)
    assert asked.board == board
    assert asked.selection.is_open_only
    assert asked.selection.ties == "davidson"
    assert (asked.selection.category, asked.selection.min_votes) == ("", 50)
    assert asked.plain_query() == "?board=open&votes=50"


def test_a_board_for_members_is_not_there_for_others(
    client: Client, project: Project, labeler: User, signed_in: SignIn
) -> None:
    Project.objects.filter(pk=project.pk).update(arena_access=ArenaAccess.PUBLIC)
    Board.objects.create(project=project, slug="inside", name="Inside", is_public=False)
    path = f"/leaderboard/{project.slug}/"
    assert client.get(f"{path}?board=inside").status_code == 404
    assert b"Inside" not in client.get(path).content
    member = signed_in(labeler)
    assert b"<h1>Inside</h1>" in member.get(f"{path}?board=inside").content
    for rest in ("frame/", "embedding/"):
        assert member.get(f"{path}{rest}?board=inside").status_code == 404


def test_an_unknown_board_is_not_there(arena: Project) -> None:
    with pytest.raises(NotFound):
        board_address.read({"board": "nothing"}, project=arena, is_member=True)


def test_a_table_is_sorted_by_its_address(client: Client, arena: Project) -> None:
    make_contenders("basalt")
    for number in range(4):
        vote(arena, visitor=f"v{number}")

    def order(query: str) -> list[str]:
        return re.findall(r'<tr data-model="(\w+)">', page(client, arena, query))

    names = order("?sort=model")
    assert names == sorted(names)
    assert order("?sort=-model") == names[::-1]
    assert order("?sort=-rank") == order("")[::-1]
    html = page(client, arena, "?sort=-votes")
    assert html.count("aria-sort=") == 1
    assert 'class="num" aria-sort="descending"><a href="/leaderboard/open/?sort=votes"' in html


def test_the_part_that_is_swapped_stays_the_same_until_a_vote(
    client: Client, arena: Project
) -> None:
    vote(arena)
    path = f"/leaderboard/{arena.slug}/?sort=model&part=board"
    first = client.get(path)
    known = {"if-none-match": first["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    assert b"<html" not in first.content
    vote(arena, visitor="vic")
    assert client.get(path, headers=known).status_code == 200


def test_only_the_frame_may_be_framed_and_only_of_a_public_board(
    client: Client, arena: Project
) -> None:
    framed = client.get(f"/leaderboard/{arena.slug}/frame/")
    policy = framed["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "'none' *" not in policy
    assert "default-src 'none'" in policy
    assert "X-Frame-Options" not in framed
    whole = client.get(f"/leaderboard/{arena.slug}/")
    assert "frame-ancestors 'none'" in whole["Content-Security-Policy"]
    assert whole["X-Frame-Options"] == "DENY"


def test_a_badge_is_an_svg_that_other_sites_may_show(client: Client, arena: Project) -> None:
    vote(arena)
    path = f"/leaderboard/{arena.slug}/badge/granite.svg"
    response = client.get(path)
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own picture
    assert "granite" in str(root.attrib["aria-label"])
    assert client.get(path, headers={"if-none-match": response["ETag"]}).status_code == 304
    assert client.get(f"/leaderboard/{arena.slug}/badge/nobody.svg").status_code == 404
    assert client.get(f"/leaderboard/{arena.slug}/badge/%00.svg").status_code == 404


def test_a_badge_of_a_board_of_members_is_kept_by_no_shared_cache(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    make_contenders("granite", "marble")
    Project.objects.filter(pk=project.pk).update(arena_access=ArenaAccess.PUBLIC)
    project.refresh_from_db()
    vote(project)
    Project.objects.filter(pk=project.pk).update(arena_access=ArenaAccess.MEMBERS)
    response = signed_in(labeler).get(f"/leaderboard/{project.slug}/badge/granite.svg")
    assert response.status_code == 200
    assert "public" not in response["Cache-Control"]
    assert "Cross-Origin-Resource-Policy" not in response


def test_code_to_copy_names_the_board_and_every_model(client: Client, arena: Project) -> None:
    vote(arena)
    html = page(client, arena, "embedding/")
    assert f"http://testserver/leaderboard/{arena.slug}/frame/" in html
    assert f"http://testserver/leaderboard/{arena.slug}/badge/granite.svg" in html


def test_the_feed_is_rss(client: Client, arena: Project) -> None:
    vote(arena)
    response = client.get(f"/leaderboard/{arena.slug}/changes.xml")
    assert response["Content-Type"].startswith("application/rss+xml")
    assert ElementTree.fromstring(response.content).tag == "rss"  # noqa: S314 - our own feed


def test_win_rates_as_json_name_their_models(client: Client, arena: Project) -> None:
    vote(arena)
    body = client.get(f"/leaderboard/{arena.slug}/rates.json").json()
    assert {"models", "observed", "predicted", "votes", "digest"} <= set(body)


def test_the_method_page_shows_formulas_rules_and_the_command(
    client: Client, arena: Project
) -> None:
    PromptTag.objects.create(project=arena, slug="law", name="Law", words=["contract", "court"])
    html = page(client, arena, "method/")
    assert html.count("<math") == len(formulas())
    assert "manage.py rate --from" in html
    assert "contract, court" in html
    assert f"/arena/{arena.slug}/shares/" in html


def test_every_column_of_the_categories_leads_to_its_board(client: Client, arena: Project) -> None:
    battle = make_battle(arena, message="Write a poem in Python, please, about the sea.")
    reply(battle, "The sea is wide and it is blue.", "```python\nprint('the sea')\n```")
    votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    html = page(client, arena, "categories/")
    links = re.findall(rf'href="(/leaderboard/{arena.slug}/\?(?:category|language)=[^"]+)"', html)
    assert any("language=en" in link for link in links)
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_command_asks_for_what_the_page_shows(client: Client, arena: Project) -> None:
    html = page(client, arena, "method/?category=code&style=1&every=1&votes=50")
    options = "--category code --style --unfiltered --min-votes 50"
    assert f"manage.py rate --from {arena.slug}-votes.jsonl.gz {options}<" in html


def test_all_votes_come_as_one_file(client: Client, arena: Project) -> None:
    vote(arena)
    response = client.get(f"/leaderboard/{arena.slug}/votes.jsonl.gz?category=code")
    assert f"{arena.slug}-votes.jsonl.gz" in response["Content-Disposition"]
    lines = gzip.decompress(b"".join(response)).splitlines()
    assert len(lines) == 2
    assert b"granite" in lines[1]


def test_the_board_comes_as_parquet(client: Client, arena: Project) -> None:
    vote(arena)
    response = client.get(f"/leaderboard/{arena.slug}/standings.parquet")
    table = parquet.read_table(BytesIO(response.content))
    assert sorted(table.column("model").to_pylist()) == ["granite", "marble"]


def test_doubted_votes_are_summed_up(client: Client, arena: Project) -> None:
    vote(arena)
    vote(arena, visitor="vic")
    arena.counted_votes.filter(pk=arena.counted_votes.order_by("pk")[0].pk).update(weight=0)
    html = page(client, arena, "method/")
    assert "Count nothing" in html
    assert "50.0 %" in html


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, ""), (0.52, ""), (0.53, "high-1"), (0.4, "low-2"), (0.0, "low-4"), (1.0, "high-4")],
)
def test_a_cell_is_tinted_by_how_far_it_is_from_even(share: float, expected: str) -> None:
    assert tint(share) == expected


def test_pairs_that_never_met_are_not_tinted() -> None:
    rates = WinRates(
        ("granite", "marble"),
        observed=((None, None), (None, None)),
        predicted=((None, 0.75), (0.25, None)),
        n_votes=((0, 0), (0, 0)),
    )
    observed = heat_rows(rates, is_predicted=False)[0].cells[1]
    assert (observed.text, observed.tint) == ("–", "")
    predicted = heat_rows(rates, is_predicted=True)
    assert [cell.text for row in predicted for cell in row.cells] == ["", "75", "25", ""]
    assert predicted[0].cells[1].title == "granite against marble: 75.0 %, 0 votes"


def test_a_place_in_a_category_is_told_with_its_votes() -> None:
    table = CategoryTable(
        ("granite", "marble"),
        (Category("", "All", ""),),
        ((CategoryCell(1, 2, 1040.4, 80, False),), (CategoryCell(1, 9, 1400.0, 1, True),)),
    )
    first, second = (row["cells"][0] for row in category_rows(table))
    assert first == {
        "place": "1–2", "rating": "1040", "tint": "high-4", "title": "Rank 1–2, 80 votes",
    }  # fmt: skip
    assert (second["tint"], second["title"]) == ("", "Rank 1–9, 1 vote, provisional")


def test_a_history_draws_the_highest_and_tables_all() -> None:
    days = tuple(date(2026, 1, day) for day in range(1, 31))
    lines = tuple(
        HistoryLine(
            f"model-{i}",
            (None, *(1000.0 + i for _ in days[1:])),
            (None,) * 30,
            (None,) * 30,
        )
        for i in range(14)
    )
    history = RatingHistory(days, (*lines, HistoryLine("never", *((None,) * 30,) * 3)))
    series = series_of(history)
    assert [one.label for one in series] == [f"model-{i}" for i in range(13, 3, -1)]
    assert len(series[0].points) == 29
    table = history_table(history)
    assert len(table.rows) == 14
    assert (table.days[0], table.days[-1], len(table.days)) == ("2026-01-01", "2026-01-30", 12)
    assert table.rows[0].cells[:2] == ("–", "1013")
    assert history_table(RatingHistory()).days == ()


def row(model: str, **values: Any) -> BoardRow:
    known: dict[str, Any] = dict.fromkeys(BoardRow.__dataclass_fields__)
    known |= {"model": model, "rating": 1000.0, "lower": 990.0, "upper": 1010.0} | values
    return BoardRow(**known)


def test_models_without_a_price_are_left_out_of_the_prices() -> None:
    rows = [row("granite", price=2.0), row("marble"), row("chalk", price=0.0)]
    chart = value_chart("price", "Price", "dollars", rows, lambda r: r.price, "said", "missing")
    assert [shown["model"] for shown in chart["rows"]] == ["granite"]
    assert chart["rows"][0]["is_frontier"]
    none = value_chart("price", "Price", "dollars", rows[1:], lambda r: r.price, "said", "missing")
    assert (none["plot"], none["rows"]) == (None, [])


def test_counting_again_leaves_the_pages_alone(client: Client, arena: Project) -> None:
    vote(arena)
    before = page(client, arena, "?part=board")
    counting.recount(project=arena)
    assert re.findall("±\\d+", page(client, arena, "?part=board")) == re.findall("±\\d+", before)


def test_limits_of_the_votes_stand_on_the_board_and_on_its_method(
    client: Client, arena: Project
) -> None:
    first = vote(arena)
    for rest in ("", "method/"):
        assert "This model won every vote" in page(client, arena, rest)
    vote_for(arena, first.model_b_id, "walt")
    vote_for(arena, first.model_a_id, "xaver")
    assert standings.look_for_removal(project=arena, selection=Selection()) is not None
    for rest in ("", "method/"):
        html = page(client, arena, rest)
        assert "would change the first place" in html
        assert "won every vote" not in html


def test_points_have_a_sign() -> None:
    assert [points(x) for x in (12.4, -0.6, 0.3, -0.3)] == ["+12", "−1", "0", "0"]


def test_a_frozen_board_says_what_it_does_not_show(arena: Project) -> None:
    vote(arena)
    ArenaRules.objects.create(project=arena, frozen_at=timezone.now(), frozen_why="Odd votes")
    for view in VIEWS:
        page = Client().get(f"/leaderboard/open/{view}").content.decode()
        assert "No votes yet" not in page, view
    page = Client().get("/leaderboard/open/").content.decode()
    assert "has stood still since" in page
    assert "Odd votes" in page
    assert freezing.NO_RUN in page
    assert "found good" not in page
    assert freezing.ONLY_WHOLE in Client().get("/leaderboard/open/?category=code").content.decode()

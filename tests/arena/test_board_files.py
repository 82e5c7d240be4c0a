"""Boards as files and over the API, and comparisons of the lab on a board."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pyarrow import parquet
from pytest_django.fixtures import Settings

from arena.boards import lab, runs, standings
from arena.boards.computed import Selection
from arena.boards.counting import Counts, add_counts
from arena.boards.downloads import COLUMNS, as_csv, as_parquet
from arena.models import ArenaRules, Board
from projects.models import Project
from tests.arena.rows import make_arena, make_contenders
from tests.arena.test_counting import PYTHON, make_vote
from workers import pairs
from workers.pairs import JudgedPair

pytestmark = pytest.mark.django_db


@pytest.fixture
def voted() -> Project:
    a, b, c = make_contenders("a", "b", "c")
    project = make_arena()
    for number in range(12):
        make_vote(project, a, b, ["a", "b", "tie"][number % 3], message=PYTHON)
    make_vote(project, c, b)
    return project


def get(path: str) -> Any:
    response = Client().get(f"/api/v1/leaderboards/open{path}")
    assert response.status_code == 200, response.content
    return response.json()


def test_parquet_holds_what_csv_holds(voted: Project) -> None:
    board = standings.current(project=voted)
    table = parquet.read_table(io.BytesIO(as_parquet(project=voted, board=board)))
    assert tuple(table.column_names) == COLUMNS == tuple(as_csv(board).splitlines()[0].split(","))
    assert table.column("model").to_pylist() == [row.model for row in board.rows]
    said = json.loads(table.schema.metadata[b"touchstone"])
    assert said["digest"] == board.digest
    response = Client().get("/leaderboard/open/standings.parquet")
    assert response.headers["ETag"]
    assert parquet.read_table(io.BytesIO(response.content)).num_rows == 3


def test_the_votes_can_be_taken_away(voted: Project, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_FOLDER = tmp_path
    response = Client().get("/leaderboard/open/votes.jsonl.gz")
    lines = gzip.decompress(b"".join(response)).splitlines()
    assert json.loads(lines[0])["n_votes"] == len(lines) - 1 == 13


def test_the_api_gives_every_table(voted: Project) -> None:
    assert get("?category=code&language=en&style=1")["method"]["is_style_controlled"] is True
    assert [effect["feature"] for effect in get("?style=1")["style_effects"]] == [
        "length", "headers", "bold", "lists",
    ]  # fmt: skip
    assert get("/win-rates")["models"] == [row["model"] for row in get("")["standings"]]
    assert get("/categories")["categories"][0]["code"] == ""
    assert len(get("/history")["days"]) == 1
    assert get("/changes") == []
    Board.objects.create(project=voted, slug="ours", name="Ours", is_public=False)
    Board.objects.create(project=voted, slug="code", name="Code", category="code")
    assert get("/boards") == [{"board": "code", "name": "Code", "description": ""}]
    assert get("?board=code")["votes"] == 12
    assert Client().get("/api/v1/leaderboards/open?board=ours").status_code == 404
    assert Client().get("/api/v1/leaderboards/open?category=%00").status_code == 400


def test_a_frozen_board_stands_still_but_for_its_owner(voted: Project) -> None:
    named = Board.objects.create(project=voted, slug="code", name="Code", category="code")
    main, code = runs.record(project=voted), runs.record(project=voted, board=named)
    assert main is not None
    assert code is not None
    frozen_at = timezone.now()
    ArenaRules.objects.create(
        project=voted, frozen_at=frozen_at, frozen_why="Odd votes", frozen_run=main
    )
    a, b = (row.model_id for row in standings.current(project=voted).rows[:2])
    add_counts(project=voted, counts=[Counts(b, a, 50, 0)])
    shown = standings.current(project=voted)
    assert (shown.digest, shown.n_votes, shown.frozen_why) == (main.tallies_digest, 13, "Odd votes")
    assert standings.current(project=voted, board=named).digest == code.tallies_digest
    assert standings.current(project=voted, category="code").rows == ()
    assert standings.current(project=voted, live=True).n_votes == 63
    assert runs.record(project=voted) is None
    assert Client().get("/leaderboard/open/votes.jsonl.gz").status_code == 503
    assert get("/win-rates")["models"] == []


def test_comparisons_of_the_lab_feed_a_board(
    voted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = [JudgedPair("a", "b", "a", 1.0, timezone.now())] * 5
    judged.append(JudgedPair("b", "a", "both_bad", 0.5, timezone.now()))
    monkeypatch.setattr(pairs, "_sources", [lambda project: judged])
    assert sum(sum(row.counts) for row in lab.pairs(project=voted)) == 6
    only = standings.current(project=voted, selection=Selection(source="lab"))
    assert [(row.model, row.wins, row.losses, row.ties) for row in only.rows] == [
        ("a", 5, 0, 1), ("b", 0, 5, 1),
    ]  # fmt: skip
    assert (only.n_votes, only.weight) == (6, 5.5)
    both = standings.current(project=voted, selection=Selection(source="both"))
    assert both.n_votes == 13 + 6


def test_a_source_is_asked_once(monkeypatch: pytest.MonkeyPatch, voted: Project) -> None:
    monkeypatch.setattr(pairs, "_sources", [])

    def source(project: Project) -> list[JudgedPair]:
        return [JudgedPair("a", "b", "tie", 1.0, timezone.now())]

    pairs.register(source)
    pairs.register(source)
    assert len(list(pairs.pairs_of(voted))) == 1


def test_unfiltered_every_vote_counts_as_one_and_few_votes_are_unlisted() -> None:
    a, b, c = make_contenders("a", "b", "c")
    project = make_arena()
    for weight in (0.0, 0.0, 1.0):
        make_vote(project, a, b, "a" if weight else "b", weight=weight)
    make_vote(project, a, c)
    filtered = standings.current(project=project)
    whole = standings.current(project=project, filtered=False)
    assert (filtered.n_votes, filtered.weight, whole.weight) == (4, 2.0, 4.0)
    assert filtered.rows[0].model == "a"
    assert filtered.digest != whole.digest
    few = standings.current(project=project, selection=Selection(min_votes=2))
    assert [one.model for one in few.unlisted] == ["c"]


def test_an_anchor_shifts_the_board(voted: Project) -> None:
    before = standings.current(project=voted)
    anchor = before.rows[-1]
    ArenaRules.objects.create(project=voted, anchor_id=anchor.model_id, anchor_rating=1200)
    after = standings.current(project=voted)
    assert after.anchor == anchor.model
    assert after.rows[-1].rating == pytest.approx(1200)
    assert after.rows[0].rating - after.rows[-1].rating == pytest.approx(
        before.rows[0].rating - before.rows[-1].rating
    )

"""A dump of votes gives the published board again, to the last bit of its digest."""

import gzip
import json
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from arena.boards import again, counting, dump, standings
from arena.boards.computed import Selection
from arena.boards.counting import Counts, add_counts
from arena.models import ArenaRules, Board, CountsImport
from labeling.quality.judged_pairs import _verdict
from projects.errors import InvalidInput, Unavailable
from projects.models import Project
from tests.arena.rows import make_arena, make_contenders
from tests.arena.test_counting import PYTHON, make_vote

pytestmark = pytest.mark.django_db
STYLED = Selection(is_style_controlled=True)
SELECTIONS = [
    Selection(),
    Selection(is_filtered=False),
    Selection(category="code"),
    Selection(category="code", language="en"),
    Selection(ties="davidson", intervals="bootstrap"),
    Selection(ties="rao_kupper", intervals="anytime", min_votes=4),
    Selection(is_open_only=True),
    STYLED,
    replace(STYLED, category="code", is_filtered=False),
]


@pytest.fixture
def voted() -> Project:
    """Forty votes of uneven weights between four models, most with texts, and counts imported."""
    project = make_arena()
    models = make_contenders("a", "b", "c", "d")
    models[0].is_open = models[1].is_open = models[2].is_open = True
    for model in models:
        model.save()
    for number in range(40):
        a, b = models[number % 4], models[(number + 1 + number // 4 % 3) % 4]
        make_vote(
            project, a, b, ["a", "b", "tie", "a", "both_bad"][number * 7 % 5],
            message=(PYTHON, "Hello there, how are you?", "")[number % 3],
            replies=("# Head\n\n- **one**\n" * (number % 5 + 1), "words " * (number % 7 + 1)),
            weight=1 / (number % 3 + 1),
        )  # fmt: skip
    rows = [{"model_a": "a", "model_b": "d", "a_wins": 3, "b_wins": 2, "tie": 1, "tie_bothbad": 0}]
    CountsImport.objects.create(project=project, digest="x", file_name="x", rows=rows)
    add_counts(project=project, counts=[Counts(models[0].pk, models[3].pk, 3, 2, 1, 0)])
    return project


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_the_dump_gives_the_board_again(
    voted: Project, selection: Selection, tmp_path: Path
) -> None:
    path = tmp_path / "votes.jsonl.gz"
    dump.write(project=voted, selection=selection, to=path)
    opened = again.opened(path)
    assert opened.selection == selection
    board = again.board_from(opened, opened.selection)
    published = standings.current(project=voted, selection=selection)
    assert board.digest == published.digest == opened.head["digest"]
    assert [(r.model, r.rating, r.lower, r.upper, r.ranks) for r in board.rows] == [
        (r.model, r.rating, r.lower, r.upper, r.ranks) for r in published.rows
    ]
    assert board.n_votes == published.n_votes > 0


def test_counting_anew_keeps_the_digest(voted: Project) -> None:
    before = standings.current(project=voted).digest
    counting.recount(project=voted)
    assert standings.current(project=voted).digest == before


def test_a_dump_holds_no_text_and_no_voter(voted: Project, tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl.gz"
    dump.write(project=voted, selection=Selection(), to=path)
    text = gzip.decompress(path.read_bytes()).decode()
    assert "python function" not in text
    assert "words words" not in text
    vote = json.loads(text.splitlines()[1])
    assert set(vote) == {
        "kind", "model_a", "model_b", "verdict", "weight", "categories", "style", "at", "voter",
    }  # fmt: skip
    assert vote["at"].endswith(":00Z")


def test_equal_votes_give_equal_bytes(voted: Project, tmp_path: Path) -> None:
    for name in ("one", "two"):
        dump.write(project=voted, selection=Selection(), to=tmp_path / name)
    one, two = (
        gzip.decompress((tmp_path / name).read_bytes()).splitlines()[1:] for name in ("one", "two")
    )
    assert one == two


def test_the_command_prints_the_board_and_checks_the_digest(voted: Project, tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl.gz"
    dump.write(project=voted, selection=Selection(), to=path)
    out = StringIO()
    call_command("rate", "--from", str(path), stdout=out)
    assert standings.current(project=voted).digest in out.getvalue()
    assert "This is the digest that was published." in out.getvalue()
    out = StringIO()
    call_command("rate", "--from", str(path), "--style", "--category", "code", stdout=out)
    assert "Another board" in out.getvalue()


def test_a_dump_that_was_changed_is_told(voted: Project, tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    found = list(dump.lines(project=voted, selection=Selection()))
    path.write_text("\n".join(json.dumps(line) for line in found[:-3]))
    with pytest.raises(CommandError, match="published digest is another"):
        call_command("rate", "--from", str(path), stdout=StringIO())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\x1f\x8bbroken",
        b"\xff",
        b'{"kind":"head","format":"touchstone-votes"}',
    ],
)
def test_what_is_no_dump_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "votes"
    path.write_bytes(content)
    with pytest.raises(CommandError, match="from"):
        call_command("rate", "--from", str(path), stdout=StringIO())


def test_a_line_that_cannot_be_read_is_refused(voted: Project, tmp_path: Path) -> None:
    path = tmp_path / "votes"
    found = list(dump.lines(project=voted, selection=Selection()))
    for broken in ({"kind": "vote"}, {**found[1], "verdict": "z"}, {**found[1], "weight": None}):
        path.write_text("\n".join(json.dumps(line) for line in (found[0], broken)))
        opened = again.opened(path)
        with pytest.raises(InvalidInput):
            again.board_from(opened, opened.selection)


def test_the_published_file_is_written_again_when_it_is_old_and_never_while_frozen(
    voted: Project, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_FOLDER = tmp_path
    path = dump.file_of(project=voted)
    first = path.stat().st_ino
    assert dump.file_of(project=voted).stat().st_ino == first
    os.utime(path, (0, 0))
    assert dump.file_of(project=voted).stat().st_ino != first
    named = Board.objects.create(project=voted, slug="code", name="Code", category="code")
    head = again.opened(dump.file_of(project=voted, board=named)).head
    assert head["board"]["slug"] == "code"
    ArenaRules.objects.create(project=voted, frozen_at=timezone.now())
    with pytest.raises(Unavailable):
        dump.file_of(project=voted)


def test_votes_are_recounted_and_described_by_command(voted: Project) -> None:
    before = standings.current(project=voted).digest
    out = StringIO()
    call_command("recount_votes", "--project", voted.slug, "--describe", stdout=out)
    assert "open: 40 of 40 votes described\nopen: 40 votes counted\n" in out.getvalue()
    assert standings.current(project=voted).digest == before
    with pytest.raises(CommandError, match="no project"):
        call_command("recount_votes", "--project", "nowhere")


def test_verdicts_of_comparisons() -> None:
    assert [_verdict(value) for value in (-3, -1, 0, 2, None)] == ["a", "a", "tie", "b", "both_bad"]

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import choix
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from arena.boards import counting, standings
from arena.intake import reading
from arena.intake.importing import ImportReport, import_votes
from arena.models import Battle, CountedVote, CountsImport, OnlineElo, Tally, Turn, Vote
from projects.errors import InvalidInput
from projects.models import AuditEvent, Project, User
from tests.arena.rows import make_arena
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db
CROWD = Path(__file__).parents[3] / "shared/data/crowd-comparisons/llmfao_votes_crowd.csv"
VOTES = "model_a,model_b,winner\nx,y,model_a\ny,x,model_a\nx,z,tie\ny,z,tie (bothbad)\n"


def load(project: Project, text: str | bytes, name: str = "votes.csv") -> ImportReport:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return import_votes(project=project, content=content, file_name=name)


def stored() -> int:
    return sum(
        model.objects.count()
        for model in (Battle, Turn, Vote, Tally, OnlineElo, CountsImport, LanguageModel)
    )


def test_votes_are_stored_counted_and_their_models_created() -> None:
    project = make_arena()
    report = load(project, VOTES)
    assert (report.n_votes, report.new_models) == (4, ("x", "y", "z"))
    assert Vote.objects.filter(project=project).count() == 4
    assert set(Battle.objects.values_list("source", flat=True)) == {"import"}
    new = LanguageModel.objects.get(name="z")
    assert (new.endpoint, new.is_in_arena) == (None, False)
    tallies = Tally.objects.values_list(
        "left__name", "right__name", "left_wins", "right_wins", "ties", "both_bad"
    )
    assert sorted(tallies) == [
        ("x", "y", 1, 1, 0, 0), ("x", "z", 0, 0, 1, 0), ("y", "z", 0, 0, 0, 1),
    ]  # fmt: skip
    assert sum(OnlineElo.objects.values_list("n_votes", flat=True)) == 8
    assert standings.current(project=project).n_votes == 4


def test_the_same_file_counts_once_in_a_project() -> None:
    project, other = make_arena(), make_arena("other")
    load(project, VOTES)
    assert load(project, VOTES, "renamed.csv").was_done_before
    assert Vote.objects.count() == 4
    assert not load(other, VOTES).was_done_before
    assert load(other, VOTES + "x,y,tie\n").n_votes == 5


def test_texts_voter_and_time_are_kept_from_jsonl() -> None:
    rows = [
        {"model_a": "x", "model_b": "y", "winner": "bothbad", "prompt": "Q", "response_a": "A",
         "response_b": "B\u2028C", "voter": 7, "created_at": "2024-05-01T10:00:00Z"},
        {"model_a": "x", "model_b": "y", "winner": "tie", "prompt": "Q", "judge": "who",
         "created_at": 1714557600, "voter": None},
    ]  # fmt: skip
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    report = load(make_arena(), text, "votes.jsonl")
    assert (report.n_votes, report.n_texts, report.ignored_columns) == (2, 1, ("judge",))
    turn = Turn.objects.get()
    assert (turn.state, turn.message, turn.reply_a, turn.reply_b) == (
        "complete", "Q", "A", "B\u2028C",
    )  # fmt: skip
    votes = Vote.objects.order_by("pk")
    assert {vote.created_at for vote in votes} == {datetime(2024, 5, 1, 10, tzinfo=UTC)}
    assert len(votes[0].voter) == 64
    assert votes[1].voter == ""


def test_counts_go_into_the_tallies_and_leave_elo_alone(owner: User) -> None:
    project = make_arena()
    text = "model_a,model_b,a_wins,b_wins,tie,tie_bothbad\nx,y,5,3,2,1\ny,x,1,0,0,\n"
    report = import_votes(project=project, content=text.encode(), file_name="c.csv", by=owner)
    assert (report.n_votes, report.n_counted) == (0, 12)
    tally = Tally.objects.get()
    assert (tally.left_wins, tally.right_wins, tally.ties, tally.both_bad) == (5, 4, 2, 1)
    assert OnlineElo.objects.count() == 0
    assert CountsImport.objects.get().by == owner
    assert load(project, text).was_done_before
    assert AuditEvent.objects.get(verb="votes.imported").actor == owner


BAD = [
    ("model_a,model_b,winner\nx,y,model_c\n", "line 2, winner: must be one of model_a"),
    ("model_a,model_b,winner\nx,x,tie\n", "line 2, model_b: must be another model"),
    ("model_a,winner\nx,tie\n", "line 1, model_b: this column is missing"),
    ("model_a,model_b\nx,y\n", "line 1, winner: this column is missing"),
    ("model_a,model_b,winner\n,y,tie\n", "line 2, model_a: must not be blank"),
    ("model_a,model_b,winner\nx\0,y,tie\n", "line 2, model_a: must not hold a NUL"),
    (f"model_a,model_b,winner\n{'x' * 121},y,tie\n", "line 2, model_a: must be at most 120"),
    (f"model_a,model_b,winner\n{'x' * 500_000},y,tie\n", "line 2, cannot be read as CSV: field"),
    ("model_a,model_b,winner\nx,y\n", "line 2, must have 3 cells"),
    ("model_a,model_b,winner\nx,y,tie,more\n", "line 2, must have 3 cells"),
    ('model_a,model_b,winner\n"x,y,tie\n', "cannot be read as CSV"),
    (b"model_a,model_b,winner\nx,\xff,tie\n", "line 2, file: must be UTF-8"),
    ("model_a,model_b,winner,created_at\nx,y,tie,yesterday\n", "line 2, created_at: must be an"),
    ("model_a,model_b,winner,created_at\nx,y,tie,2999-01-01\n", "line 2, created_at: must lie"),
    ("model_a,model_b,winner,created_at\nx,y,tie,1e400\n", "line 2, created_at: must be an"),
    ("model_a,model_b,winner,created_at\nx,y,tie,nan\n", "line 2, created_at: must be an"),
    ("model_a,model_a,winner\nx,y,tie\n", "line 1, header: names a column twice"),
    ("model_a,model_b,a_wins\nx,y,-1\n", "line 2, a_wins: must be a whole number"),
    ("model_a,model_b,a_wins\nx,y,1.5\n", "line 2, a_wins: must be a whole number"),
    ("model_a,model_b,a_wins\nx,y,1e999\n", "line 2, a_wins: must be a whole number"),
    ("model_a,model_b,a_wins\nx,y,many\n", "line 2, a_wins: must be a whole number"),
    ("model_a,model_b,winner\n", "file: holds no votes"),
    ("", "model_a: this column is missing"),
    ('{"model_a": "x", "model_b": "y", "winner": 1}', "line 1, winner: must be one of"),
    ('{"model_a": "x", "model_b": "\\ud800", "winner": "tie"}', "line 1, model_b: must be valid"),
    ('{"model_a": ["x"], "model_b": "y", "winner": "tie"}', "line 1, model_a: must be a text"),
    ('{"model_a": "x"\n', "line 1, is not JSON"),
    ('{}\n[1]\n', "line 2, must be a JSON object"),
    ('{"a": ' * 100_000, "line 1, is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_bad_file_is_refused_whole_and_says_where(text: str | bytes, problem: str) -> None:
    project = make_arena()
    before = stored()
    with pytest.raises(InvalidInput) as refused:
        load(project, text)
    assert problem in str(refused.value)
    assert stored() == before


def test_every_bad_line_is_named_up_to_a_limit() -> None:
    rows = "".join(f"x,y,{winner}\n" for winner in ["tie", "no"] * reading.MOST_PROBLEMS)
    with pytest.raises(InvalidInput) as refused:
        load(make_arena(), "model_a,model_b,winner\n" + rows)
    lines = [problem.line for problem in refused.value.problems]
    assert lines == [3 + 2 * number for number in range(reading.MOST_PROBLEMS)]


def test_the_command_creates_the_project_reports_and_fails_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(VOTES.replace("winner", "winner,judge").replace("model_a\n", "model_a,j\n"))
    with pytest.raises(CommandError, match="there is no project 'new'"):
        call_command("import_votes", path, project="new")
    with pytest.raises(CommandError, match="line 4, must have 4 cells"):
        call_command("import_votes", path, project="new", create_project="New")
    assert not Project.objects.filter(slug="new").exists()
    path.write_text(VOTES)
    out = StringIO()
    call_command("import_votes", path, project="new", create_project="New", stdout=out)
    assert "4 votes, 0 of them with their texts. 3 models were not known" in out.getvalue()
    call_command("import_votes", path, project="new", stdout=out)
    assert "nothing was added" in out.getvalue()
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_votes", tmp_path / "missing.csv", project="new")
    with pytest.raises(CommandError, match="--project"):
        call_command("import_votes", path, project="no slug!", create_project="New")


def test_the_crowds_votes_give_the_order_an_independent_program_finds() -> None:
    if not CROWD.exists():
        pytest.skip("the crowd votes are not beside this checkout, in ../shared/data/")
    project = make_arena()
    report = load(project, CROWD.read_bytes())
    assert report.n_votes == 8931
    board = standings.current(project=project)
    assert len(board.rows) == 59
    assert board.n_votes == 8931
    names = sorted(row.model for row in board.rows)
    points = np.zeros((59, 59))
    for left, right, left_wins, right_wins, ties, both_bad in Tally.objects.values_list(
        "left__name", "right__name", "left_wins", "right_wins", "ties", "both_bad"
    ):
        i, j = names.index(left), names.index(right)
        points[i, j] += left_wins + (ties + both_bad) / 2
        points[j, i] += right_wins + (ties + both_bad) / 2
    theta = choix.ilsr_pairwise_dense(points, max_iter=2000, tol=1e-12)
    assert [row.model for row in board.rows] == [names[i] for i in np.argsort(-theta)]


def test_measured_looks_of_replies_are_kept_for_style_control() -> None:
    looks = {"chars": (300, 99), "headers": (2, 0), "bold": (0, 0), "lists": (0, 3)}
    row = {"model_a": "x", "model_b": "y", "winner": "model_a"} | {
        f"{name}_{side}": value
        for name, pair in looks.items()
        for side, value in zip("ab", pair, strict=True)
    }
    project = make_arena()
    content = json.dumps(row).encode()
    report = import_votes(project=project, content=content, file_name="votes.jsonl")
    assert report.ignored_columns == ()
    style = CountedVote.objects.get().style
    assert style == pytest.approx([201 / 400, 2 / 3, 0, -3 / 4])
    counting.describe_anew(project=project)
    assert CountedVote.objects.get().style == style

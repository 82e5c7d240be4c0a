"""Judgements of pairs made elsewhere: read, refused, imported once."""

import csv
import json
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from instructions.publish import current_version
from labeling.assigning.queue import claim_next
from labeling.intake.comparison_files import read_judgements, read_votes
from labeling.intake.comparison_import import ComparisonReport, import_comparisons, username_of
from labeling.intake.prompt_files import Problems
from labeling.intake.prompts import ImportRefused
from labeling.models import Assignment, Candidate, Comparison, Prompt, Response, Task
from projects.errors import InvalidInput
from projects.models import AuditEvent, Membership, Project, Role, User
from tests.factories import make_member, make_project, make_user
from tests.labeling.test_agreement import CROWD

ROW = {
    "pair_id": "p1",
    "prompt": "Why?",
    "response_a": "Because.",
    "response_b": "I do not know.",
    "model_a": "first",
    "model_b": "second",
    "annotator": "ann",
    "preference": -2,
    "justification": "Says why, §1.",
    "created_at": "2024-05-31T12:00:00Z",
    "tags": ["short"],
    "language": "EN",
}


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def row(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ROW, **changes}.items() if value is not None}


def take_in(project: Project, *rows: dict[str, Any]) -> ComparisonReport:
    problems = Problems()
    file = read_judgements(lines(*rows), problems=problems)
    return import_comparisons(by=None, project=project, file=file, problems=problems)


def refused(project: Project, *rows: dict[str, Any]) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        take_in(project, *rows)
    assert Comparison.objects.count() == 0
    return [str(problem) for problem in caught.value.problems]


def test_a_judgement_comes_with_all_that_is_known_of_it(project: Project) -> None:
    assert take_in(project, row()) == ComparisonReport(added=1, unchanged=0, pairs=1, labelers=1)
    found = Comparison.objects.select_related("assignment__task", "labeler").get()
    task = found.assignment.task
    assert (found.preference, found.both_bad, found.scale) == (-2, False, "seven")
    assert found.justification == "Says why, §1."
    assert found.cites == ["c-1"]
    assert found.created_at.isoformat() == "2024-05-31T12:00:00+00:00"
    assert (found.response_a.text, found.response_a.model_name) == ("Because.", "first")
    assert found.response_b.origin == "imported"
    assert (found.prompt.tags, found.prompt.language) == (["short"], "en")
    assert (task.variant, task.state, task.is_open) == ("pair-p1", "complete", False)
    assert (task.overlap, task.n_assigned, task.n_submitted) == (1, 1, 1)
    assert found.assignment.state == "submitted"
    assert found.assignment.presented == [found.response_a_id, found.response_b_id]
    assert Candidate.objects.filter(task=task, generation=None).count() == 2


def test_an_annotator_becomes_a_labeler_who_cannot_sign_in(project: Project) -> None:
    take_in(project, row(), row(annotator="ann & co"))
    ann = User.objects.get(username="harbour.ann")
    other = User.objects.get(first_name="ann & co")
    assert not ann.has_usable_password()
    assert Membership.objects.get(user=ann, project=project).role == Role.LABELER
    assert other.username == username_of(project, "ann & co")
    assert other.username.startswith("harbour.ann---co-")


def test_an_account_of_a_person_is_not_taken_over(project: Project) -> None:
    make_user("harbour.ann")
    assert refused(project, row()) == [
        "annotator: there is an account “harbour.ann” that is somebody else's"
    ]


def test_the_sides_of_a_pair_may_be_turned(project: Project) -> None:
    turned = row(
        annotator="bob",
        response_a="I do not know.",
        response_b="Because.",
        model_a="second",
        model_b="first",
        preference=2,
    )
    take_in(project, row(), turned)
    ann, bob = Comparison.objects.order_by("pk")
    assert (bob.response_a_id, bob.response_b_id) == (ann.response_b_id, ann.response_a_id)
    assert bob.preference == 2
    assert Task.objects.get().n_submitted == 2
    assert not Task.objects.get().is_disputed
    assert take_in(project, turned, row()).unchanged == 2


def test_contrary_judgements_make_a_dispute(project: Project) -> None:
    take_in(project, row(), row(annotator="bob", preference=3))
    assert Task.objects.get().is_disputed


def test_simple_winners_are_kept_as_such(project: Project) -> None:
    simple = {"preference": None, "justification": None}
    take_in(
        project,
        row(winner="model_b", annotator="a", **simple),
        row(winner="tie", annotator="b", **simple),
        row(winner="both_bad", annotator="c", **simple),
    )
    found = Comparison.objects.order_by("pk").values_list("preference", "both_bad", "scale")
    assert list(found) == [(1, False, "simple"), (0, False, "simple"), (None, True, "simple")]


def test_importing_again_adds_only_what_is_new(project: Project) -> None:
    take_in(project, row())
    report = take_in(project, row(), row(annotator="bob"), row(annotator="bob"))
    assert report == ComparisonReport(added=1, unchanged=2, pairs=1, labelers=1)
    assert Task.objects.get().overlap == 2
    assert (Response.objects.count(), Prompt.objects.count()) == (2, 1)
    assert take_in(project, row()).added == 0
    assert AuditEvent.objects.filter(verb="comparisons.imported").count() == 2


def test_another_judgement_by_the_same_annotator_is_refused(project: Project) -> None:
    assert refused(project, row(), row(preference=1)) == [
        "line 2, annotator: judged “p1” differently on line 1"
    ]
    take_in(project, row())
    with pytest.raises(ImportRefused, match="differently in an earlier import"):
        take_in(project, row(preference=1))


def test_a_pair_keeps_its_responses(project: Project) -> None:
    assert refused(project, row(), row(annotator="bob", response_a="Another.")) == [
        "line 2, pair_id: “p1” stands on line 1 with another pair"
    ]
    take_in(project, row())
    with pytest.raises(ImportRefused, match="is here already with another pair"):
        take_in(project, row(annotator="bob", response_a="Another."))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pair_id": None}, "pair_id: is missing"),
        ({"pair_id": "x" * 71}, "pair_id: must be at most 70 characters, is 71"),
        ({"annotator": " "}, "annotator: must not be blank"),
        ({"annotator": "a\u202eb"}, "annotator: must not hold control"),
        ({"prompt": None}, "prompt: is missing; give prompt or messages"),
        ({"response_a": 7}, "response_a: must be a text"),
        ({"response_b": "a\0b"}, "response_b: must not hold a NUL character"),
        ({"response_b": "Because.", "model_b": "first"}, "response_b: is the same as response_a"),
        ({"preference": 4}, "preference: must be a whole number from -3 (A) to 3 (B)"),
        ({"preference": True}, "preference: must be a whole number from -3 (A) to 3 (B)"),
        ({"preference": 1e300}, "preference: must be a whole number from -3 (A) to 3 (B)"),
        ({"winner": "tie"}, "preference: or winner must be given, and not both"),
        ({"preference": None}, "preference: or winner must be given, and not both"),
        ({"preference": None, "winner": "A"}, "winner: must be one of model_a, tie"),
        ({"created_at": "yesterday"}, "created_at: must be a time like"),
        ({"created_at": "2999-01-01"}, "created_at: must be a time like"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at: must be a time like"),
        ({"tags": "a"}, "tags: must be a list of texts"),
        ({"language": "x" * 17}, "language: must be at most 16 characters"),
        ({"score": 1}, "score: is not a field"),
        ({"justification": "x" * 4001}, "justification: must be at most 4,000 characters"),
        ({"prompt": "\ud800"}, "prompt: must be valid Unicode"),
    ],
)
def test_each_broken_rule_is_named_with_its_line(
    project: Project, changes: dict[str, Any], said: str
) -> None:
    (problem,) = refused(project, row(annotator="good"), row(**changes))
    assert problem.startswith("line 2, ")
    assert said in problem


def test_every_bad_line_is_named_and_nothing_is_stored(project: Project) -> None:
    problems = Problems()
    data = b"\n".join([lines(row()), b"{", b"[]", b"\xff", b'{"a": NaN}'])
    file = read_judgements(data, problems=problems)
    with pytest.raises(ImportRefused) as caught:
        import_comparisons(by=None, project=project, file=file, problems=problems)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]
    assert (Task.objects.count(), Comparison.objects.count()) == (0, 0)
    assert User.objects.filter(username__startswith="harbour.").count() == 0


def test_an_empty_file_is_refused(project: Project) -> None:
    with pytest.raises(InvalidInput, match="holds no judgements"):
        take_in(project)


@pytest.mark.django_db
def test_a_project_without_a_guideline_gets_one_that_says_so() -> None:
    project = make_project("bare")
    make_member(project, Role.OWNER, "bella")
    take_in(project, row())
    version = current_version(project)
    assert version is not None
    assert version.published_by.username == "bella"
    assert [c.title for c in version.clauses_in_order()] == ["Instructions not known"]


def test_nobody_is_given_what_was_imported(project: Project, labeler: User) -> None:
    take_in(project, row())
    assert claim_next(by=labeler, project=project, kind="comparison") is None


PAIRS = [
    {"id": 1, "prompt": 8, "text": "Why?", "type": "t", "result_x": "One.", "result_y": "",
     "model_x": 3, "model_y": 4},
    {"id": 2, "text": "How?", "result_x": "One.", "result_y": "Two.", "note": "kept out"},
]  # fmt: skip


def take_in_votes(project: Project, votes: bytes) -> tuple[ComparisonReport, tuple[str, ...]]:
    problems = Problems()
    file = read_votes(lines(*PAIRS), votes, problems=problems)
    report = import_comparisons(by=None, project=project, file=file, problems=problems)
    return report, file.ignored


def test_votes_stand_beside_their_pairs(project: Project) -> None:
    votes = b"pair_id,worker,winner,model_a,model_b,chars_a\n1,7,model_b,Owl,Hen,4\n2,7,tie,,,\n"
    report, ignored = take_in_votes(project, votes)
    assert ignored == ("chars_a",)
    assert report == ComparisonReport(added=2, unchanged=0, pairs=2, labelers=1)
    found = Response.objects.order_by("pk").values_list("model_name", "text")
    assert list(found) == [("Owl", "One."), ("Hen", ""), ("", "One."), ("", "Two.")]
    assert Prompt.objects.order_by("pk")[0].tags == ["t"]


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        (b"pair_id,winner\n1,tie\n", "line 1, header: needs the columns"),
        (b"pair_id,worker,winner\n9,1,tie\n", "line 2, pair_id: “9” is not among the pairs"),
        (b"pair_id,worker,winner\n1,1,tie\n1,2,x\n", "line 3, winner: must be one of"),
        (b"pair_id,worker,winner\n1\n", "line 2, worker: is missing"),
        (b'pair_id,worker,winner\n1,"a', "line 2, votes: are not CSV"),
        (b"\xff", "votes: are not UTF-8"),
        (b"\xff\xfea", "file: is UTF-16"),
    ],
)
def test_bad_votes_are_named(project: Project, votes: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        take_in_votes(project, votes)
    assert said in str(caught.value)
    assert Comparison.objects.count() == 0


def test_the_command_creates_a_project_and_says_what_it_did(db: None, tmp_path: Any) -> None:
    make_user("root", is_superuser=True)
    file = tmp_path / "judgements.jsonl"
    file.write_bytes(lines(row()))
    out = StringIO()
    call_command(
        "import_comparisons",
        file,
        "--project",
        "new-one",
        "--create-project",
        "New one",
        stdout=out,
    )
    assert out.getvalue() == "1 judgements of 1 pairs added, 0 unchanged, 1 labelers new.\n"
    assert Membership.objects.get(project__slug="new-one", role="owner").user.username == "root"


def test_the_command_names_what_is_wrong(project: Project, tmp_path: Any) -> None:
    file = tmp_path / "judgements.jsonl"
    file.write_bytes(lines(row(preference=9)))
    err = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_comparisons", file, "--project", "harbour", stderr=err)
    assert "line 1, preference" in err.getvalue()
    with pytest.raises(CommandError, match="there is no project"):
        call_command("import_comparisons", file, "--project", "nowhere")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_comparisons", tmp_path / "none", "--project", "harbour")


def test_the_crowd_comes_in_whole(project: Project) -> None:
    if not CROWD.exists():
        pytest.skip("the crowd comparisons are not beside this checkout in ../shared/data/")
    problems = Problems()
    pairs = CROWD.with_name("llmfao_pairs.jsonl").read_bytes()
    file = read_votes(pairs, CROWD.read_bytes(), problems=problems)
    report = import_comparisons(by=None, project=project, file=file, problems=problems)
    assert (report.added, report.pairs, report.labelers) == (8_931, 2_139, 124)
    with CROWD.open(encoding="utf-8", newline="") as votes:
        rows = list(csv.DictReader(votes))
    volumes = Counter(f"harbour.{vote['worker']}" for vote in rows)
    ours = Counter(Assignment.objects.values_list("labeler__username", flat=True))
    assert ours == volumes
    named = Counter((vote["winner"], vote["model_a"]) for vote in rows)
    words = {-1: "model_a", 0: "tie", 1: "model_b"}
    kept = Comparison.objects.values_list("preference", "response_a__model_name")
    assert Counter((words[p or 0], name) for p, name in kept) == named

"""The quality report: what goes into it, and figures beside independent ones."""

import csv
import time
from collections import defaultdict
from datetime import timedelta
from statistics import mean
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene as CrowdKit
from django.utils import timezone
from sklearn.metrics import cohen_kappa_score

from labeling.intake.comparison_files import read_votes
from labeling.intake.comparison_import import import_comparisons
from labeling.intake.prompt_files import Problems
from labeling.judging.submissions import submit_comparison, submit_ranking
from labeling.models import Comparison, Criterion, QualityReport, Task
from labeling.quality import report as quality
from labeling.quality import rows as quality_rows
from labeling.quality.agreement import Level
from labeling.quality.filters import Filters, filters_from
from labeling.quality.report import build, digest_of, refresh, refresh_changed, report_of
from labeling.quality.rows import own_judgements, usable_comparisons
from projects import audit
from projects.errors import InvalidInput
from projects.models import Project, Role, User
from tests.factories import make_member
from tests.labeling.rows import claim, make_comparison_task, make_ranking_task
from tests.labeling.test_agreement import CROWD
from tests.labeling.test_comparison_import import row, take_in


@pytest.fixture
def people(project: Project) -> list[User]:
    return [make_member(project, Role.LABELER, name) for name in ("ann", "bob", "cleo")]


def judge(task: Task, person: User, first: int, **fields: Any) -> Comparison:
    """`first` is the preference seen from the first candidate, negative for it."""
    assignment = claim(person, task.project, "comparison")
    assert assignment.task == task
    places = list(task.candidates.order_by("position").values_list("response_id", flat=True))
    turn = 1 if assignment.presented == places else -1
    marks = {
        key: mark if turn == 1 else TURNED[mark] for key, mark in fields.pop("marks", {}).items()
    }
    return submit_comparison(
        by=person, assignment=assignment, preference=turn * first, marks=marks, **fields
    )


TURNED = {"a": "b", "b": "a", "equal": "equal"}


def test_sides_are_told_apart_by_the_candidates_not_by_the_screen(
    project: Project, people: list[User]
) -> None:
    for _ in range(4):
        task = make_comparison_task(project, overlap=3)
        for person in people:
            judge(task, person, -2)
    own = own_judgements(project, Filters())
    assert set(own.preferences.value) == {-2}
    assert set(own.choices.value) == {0}
    assert build(project, Filters())["agreement"][0]["percent"]["value"] == 1.0


def test_criteria_are_measured_by_name(project: Project, people: list[User]) -> None:
    Criterion.objects.create(project=project, key="tone", name="Tone")
    for mark in ("a", "b", "equal"):
        task = make_comparison_task(project, overlap=2)
        for person in people[:2]:
            judge(task, person, 1, marks={"tone": mark})
    rows = {(r["group"], r["label"]): r for r in build(project, Filters())["agreement"]}
    assert rows["criterion", "Tone"]["alpha"]["value"] == 1.0
    assert rows["criterion", "Tone"]["n_units"] == 3


def test_rankings_are_compared_pair_by_pair(project: Project, people: list[User]) -> None:
    task = make_ranking_task(project, overlap=2)
    for person, order in zip(people, ((0, 1, 2), (1, 0, 2)), strict=False):
        assignment = claim(person, project, "ranking")
        places = list(task.candidates.order_by("position").values_list("response_id", flat=True))
        tiers = [[assignment.presented.index(places[i])] for i in order]
        submit_ranking(by=person, assignment=assignment, tiers=tiers)
    (found,) = [r for r in build(project, Filters())["agreement"] if r["group"] == "kind"]
    assert (found["label"], found["n_units"]) == ("Rankings", 3)
    assert found["percent"]["value"] == pytest.approx(2 / 3)


def test_gold_and_superseded_rows_are_left_out(project: Project, people: list[User]) -> None:
    gold = make_comparison_task(project, overlap=2, variant="gold-1")
    for person in people[:2]:
        judge(gold, person, 1)
    assert own_judgements(project, Filters()).n_rows == 0
    task = make_comparison_task(project, overlap=2)
    first = judge(task, people[0], 1)
    fields = ("assignment_id", "labeler_id", "guideline_version_id", "prompt_id", "response_a_id",
              "response_b_id", "seconds")  # fmt: skip
    Comparison.objects.create(
        preference=3, supersedes=first, **{name: getattr(first, name) for name in fields}
    )
    assert [abs(v) for v in own_judgements(project, Filters()).preferences.value] == [3]
    assert len(usable_comparisons(project, Filters()).choices.unit) == 1


def test_a_clause_behind_disputes_is_named(project: Project) -> None:
    rows = []
    for i in range(40):
        in_dispute = i < 10
        rows += [
            row(pair_id=str(i), annotator="a", preference=-3, prompt=f"Q{i}?",
                justification="§1 says so" if in_dispute or i == 20 else ""),
            row(pair_id=str(i), annotator="b", preference=3 if in_dispute else -3, prompt=f"Q{i}?",
                justification=""),
        ]  # fmt: skip
    take_in(project, *rows)
    found = build(project, Filters())["clauses"]
    assert (found["n_judged"], found["n_disputed"], found["n_without"]) == (40, 10, 0)
    (clause,) = found["rows"]
    assert (clause["label"], clause["n_disputed"], clause["n_all"]) == ("§1 Be helpful", 10, 11)
    assert clause["of_disputes"]["value"] == 1.0
    assert clause["of_all"]["value"] == 11 / 40
    assert clause["stands_out"]


def test_filters_limit_the_report(project: Project) -> None:
    take_in(
        project,
        row(annotator="a", pair_id="1", language="de", tags=["x"]),
        row(annotator="b", pair_id="1", language="de", tags=["x"]),
        row(annotator="a", pair_id="2", prompt="Else?", created_at="2025-01-01T00:00:00Z"),
        row(annotator="c", pair_id="2", prompt="Else?", created_at="2025-01-01T00:00:00Z"),
    )
    ann = User.objects.get(username="harbour.b").pk
    n = {
        name: own_judgements(project, filters_from(given, project)).n_rows
        for name, given in {
            "all": {},
            "language": {"language": "DE"},
            "tag": {"tag": "x"},
            "since": {"since": "2025-01-01"},
            "until": {"until": "2024-12-31"},
            "day": {"since": "2025-01-01", "until": "2025-01-01"},
            "labeler": {"labeler": str(ann)},
            "kind": {"kind": "ranking"},
        }.items()
    }
    assert n == {
        "all": 4, "language": 2, "tag": 2, "since": 2, "until": 2, "day": 2, "labeler": 2,
        "kind": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "cooking"},
        {"since": "tomorrow"},
        {"until": "99999-01-01"},
        {"since": "2025-02-01", "until": "2025-01-01"},
        {"labeler": "9" * 30},
        {"labeler": "x"},
        {"labeler": "1"},
        {"tag": "a\0"},
        {"language": "x" * 99},
    ],
)
def test_bad_filters_name_their_field(project: Project, given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        filters_from(given, project)
    assert caught.value.problems[0].field in given


def test_the_report_is_stored_and_computed_anew_only_after_a_change(project: Project) -> None:
    take_in(project, row(annotator="a"), row(annotator="b"))
    first = refresh(project)
    assert first is not None
    assert report_of(project, Filters()) == first
    assert digest_of(project) == first.digest
    QualityReport.objects.update(data={**first.data, "n_judgements": -1})
    again = refresh(project)
    assert again is not None
    assert again.data["n_judgements"] == -1
    take_in(project, row(annotator="c"))
    after = refresh(project)
    assert after is not None
    assert after.data["n_judgements"] == 3


def test_only_projects_in_which_something_happened_are_looked_at(project: Project) -> None:
    take_in(project, row(annotator="a"), row(annotator="b"))
    assert refresh_changed() == 1
    assert refresh_changed() == 0
    QualityReport.objects.update(computed_at=timezone.now() - timedelta(hours=1))
    audit.record(verb="something", by=None, project=project)
    assert refresh_changed() == 1
    QualityReport.objects.update(computed_at=timezone.now() - timedelta(days=2))
    assert refresh_changed() == 1


def test_only_the_newest_judgements_are_looked_at(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(project, *(row(annotator="ann", pair_id=str(i), prompt=f"{i}?") for i in range(5)))
    monkeypatch.setattr(quality_rows, "MOST_WAITED_FOR", 3)
    found = build(project, Filters(language="en"))
    assert (found["n_judgements"], found["cut_at"]) == (3, 3)
    assert build(project, Filters())["cut_at"] is None


def test_a_look_through_filters_is_kept_until_something_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(project, row(annotator="a"), row(annotator="b"))
    assert report_of(project, Filters(language="en")) is None
    refresh(project)
    seen = report_of(project, Filters(language="en"))
    assert seen is not None
    assert seen.data["n_judgements"] == 2
    monkeypatch.setattr(quality, "build", None)
    assert report_of(project, Filters(language="en")) is not None


def test_an_empty_project_has_a_report_too(project: Project) -> None:
    found = build(project, Filters())
    assert (found["agreement"], found["labelers"], found["n_judgements"]) == ([], [], 0)
    assert found["consensus"]["decided"]["value"] is None


@pytest.fixture
def crowd(project: Project) -> list[dict[str, str]]:
    if not CROWD.exists():
        pytest.skip("the crowd comparisons are not beside this checkout in ../shared/data/")
    problems = Problems()
    pairs = CROWD.with_name("llmfao_pairs.jsonl").read_bytes()
    file = read_votes(pairs, CROWD.read_bytes(), problems=problems)
    import_comparisons(by=None, project=project, file=file, problems=problems)
    with CROWD.open(encoding="utf-8", newline="") as votes:
        return list(csv.DictReader(votes))


def test_the_crowds_report_is_what_its_votes_say(
    project: Project, crowd: list[dict[str, str]]
) -> None:
    found = build(project, Filters())
    code = {"model_a": -1, "tie": 0, "model_b": 1}
    table = np.full((200, 10_000), np.nan)
    by_pair: dict[str, dict[str, int]] = defaultdict(dict)
    for vote in crowd:
        table[int(vote["worker"]), int(vote["pair_id"])] = code[vote["winner"]]
        by_pair[vote["pair_id"]][vote["worker"]] = code[vote["winner"]]
    (agreement,) = found["agreement"]
    levels: dict[str, Level] = {"alpha": "ordinal", "alpha_nominal": "nominal"}
    for name, level in levels.items():
        theirs = krippendorff.alpha(table, level_of_measurement=level)
        assert agreement[name]["value"] == pytest.approx(theirs, abs=1e-9)
        assert agreement[name]["lower"] < theirs < agreement[name]["upper"]
    assert agreement["percent"]["value"] == pytest.approx(percent_by_hand(by_pair))
    check_labelers(found["labelers"], crowd, by_pair)
    check_kappas(found, by_pair)


def percent_by_hand(by_pair: dict[str, dict[str, int]]) -> float:
    shares = []
    for votes in by_pair.values():
        said = list(votes.values())
        if len(said) > 1:
            same = sum(a == b for i, a in enumerate(said) for j, b in enumerate(said) if i != j)
            shares.append(same / (len(said) * (len(said) - 1)))
    return mean(shares)


def check_labelers(
    labelers: list[dict[str, Any]],
    crowd: list[dict[str, str]],
    by_pair: dict[str, dict[str, int]],
) -> None:
    frame = pd.DataFrame(crowd)
    volumes = frame["worker"].value_counts()
    assert {row["name"]: row["volume"] for row in labelers} == volumes.to_dict()
    data = frame.rename(columns={"pair_id": "task", "winner": "label"})
    # Left to its own stopping rule it ends after eighteen steps, far from where it would go.
    theirs: Any = CrowdKit(n_iter=200, tol=-1e9).fit(data[["task", "worker", "label"]])
    for row_ in labelers:
        worker = row_["name"]
        shares = [
            mean(other == votes[worker] for name, other in votes.items() if name != worker)
            for votes in by_pair.values()
            if worker in votes and len(votes) > 1
        ]
        assert row_["n_compared"] == len(shares)
        if shares:
            assert row_["agreement"]["value"] == pytest.approx(mean(shares))
        if row_["reliability"] is not None:
            errors = theirs.errors_.loc[worker]
            right = sum(
                errors.loc[label, label] * prior
                for label, prior in theirs.priors_.items()
                if label in errors.index
            )
            assert row_["reliability"] == pytest.approx(right, abs=2e-3)


def check_kappas(found: dict[str, Any], by_pair: dict[str, dict[str, int]]) -> None:
    names = {row["id"]: row["name"] for row in found["labelers"]}
    people = [names[pk] for pk in found["matrix"]["people"]]
    checked = 0
    for one, other, n, _, kappa in found["matrix"]["cells"]:
        both = [
            (votes[people[one]], votes[people[other]])
            for votes in by_pair.values()
            if people[one] in votes and people[other] in votes
        ]
        assert n == len(both)
        if kappa["value"] is not None:
            assert kappa["value"] == pytest.approx(cohen_kappa_score(*zip(*both, strict=True)))
            checked += 1
    assert checked > 20


def test_the_crowds_report_takes_less_than_three_seconds_of_work(
    project: Project, crowd: list[dict[str, str]]
) -> None:
    """Of a processor: the clock on the wall counts what else a machine does."""
    assert len(crowd) == 8_931
    started = time.process_time()
    assert refresh(project) is not None
    assert time.process_time() - started < 3

"""The quality page and the page of what a changed guideline touches."""

import re
from typing import Any

import pytest

from instructions.publish import publish, save_draft
from labeling.models import Comparison, Task
from labeling.quality import report as quality
from labeling.quality.filters import Filters
from labeling.quality.impact import impact_of, send_back
from labeling.quality.report import refresh
from projects.errors import InvalidInput, NotFound, NotPermitted
from projects.models import Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member, make_project
from tests.labeling.test_comparison_import import row, take_in

PAGE = "/projects/harbour/quality/"
IMPACT = "/projects/harbour/guideline/impact/"
FIRST = "## 1 Be kind {helpful}\n\nBe kind.\n\n## 2 Be brief {format}\n\nBe brief.\n"


@pytest.fixture
def judged(project: Project) -> None:
    """Ann and Bob agree on all but one of twelve pairs; Cleo sees half of them, contrarily."""
    rows = []
    for i in range(12):
        common = {"pair_id": str(i), "prompt": f"Question {i}?", "justification": "See §1."}
        rows.append(row(annotator="Ann", preference=-2, **common))
        rows.append(row(annotator="Bob", preference=-2 if i else 1, **common))
        if i % 2:
            rows.append(row(annotator="Cleo", preference=2, **common))
    take_in(project, *rows)


@pytest.mark.usefixtures("judged")
def test_an_owner_sees_figures_with_their_tables(owner: User, signed_in: SignIn) -> None:
    page = signed_in(owner).get(PAGE)
    text = page.content.decode()
    assert page.status_code == 200
    for heading in ("Agreement", "Disputed clauses", "Labelers", "Who agrees with whom", "Pace"):
        assert re.search(rf"<h2[^>]*>{heading}", text), heading
    assert text.count('role="img"') == 4
    assert text.count("<table") >= 7
    assert "§1 Be helpful" in text
    assert "style=" not in text
    assert 'href="/projects/harbour/labelers/' in text


@pytest.mark.usefixtures("judged")
def test_a_reviewer_sees_no_scores_of_people(reviewer: User, signed_in: SignIn) -> None:
    page = signed_in(reviewer).get(PAGE, {"sort": "reliability"})
    text = page.content.decode()
    assert page.context["sort"] == "volume"
    assert page.context["matrix"] == []
    assert "Ann" in text
    labelers = text[text.index('id="labelers"') :]
    assert "Reliability" not in labelers
    assert " %" not in labelers
    assert "/labelers/" not in labelers


@pytest.mark.usefixtures("judged")
def test_the_table_of_labelers_sorts_and_keeps_the_filters(owner: User, signed_in: SignIn) -> None:
    page = signed_in(owner).get(PAGE, {"sort": "agreement", "language": "en"})
    assert [line.name for line in page.context["labelers"]] == ["Cleo", "Ann", "Bob"]
    links = {key: link for key, _, link in page.context["sorts"]}
    assert links["volume"] == "?language=en&sort=volume#labelers"
    by_name = signed_in(owner).get(PAGE, {"sort": "name"})
    assert [line.name for line in by_name.context["labelers"]] == ["Ann", "Bob", "Cleo"]
    odd = signed_in(owner).get(PAGE, {"sort": "'; drop table"})
    assert odd.context["sort"] == "volume"


@pytest.mark.usefixtures("judged")
def test_bad_filters_are_refused_in_words_and_the_page_stays(
    owner: User, signed_in: SignIn
) -> None:
    page = signed_in(owner).get(PAGE, {"kind": "cooking", "since": "x"})
    assert page.status_code == 400
    assert "kind: must be one of" in page.content.decode()
    assert page.context["filters"] == Filters()
    for field in ("kind", "since", "until", "language", "tag", "labeler"):
        for value in ("\0", "x" * 9_999, "-1", "٣"):
            assert signed_in(owner).get(PAGE, {field: value}).status_code in (200, 400)


def test_an_empty_project_says_what_is_missing(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    page = signed_in(owner).get(PAGE)
    assert page.status_code == 200
    assert "Nothing to compare yet" in page.content.decode()
    assert "Nothing is left to be judged." in page.content.decode()


@pytest.mark.usefixtures("judged")
def test_the_page_reads_the_stored_report_only(
    project: Project,
    owner: User,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    refresh(project)
    monkeypatch.setattr(quality, "build", None)
    browser = signed_in(owner)
    with django_assert_max_num_queries(8):
        assert browser.get(PAGE).status_code == 200


@pytest.mark.usefixtures("judged")
def test_much_work_is_left_to_the_background(
    owner: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "AT_ONCE", 5)
    assert "Being computed" in signed_in(owner).get(PAGE).content.decode()
    quality.refresh_changed()
    assert "Who agrees with whom" in signed_in(owner).get(PAGE).content.decode()


@pytest.fixture
def revised(db: None) -> Project:
    """Two versions; twenty judgements under the first, eight of them citing what changed."""
    project = make_project("harbour", name="Harbour")
    owner = make_member(project, Role.OWNER, "bella")
    save_draft(by=owner, project=project, text=FIRST)
    publish(by=owner, project=project, change_note="")
    rows = []
    for i in range(10):
        common = {"pair_id": str(i), "prompt": f"Question {i}?"}
        cites = "§2" if i < 4 else "§1"
        rows.append(row(annotator="a", preference=-3, justification=cites, **common))
        rows.append(row(annotator="b", preference=3 if i in (0, 9) else -3,
                        justification=cites, **common))  # fmt: skip
    take_in(project, *rows)
    text = FIRST.replace("Be brief.", "Two sentences.") + "\n## 3 New {format}\n\nNew.\n"
    save_draft(by=owner, project=project, text=text)
    publish(by=owner, project=project, change_note="Brief means two sentences.")
    take_in(project, row(annotator="c", pair_id="late", prompt="Late?", justification="§2"))
    return project


def bella() -> User:
    return User.objects.get(username="bella")


def send(project: Project, **options: Any) -> int:
    options.setdefault("keys", ["c-2"])
    return send_back(by=bella(), project=project, before=1, after=2, **options)


def test_a_change_says_what_it_touches(revised: Project) -> None:
    found = impact_of(revised, before=1, after=2)
    assert (found.n_earlier, found.n_earlier_disputed) == (20, 4)
    assert [(c.key, c.change.kind, c.n_citing, c.n_disputed) for c in found.clauses] == [
        ("c-2", "changed", 8, 2),
        ("c-3", "added", 0, 0),
    ]


def test_all_of_them_go_back_once_with_the_clause_named(revised: Project) -> None:
    assert send(revised) == 8
    reviews = Task.objects.filter(kind="review")
    assert {(task.cause, *task.clauses) for task in reviews} == {("clause_changed", "c-2")}
    cited = Comparison.objects.filter(assignment__in=reviews.values("reviewed"))
    assert {tuple(row.cites) for row in cited} == {("c-2",)}
    assert send(revised) == 0


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"amount": "disputed"}, 2),
        ({"amount": "sample", "number": 3}, 3),
        ({"amount": "sample", "number": 99}, 8),
        ({"among": "earlier"}, 20),
        ({"among": "earlier", "amount": "disputed"}, 4),
        ({"keys": ["c-3"]}, 0),
        ({"keys": ["c-3"], "among": "earlier", "amount": "sample", "number": 5}, 5),
    ],
)
def test_a_part_of_them_goes_back(revised: Project, options: dict[str, Any], number: int) -> None:
    assert send(revised, **options) == number
    assert Task.objects.filter(kind="review").count() == number


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"keys": []}, "clauses"),
        ({"keys": ["c-1"]}, "clauses"),
        ({"keys": ["c-2", "nonsense"]}, "clauses"),
        ({"among": "x"}, "among"),
        ({"amount": "x"}, "amount"),
        ({"amount": "sample"}, "number"),
        ({"amount": "sample", "number": -1}, "number"),
    ],
)
def test_bad_requests_name_their_field(
    revised: Project, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        send(revised, **options)
    assert caught.value.problems[0].field == field
    assert Task.objects.filter(kind="review").count() == 0


def test_versions_must_be_there_and_in_order(revised: Project) -> None:
    with pytest.raises(NotFound):
        impact_of(revised, before=1, after=7)
    with pytest.raises(InvalidInput):
        impact_of(revised, before=2, after=1)


def test_only_owners_send_back(revised: Project) -> None:
    reviewer = make_member(revised, Role.REVIEWER)
    with pytest.raises(NotPermitted):
        send_back(by=reviewer, project=revised, before=1, after=2, keys=["c-2"])


def test_the_page_shows_the_last_change_and_sends_back(revised: Project, signed_in: SignIn) -> None:
    browser = signed_in(bella())
    page = browser.get(IMPACT)
    assert "2 Be brief" in page.content.decode()
    form = {"from": "1", "to": "2", "clauses": ["c-2"], "among": "citing", "amount": "all"}
    answer = browser.post(IMPACT, form)
    assert answer.status_code == 302
    assert answer["Location"] == f"{IMPACT}?from=1&to=2"
    assert "8 judgements wait for review now." in browser.get(answer["Location"]).content.decode()


def test_the_page_refuses_what_is_wrong_in_words(revised: Project, signed_in: SignIn) -> None:
    browser = signed_in(bella())
    for given in ({"from": "x", "to": "2"}, {"from": "2", "to": "1"}, {"from": "1"}):
        assert browser.get(IMPACT, given).status_code == 400
    assert browser.get(IMPACT, {"from": "1", "to": "99"}).status_code == 404
    assert browser.get(IMPACT, {"from": "9" * 30, "to": "1"}).status_code == 400
    form = {"from": "1", "to": "2", "among": "citing", "amount": "sample", "number": "٣"}
    answer = browser.post(IMPACT, {**form, "clauses": "c-2"})
    assert answer.status_code == 400
    assert "number: must be a whole number" in answer.content.decode()
    assert browser.post(IMPACT, {}).status_code == 400


def test_one_version_has_changed_nothing(project: Project, owner: User, signed_in: SignIn) -> None:
    page = signed_in(owner).get(IMPACT)
    assert "Nothing has changed yet" in page.content.decode()

"""Pages and parts of pages about versions, search and confirmations."""

import json
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from instructions.acknowledging import must_acknowledge, require_acknowledgement
from instructions.models import Acknowledgement, Guideline
from instructions.publish import draft_of, save_draft
from projects import tokens
from projects.models import Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member, make_project
from tests.instructions.guidelines import put

PAGE = "/projects/harbour/guideline/"
API = "/api/v1/projects/harbour/guideline"
ONE = (
    "Welcome.\n\n## 1 Be kind {helpful}\n\nAlways <b>kind</b> to the reader.\n\n"
    "## 2 Be brief {format}\n\nShort, as short as can be.\n"
)
TWO = ONE.replace("Short, as", "Very short, as").replace("{format}", "{format, helpful}")


@pytest.fixture
def two_versions(project: Project, owner: User) -> None:
    """Versions 2 and 3; the project's fixture brings version 1."""
    put(owner, project, ONE)
    put(owner, project, TWO, "Shorter.")


def text(answer: object) -> str:
    content = getattr(answer, "content", b"")
    return str(content.decode())


@pytest.mark.usefixtures("two_versions")
def test_the_fragment_and_the_clauses_may_be_kept_for_ever(
    labeler: User, signed_in: SignIn
) -> None:
    browser = signed_in(labeler)
    fragment = browser.get(f"{PAGE}versions/3/fragment/")
    assert fragment["Cache-Control"] == "private, max-age=31536000, immutable"
    assert fragment["ETag"] != browser.get(f"{PAGE}versions/2/fragment/")["ETag"]
    assert '<section id="c-2" class="clause">' in text(fragment)
    assert 'href="#c-2"' in text(fragment)
    assert "<html" not in text(fragment)
    clauses = browser.get(f"{PAGE}versions/3/clauses.json")
    assert clauses["Cache-Control"] == "private, max-age=31536000, immutable"
    assert clauses.json() == [
        {"anchor": "c-1", "number": "1", "title": "Be kind", "tags": ["helpful"]},
        {"anchor": "c-2", "number": "2", "title": "Be brief", "tags": ["format", "helpful"]},
    ]
    packed = browser.get(f"{PAGE}versions/3/fragment/", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    for path in ("versions/9/fragment/", "versions/9/clauses.json", "versions/99999999999/"):
        assert browser.get(PAGE + path).status_code == 404


@pytest.mark.usefixtures("two_versions")
def test_what_changed_is_shown_between_the_last_two_or_any_two(
    labeler: User, signed_in: SignIn
) -> None:
    browser = signed_in(labeler)
    page = text(browser.get(f"{PAGE}diff/"))
    assert "From version 2 to version 3: 1 clause changed; 2 as before." in page
    assert "<del>Short</del><ins>Very short</ins>" in page
    assert '<span class="badge tag-helpful">helpful</span>' in page
    back = text(browser.get(f"{PAGE}diff/?from=3&to=2"))
    assert "<del>Very short</del><ins>Short</ins>" in back
    same = text(browser.get(f"{PAGE}diff/?from=3&to=3"))
    assert "Every clause is the same in both." in same
    assert "&lt;b&gt;" in text(browser.get(f"{PAGE}diff/?from=1&to=2"))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=abc", 400),
        ("to=-1", 400),
        ("to=%00", 400),
        ("from=1e3", 400),
        ("from=9999999999", 400),
        ("from=1&to=77", 404),
        ("from=٣", 400),
    ],
)
@pytest.mark.usefixtures("two_versions")
def test_versions_that_are_none_are_refused(
    labeler: User, signed_in: SignIn, query: str, status: int
) -> None:
    assert signed_in(labeler).get(f"{PAGE}diff/?{query}").status_code == status


def test_a_single_version_has_nothing_to_compare(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    assert "Nothing to compare yet" in text(signed_in(labeler).get(f"{PAGE}diff/"))


@pytest.mark.usefixtures("two_versions")
def test_search_marks_its_hits_and_links_to_the_clause(labeler: User, signed_in: SignIn) -> None:
    browser = signed_in(labeler)
    page = text(browser.get(f"{PAGE}search/?q=shor"))
    assert "1 clause of version 3" in page
    assert "<mark>short</mark>" in page
    assert f'href="{PAGE}versions/3/?q=shor#c-2"' in page
    hits = browser.get(f"{PAGE}search.json?q=reader&version=2").json()
    assert (hits["version"], hits["n_all"], hits["hits"][0]["anchor"]) == (2, 1, "c-1")
    assert {"text": "reader", "is_hit": True} in hits["hits"][0]["excerpt"]


@pytest.mark.usefixtures("two_versions")
def test_a_search_that_cannot_be_is_refused_by_name(labeler: User, signed_in: SignIn) -> None:
    browser = signed_in(labeler)
    for query in ("q=" + "x" * 201, "q=%00", "q=a&version=x"):
        assert browser.get(f"{PAGE}search/?{query}").status_code == 400
        answer = browser.get(f"{PAGE}search.json?{query}")
        assert (answer.status_code, answer.json()["title"]) == (
            400,
            "Some of the input breaks a rule.",
        )
    hostile = text(browser.get(f"{PAGE}search/?q=<script>alert(1)</script>"))
    assert "<script>alert" not in hostile


def test_search_without_a_guideline_says_so(db: None, signed_in: SignIn) -> None:
    member = make_member(make_project("bare"))
    assert signed_in(member).get("/projects/bare/guideline/search/?q=a").status_code == 404


@pytest.mark.usefixtures("two_versions")
def test_publishing_is_preceded_by_what_it_would_change(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    form = {"text": TWO.replace("kind</b>", "kind</b> and fair"), "review": "1"}
    answer = browser.post(f"{PAGE}edit/", form)
    assert answer["Location"] == f"{PAGE}draft/changes/"
    page = text(browser.get(f"{PAGE}draft/changes/"))
    assert "Against version 3: 1 clause changed; 2 as before." in page
    assert re.search(r"<ins> ?and fair ?</ins>", page)
    seen = re.search(r'name="last_seen" value="([^"]+)"', page)
    assert seen is not None
    fields = {"change_note": "Fair too.", "last_seen": seen[1]}
    assert browser.post(f"{PAGE}publish/", fields)["Location"] == PAGE
    again = browser.get(f"{PAGE}draft/changes/")
    assert "The draft is the current version." in text(again)


@pytest.mark.usefixtures("two_versions")
def test_a_draft_changed_meanwhile_is_not_published(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    seen = draft_of(project).draft_saved_at
    save_draft(by=owner, project=project, text=TWO + "More.")
    fields = {"change_note": "Mine.", "last_seen": seen.isoformat()}
    answer = signed_in(owner).post(f"{PAGE}publish/", fields)
    assert answer.status_code == 409
    assert "changed meanwhile" in text(answer)
    assert 'value="Mine."' in text(answer)


@pytest.mark.usefixtures("two_versions")
def test_a_draft_out_of_form_is_not_offered_for_publishing(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    save_draft(by=owner, project=project, text="## 1 A {nice}\n\n:::bad\n")
    page = text(signed_in(owner).get(f"{PAGE}draft/changes/"))
    assert f'<a href="{PAGE}edit/#line-1">Line 1</a>' in page
    assert f'<a href="{PAGE}edit/#line-3">Line 3</a>' in page
    assert "Publish version 4</button>" not in page


def test_autosave_names_the_lines_out_of_form(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    answer = signed_in(owner).post(f"{PAGE}draft/", {"text": "## 1 A {nice}\n## 1 B"})
    assert [fault["line"] for fault in answer.json()["faults"]] == [1, 2]


@pytest.mark.usefixtures("two_versions")
def test_restoring_an_earlier_version_fills_draft_and_note(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    page = text(browser.get(f"{PAGE}versions/"))
    assert f'action="{PAGE}versions/2/restore/"' in page
    assert f'action="{PAGE}versions/3/restore/"' not in page
    seen = draft_of(project).draft_saved_at.isoformat()
    answer = browser.post(f"{PAGE}versions/2/restore/", {"last_seen": seen})
    assert 'value="Back to version 2."' in text(browser.get(answer["Location"]))
    assert Guideline.objects.get(project=project).draft == ONE
    late = browser.post(f"{PAGE}versions/3/restore/", {"last_seen": seen})
    assert late.status_code == 409
    for fields in ({}, {"last_seen": "yesterday"}):
        assert browser.post(f"{PAGE}versions/3/restore/", fields).status_code == 400


@pytest.mark.usefixtures("two_versions")
def test_members_confirm_and_owners_see_it(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    browser = signed_in(labeler)
    put(owner, project, TWO.replace("kind</b>", "kind</b> and fair"), "Fair.")
    assert "1 clause changed since you last worked." in text(browser.get(PAGE))
    assert "Who has confirmed" not in text(browser.get(f"{PAGE}versions/"))
    assert browser.post(f"{PAGE}acknowledge/", {"number": "4"})["Location"] == PAGE
    assert "since you last worked" not in text(browser.get(PAGE))
    page = text(signed_in(owner).get(f"{PAGE}versions/"))
    assert "Who has confirmed version 4" in page
    assert '<span class="badge good">confirmed</span>' in page
    assert '<span class="badge warn">not yet</span>' in page


@pytest.mark.parametrize("number", ["", "x", "3", "-4", "\0", "9" * 30])
@pytest.mark.usefixtures("two_versions")
def test_only_the_current_version_is_confirmed(
    project: Project, owner: User, labeler: User, signed_in: SignIn, number: str
) -> None:
    put(owner, project, TWO + "\nMore.\n")
    answer = signed_in(labeler).post(f"{PAGE}acknowledge/", {"number": number})
    assert answer.status_code in (400, 409)
    assert not Acknowledgement.objects.exists()


def test_owners_make_work_wait_for_the_confirmation(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    assert browser.post(f"{PAGE}confirmation/", {"required": "1"}).status_code == 302
    assert must_acknowledge(user=labeler, project=project) is True
    assert "Work starts when you have" in text(signed_in(labeler).get(PAGE))
    assert browser.post(f"{PAGE}confirmation/", {"required": "0"}).status_code == 302
    assert must_acknowledge(user=labeler, project=project) is False
    assert browser.post(f"{PAGE}confirmation/", {"required": "maybe"}).status_code == 400


@pytest.mark.usefixtures("two_versions")
def test_the_page_of_an_earlier_version_links_to_what_changed(
    labeler: User, signed_in: SignIn
) -> None:
    page = text(signed_in(labeler).get(f"{PAGE}versions/2/"))
    assert f"{PAGE}diff/?from=2&amp;to=3" in page


def test_opening_the_page_takes_few_queries(
    project: Project,
    owner: User,
    signed_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    put(owner, project, ONE)
    browser = signed_in(make_member(project, Role.LABELER))
    require_acknowledgement(by=owner, project=project, is_required=True)
    browser.get(PAGE)
    with django_assert_max_num_queries(16):
        browser.get(PAGE)


@pytest.mark.usefixtures("two_versions")
def test_the_api_gives_versions_differences_and_hits(labeler: User) -> None:
    _, token = tokens.create(by=labeler, name="x")
    headers = {"Authorization": f"Bearer {token}"}

    def get(path: str) -> tuple[int, object]:
        answer = Client().get(f"{API}/{path}", headers=headers)
        return answer.status_code, json.loads(answer.content)

    status, listed = get("versions")
    assert status == 200
    assert isinstance(listed, dict)
    assert [row["number"] for row in listed["results"]] == [3, 2, 1]
    status, one = get("versions/3")
    assert isinstance(one, dict)
    assert (one["text"], one["change_note"], len(one["clauses"])) == (TWO, "Shorter.", 2)
    status, diff = get("diff?from=2&to=3")
    assert isinstance(diff, dict)
    assert (diff["summary"], diff["same"]) == ("1 clause changed", 2)
    [change] = diff["changes"]
    assert (change["kind"], change["before"]["anchor"], change["after"]["tags"]) == (
        "changed", "c-2", ["format", "helpful"],
    )  # fmt: skip
    status, found = get("search?q=reader")
    assert isinstance(found, dict)
    assert (found["n_all"], found["hits"][0]["number"]) == (1, "1")
    for path, expected in {
        "versions/7": 404, "versions/99999999999999999999": 404, "diff": 400, "diff?from=2": 400,
        "diff?from=x&to=3": 400, "diff?from=2&to=8": 404, "search?q=%00": 400,
        "search?q=a&version=no": 400, "search?q=a&version=9": 404,
    }.items():  # fmt: skip
        assert (path, get(path)[0]) == (path, expected)

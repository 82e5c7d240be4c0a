"""The guideline's pages, and the page before leaving."""

from urllib.parse import quote

import pytest
from django.test import Client

from instructions.models import Guideline, GuidelineVersion
from instructions.publish import publish, save_draft
from projects import tokens
from projects.models import Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member, make_project

PAGE = "/projects/harbour/guideline/"
TEXT = "Welcome.\n\n## 1 Be kind {helpful}\n\nAlways.\n\n## 2 Be brief {format}\n\nShort.\n"


def test_the_page_shows_the_current_version_with_its_clauses(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    save_draft(by=owner, project=project, text=TEXT)
    publish(by=owner, project=project, change_note="Two clauses now.")
    page = signed_in(labeler).get(PAGE).content.decode()
    assert '<section id="c-2" class="clause">' in page
    assert '<a href="#c-2">' in page
    assert "Two clauses now." in page
    assert 'based on <a href="/projects/harbour/guideline/versions/1/">version 1</a>' in page
    assert "olga-owner" in page
    assert f"{PAGE}edit/" not in page


def test_an_earlier_version_says_that_it_is(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    save_draft(by=owner, project=project, text=TEXT)
    publish(by=owner, project=project, change_note="")
    browser = signed_in(owner)
    assert "This is an earlier version" in browser.get(f"{PAGE}versions/1/").content.decode()
    assert "This is an earlier version" not in browser.get(f"{PAGE}versions/2/").content.decode()
    assert browser.get(f"{PAGE}versions/3/").status_code == 404


@pytest.mark.parametrize(
    ("role", "words"),
    [(Role.OWNER, "Write the guideline"), (Role.LABELER, "An owner of the project is to write")],
)
def test_without_a_version_the_page_says_what_next(
    db: None, signed_in: SignIn, role: Role, words: str
) -> None:
    project = make_project("bare")
    page = signed_in(make_member(project, role)).get("/projects/bare/guideline/")
    assert (page.status_code, words in page.content.decode()) == (200, True)


def test_hostile_text_stays_text(project: Project, owner: User, signed_in: SignIn) -> None:
    text = "## 1 <script>a</script> {helpful}\n\n<img src=x onerror=alert(1)>\n"
    save_draft(by=owner, project=project, text=text)
    publish(by=owner, project=project, change_note="<b>note</b>")
    for path in (PAGE, f"{PAGE}edit/"):
        page = signed_in(owner).get(path).content.decode()
        assert "<script>a" not in page
        assert "<img src=x" not in page
        assert "<b>note" not in page


def test_saving_and_previewing_work_without_a_script(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    assert browser.post(f"{PAGE}edit/", {"text": TEXT})["Location"] == f"{PAGE}edit/"
    shown = browser.post(f"{PAGE}edit/", {"text": TEXT, "preview": "1"})
    assert '<section id="c-2" class="clause">' in shown.content.decode()
    assert Guideline.objects.get(project=project).draft == TEXT


def test_autosave_says_when_and_minds_what_others_wrote(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    first = browser.post(f"{PAGE}draft/", {"text": "one"}).json()["saved_at"]
    answer = browser.post(f"{PAGE}draft/", {"text": "two", "last_seen": first})
    assert answer.status_code == 200
    late = browser.post(f"{PAGE}draft/", {"text": "three", "last_seen": first})
    assert (late.status_code, "changed elsewhere" in late.json()["detail"]) == (409, True)
    assert Guideline.objects.get(project=project).draft == "two"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "a\0b"}, "text: must not hold a NUL character"),
        ({"text": "x" * 1_200_001}, "text: must be at most 1,200,000 characters"),
        ({"text": "a", "last_seen": "yesterday"}, "last_seen: must be the time"),
        ({"text": "a", "last_seen": "2026-99-01T00:00:00"}, "last_seen: must be the time"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_refused_by_name(
    project: Project, owner: User, signed_in: SignIn, fields: dict[str, str], words: str
) -> None:
    before = Guideline.objects.get(project=project).draft
    for path in ("draft/", "edit/"):
        answer = signed_in(owner).post(f"{PAGE}{path}", fields)
        assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert Guideline.objects.get(project=project).draft == before


def test_publishing_keeps_the_text_of_its_form(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    fields = {"text": TEXT, "change_note": "Brevity."}
    browser = signed_in(owner)
    assert browser.post(f"{PAGE}publish/", fields)["Location"] == PAGE
    version = GuidelineVersion.objects.get(guideline__project=project, number=2)
    assert (version.text, version.change_note, version.published_by) == (TEXT, "Brevity.", owner)
    again = browser.post(f"{PAGE}publish/", fields)
    assert (again.status_code, "nothing to publish" in again.content.decode()) == (409, True)


def test_a_draft_out_of_form_is_shown_again_with_line_and_rule(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    answer = signed_in(owner).post(f"{PAGE}publish/", {"text": "## 1 A\n\n## 1 B\n"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "line 3, text: clause 1 is already on line 1" in page
    assert "## 1 B" in page
    assert GuidelineVersion.objects.filter(guideline__project=project).count() == 1


def test_a_preview_out_of_form_names_line_and_rule(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    answer = signed_in(owner).post(f"{PAGE}preview/", {"text": ":::bad\nx"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "line 1, text: the example is never closed with :::"


def test_the_api_gives_the_current_version(project: Project, labeler: User) -> None:
    _, text = tokens.create(by=labeler, name="x")
    answer = Client().get(
        "/api/v1/projects/harbour/guideline", headers={"Authorization": f"Bearer {text}"}
    )
    body = answer.json()
    assert body["number"] == 1
    assert body["clauses"] == [
        {
            "number": "1",
            "anchor": "c-1",
            "title": "Be helpful",
            "level": 2,
            "tags": ["helpful"],
            "body": "Answer the question.",
        }
    ]


@pytest.mark.parametrize(
    ("address", "host", "is_lookalike"),
    [
        ("https://example.org/a?b=c#d", "example.org", False),
        ("https://bank.example@evil.example/", "evil.example", False),
        ("https://аррӏе.com/", "xn--80ak6aa92e.com", True),
        ("https://faß.de/", "xn--fa-hia.de", True),
        ("mailto:someone@example.org", "example.org", False),
    ],
)
def test_leaving_shows_the_host_as_the_network_knows_it(
    db: None, address: str, host: str, is_lookalike: bool
) -> None:
    response = Client().get("/leaving/?to=" + quote(address, safe=""))
    page = response.content.decode()
    assert response.status_code == 200
    assert f"<code>{host}</code>" in page
    assert f'rel="nofollow noopener noreferrer">Go to {host}</a>' in page
    assert ("mistaken for others" in page) is is_lookalike
    assert response["Referrer-Policy"] == "no-referrer"
    assert "http-equiv" not in page


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "/home/",
        "https:///path",
        "https://evil.example\\@bank.example/",
        "https://[bad/",
        "https://ex%61mple.org/",
        "https://example.org/\0",
        "https://exam\nple.org/",
        "mailto:",
        "https://" + "ä" * 80 + ".de/",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_leaving_refuses_what_is_no_web_or_mail_address(db: None, address: str) -> None:
    response = Client().get("/leaving/?to=" + quote(address, safe=""))
    assert response.status_code == 400
    assert "to: " in response.content.decode()

"""Drafts and published versions."""

import pytest

from instructions.models import Clause, Guideline, GuidelineVersion
from instructions.publish import current_version, draft_of, publish, save_draft
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_member, make_project
from tests.threads import in_threads

TEXT = "Welcome.\n\n## 1 Be helpful {helpful}\n\nAnswer.\n\n### 1.2 Be brief\n\nShort.\n"


@pytest.fixture
def fresh(db: None) -> Project:
    return make_project("fresh")


@pytest.fixture
def writer(fresh: Project) -> User:
    return make_member(fresh, Role.OWNER)


def test_publishing_keeps_text_html_and_clauses(fresh: Project, writer: User) -> None:
    save_draft(by=writer, project=fresh, text=TEXT)
    version = publish(by=writer, project=fresh, change_note=" First. ")
    assert (version.number, version.text, version.change_note) == (1, TEXT, "First.")
    assert version.published_by == writer
    assert '<section id="c-1-2" class="clause">' in version.html
    assert list(
        Clause.objects.filter(version=version)
        .order_by("position")
        .values_list("number", "anchor", "title", "tags", "level", "body")
    ) == [
        ("1", "c-1", "Be helpful", ["helpful"], 1, "Answer."),
        ("1.2", "c-1-2", "Be brief", [], 2, "Short."),
    ]
    assert current_version(fresh) == version
    assert AuditEvent.objects.get(verb="guideline.published").actor == writer


def test_publishing_the_same_text_again_is_a_conflict(fresh: Project, writer: User) -> None:
    save_draft(by=writer, project=fresh, text=TEXT)
    publish(by=writer, project=fresh, change_note="")
    with pytest.raises(Conflict):
        publish(by=writer, project=fresh, change_note="")
    save_draft(by=writer, project=fresh, text=TEXT + "More.\n")
    assert publish(by=writer, project=fresh, change_note="").number == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## 1 Fine\n\n## 1 Twice\n", "line 3, text: clause 1 is already on line 1"),
        ("## 1 Fine {nice}\n", "line 1, text: unknown tag 'nice'"),
        ("## 1 Fine\n\n:::good\nopen", "line 3, text: the example is never closed with :::"),
        ("Only words.", "text: needs at least one clause"),
        (f"## 1 {'long' * 60}\n", "text: the heading of clause 1 is too long"),
    ],
)
def test_a_draft_out_of_form_is_kept_but_not_published(
    fresh: Project, writer: User, text: str, message: str
) -> None:
    save_draft(by=writer, project=fresh, text=text)
    with pytest.raises(InvalidInput) as refused:
        publish(by=writer, project=fresh, change_note="")
    assert str(refused.value).startswith(message)
    assert draft_of(fresh).draft == text
    assert not GuidelineVersion.objects.exists()


@pytest.mark.parametrize("text", ["a\0b", "a\ud800", "x" * 1_200_001])
def test_text_that_cannot_be_kept_is_refused(fresh: Project, writer: User, text: str) -> None:
    with pytest.raises(InvalidInput):
        save_draft(by=writer, project=fresh, text=text)
    assert not Guideline.objects.exists()


def test_only_owners_write(fresh: Project) -> None:
    reviewer = make_member(fresh, Role.REVIEWER)
    for deed in (
        lambda by: save_draft(by=by, project=fresh, text=TEXT),
        lambda by: publish(by=by, project=fresh, change_note=""),
    ):
        with pytest.raises(NotPermitted):
            deed(reviewer)
        with pytest.raises(NotFound):
            deed(make_member(make_project()))


def test_somebody_elses_later_change_is_not_overwritten(fresh: Project, writer: User) -> None:
    seen = save_draft(by=writer, project=fresh, text="mine").draft_saved_at
    save_draft(by=writer, project=fresh, text="theirs")
    with pytest.raises(Conflict):
        save_draft(by=writer, project=fresh, text="mine again", last_seen=seen)
    assert draft_of(fresh).draft == "theirs"


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_one_version() -> None:
    project = make_project()
    writer = make_member(project, Role.OWNER)
    save_draft(by=writer, project=project, text=TEXT)

    def go(note: str) -> str:
        try:
            return str(publish(by=writer, project=project, change_note=note))
        except Conflict:
            return "conflict"

    assert sorted(in_threads(go, [""] * 4)) == ["Version 1", "conflict", "conflict", "conflict"]

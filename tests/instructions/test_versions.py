"""Comparing versions, restoring them, and what publishing would change."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instructions.clauses import parse_clauses
from instructions.contents import contents, nested
from instructions.diff import guideline_diff
from instructions.publish import current_version, draft_of, publish, restore, save_draft
from instructions.versions import MOST_SHOWN, compare, draft_diff, outline, shown
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_member, make_project
from tests.instructions.guidelines import put

ONE = "Welcome.\n\n## 1 Be kind {helpful}\n\nAlways.\n\n## 2 Be brief\n\nShort.\n"
TWO = ONE.replace("Welcome.", "Come in.").replace("Always.", "Always and ever.")


@pytest.fixture
def fresh(db: None) -> Project:
    return make_project("fresh")


@pytest.fixture
def writer(fresh: Project) -> User:
    return make_member(fresh, Role.OWNER)


def test_versions_are_compared_clause_by_clause(fresh: Project, writer: User) -> None:
    one, two = put(writer, fresh, ONE), put(writer, fresh, TWO)
    diff = compare(one, two)
    assert [(change.kind, change.clause.title) for change in diff.changes] == [
        ("changed", "Introduction"),
        ("changed", "Be kind"),
    ]
    assert diff.n_same == 1
    found = outline(one, two)
    assert (found.summary, found.n_changed) == ("2 clauses changed", 2)
    assert [(named.kind, named.anchor) for named in found.named] == [
        ("changed", ""),
        ("changed", "c-1"),
    ]


def test_the_outline_of_two_versions_is_worked_out_once(fresh: Project, writer: User) -> None:
    one, two = put(writer, fresh, ONE), put(writer, fresh, TWO)
    first = outline(one, two)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert outline(one, two) == first
    assert len(queries) == 0


def test_what_publishing_would_change_is_known_before(fresh: Project, writer: User) -> None:
    put(writer, fresh, ONE)
    save_draft(by=writer, project=fresh, text=TWO)
    assert draft_diff(fresh).summary == "2 clauses changed"
    save_draft(by=writer, project=fresh, text="## 1 A {nice}")
    with pytest.raises(InvalidInput) as refused:
        draft_diff(fresh)
    assert refused.value.problems[0].line == 1


def test_long_unchanged_runs_are_left_out() -> None:
    words = " ".join(f"word{n}" for n in range(400))
    old = parse_clauses(f"## 1 A\n\n{words} here {words}")
    new = parse_clauses(f"## 1 A\n\n{words} there {words}")
    [each] = shown(guideline_diff(old, new).changes)
    assert [piece.kind if piece else "cut" for piece in each.body] == [
        "cut", "same", "gone", "new", "same", "cut",
    ]  # fmt: skip
    assert sum(len(piece.text) for piece in each.body if piece) < 800


def test_no_more_changes_are_shown_than_a_page_can_hold() -> None:
    new = parse_clauses("\n".join(f"## {n} A" for n in range(300)))
    assert len(shown(guideline_diff([], new).changes)) == MOST_SHOWN


def test_an_earlier_version_becomes_the_draft(fresh: Project, writer: User) -> None:
    put(writer, fresh, ONE)
    put(writer, fresh, TWO)
    seen = draft_of(fresh).draft_saved_at
    assert restore(by=writer, project=fresh, number=1, last_seen=seen).draft == ONE
    assert AuditEvent.objects.get(verb="guideline.restored").detail == {"number": 1}
    assert publish(by=writer, project=fresh, change_note="").text == ONE


def test_restoring_does_not_overwrite_what_somebody_wrote(fresh: Project, writer: User) -> None:
    put(writer, fresh, ONE)
    seen = draft_of(fresh).draft_saved_at
    save_draft(by=writer, project=fresh, text="theirs")
    with pytest.raises(Conflict):
        restore(by=writer, project=fresh, number=1, last_seen=seen)
    assert draft_of(fresh).draft == "theirs"


def test_only_owners_restore_and_only_what_there_is(fresh: Project, writer: User) -> None:
    put(writer, fresh, ONE)
    seen = draft_of(fresh).draft_saved_at
    with pytest.raises(NotPermitted):
        restore(by=make_member(fresh, Role.REVIEWER), project=fresh, number=1, last_seen=seen)
    for number in (0, 2, 2**63):
        with pytest.raises(NotFound):
            restore(by=writer, project=fresh, number=number, last_seen=seen)


def test_nobody_publishes_what_they_have_not_seen(fresh: Project, writer: User) -> None:
    seen = save_draft(by=writer, project=fresh, text=ONE).draft_saved_at
    save_draft(by=writer, project=fresh, text=TWO)
    with pytest.raises(Conflict):
        publish(by=writer, project=fresh, change_note="", last_seen=seen)
    assert current_version(fresh) is None


def test_the_contents_are_nested_by_number_and_escaped(fresh: Project, writer: User) -> None:
    html = nested(
        [
            ("1", "c-1", "One", ["helpful"]),
            ("1.1", "c-1-1", "<b>", []),
            ("1.1.1", "c-1-1-1", "Deep", []),
            ("2", "c-2", "Two", []),
        ]
    )
    assert html.count("<ol>") == html.count("</ol>") == 3
    assert html.count("<li") == html.count("</li>") == 4
    assert html.count("toc-fold") == 2
    assert "&lt;b&gt;" in html
    assert 'data-tags="helpful"' in html
    assert nested([]) == "<ol></ol>"
    assert 'href="#c-2"' in contents(put(writer, fresh, ONE))


def test_the_contents_of_a_long_guideline_begin_folded() -> None:
    rows = [(f"1.{n}", f"c-1-{n}", "T", list[str]()) for n in range(61)]
    assert 'aria-expanded="false"' in nested([("1", "c-1", "T", []), *rows])
    assert 'aria-expanded="true"' in nested([("1", "c-1", "T", []), *rows[:5]])

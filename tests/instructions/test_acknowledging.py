"""Who has read what the guideline's versions changed."""

import pytest
from django.db import IntegrityError, transaction

from instructions.acknowledging import (
    acknowledge,
    changes_for,
    must_acknowledge,
    readers,
    require_acknowledgement,
    who_has_not,
)
from instructions.models import Acknowledgement, GuidelineVersion
from projects.errors import Conflict, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_member, make_project
from tests.instructions.guidelines import put

ONE = "## 1 Be kind {helpful}\n\nAlways be kind to the reader.\n\n## 2 Be brief\n\nShort.\n"
TWO = ONE.replace("Short.", "As short as can be.")
RENUMBERED = TWO.replace("## 2 ", "## 3 ")


@pytest.fixture
def fresh(db: None) -> Project:
    return make_project("fresh")


@pytest.fixture
def writer(fresh: Project) -> User:
    return make_member(fresh, Role.OWNER)


@pytest.fixture
def first(fresh: Project, writer: User) -> GuidelineVersion:
    return put(writer, fresh, ONE)


@pytest.fixture
def reader(fresh: Project, first: GuidelineVersion) -> User:
    """Joined when the first version counted."""
    return make_member(fresh)


def test_a_newcomer_has_nothing_to_confirm_where_work_does_not_wait(
    fresh: Project, reader: User
) -> None:
    assert must_acknowledge(user=reader, project=fresh) is False
    assert changes_for(user=reader, project=fresh) is None


def test_what_changed_since_somebody_joined_is_shown(
    fresh: Project, writer: User, reader: User, first: GuidelineVersion
) -> None:
    put(writer, fresh, TWO)
    found = changes_for(user=reader, project=fresh)
    assert found is not None
    assert (found.version.number, found.since, found.is_required) == (2, first, False)
    assert found.outline is not None
    assert found.outline.summary == "1 clause changed"
    assert changes_for(user=writer, project=fresh) is None


def test_who_was_there_before_the_guideline_began_with_its_first_version(
    fresh: Project, writer: User
) -> None:
    early = make_member(fresh)
    put(writer, fresh, ONE)
    assert changes_for(user=early, project=fresh) is None
    put(writer, fresh, TWO)
    assert changes_for(user=early, project=fresh) is not None


def test_the_version_somebody_worked_by_is_known_to_them(
    fresh: Project, writer: User, reader: User
) -> None:
    second = put(writer, fresh, TWO)
    assert changes_for(user=reader, project=fresh, last_worked=second) is None


def test_a_mere_new_number_is_nothing_to_read(fresh: Project, writer: User) -> None:
    put(writer, fresh, TWO)
    reader = make_member(fresh)
    put(writer, fresh, RENUMBERED)
    assert changes_for(user=reader, project=fresh) is None


def test_confirming_ends_it_and_is_recorded_once(
    fresh: Project, writer: User, reader: User
) -> None:
    second = put(writer, fresh, TWO)
    acknowledge(by=reader, project=fresh, number=2)
    acknowledge(by=reader, project=fresh, number=2)
    assert changes_for(user=reader, project=fresh) is None
    assert AuditEvent.objects.filter(verb="guideline.acknowledged", actor=reader).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Acknowledgement.objects.create(version=second, user=reader)


def test_work_waits_for_the_confirmation_of_each_version(
    fresh: Project, writer: User, reader: User
) -> None:
    require_acknowledgement(by=writer, project=fresh, is_required=True)
    assert must_acknowledge(user=reader, project=fresh) is True
    assert must_acknowledge(user=writer, project=fresh) is False
    found = changes_for(user=reader, project=fresh)
    assert found is not None
    assert (found.since, found.outline, found.is_required) == (None, None, True)
    acknowledge(by=reader, project=fresh, number=1)
    assert must_acknowledge(user=reader, project=fresh) is False
    put(writer, fresh, TWO)
    assert must_acknowledge(user=reader, project=fresh) is True
    found = changes_for(user=reader, project=fresh)
    assert found is not None
    assert found.since is not None
    assert found.since.number == 1
    require_acknowledgement(by=writer, project=fresh, is_required=False)
    assert must_acknowledge(user=reader, project=fresh) is False


def test_another_projects_guideline_asks_nothing(
    fresh: Project, writer: User, reader: User
) -> None:
    other = make_project()
    chief = make_member(other, Role.OWNER)
    put(chief, other, ONE)
    require_acknowledgement(by=chief, project=other, is_required=True)
    assert must_acknowledge(user=reader, project=fresh) is False


def test_a_version_that_no_longer_counts_cannot_be_confirmed(
    fresh: Project, writer: User, reader: User
) -> None:
    put(writer, fresh, TWO)
    with pytest.raises(Conflict):
        acknowledge(by=reader, project=fresh, number=1)
    with pytest.raises(NotFound):
        acknowledge(by=make_member(make_project()), project=fresh, number=2)
    empty = make_project()
    with pytest.raises(NotFound):
        acknowledge(by=make_member(empty), project=empty, number=1)


def test_owners_see_who_has_and_who_has_not(fresh: Project, writer: User, reader: User) -> None:
    late = make_member(fresh)
    acknowledge(by=reader, project=fresh, number=1)
    assert who_has_not(fresh) == [late]
    put(writer, fresh, TWO)
    rows = {row.member.user: (row.number, row.is_current) for row in readers(fresh)}
    assert rows == {writer: (None, True), reader: (1, False), late: (None, False)}
    assert {row.member.user: row.at is None for row in readers(fresh)}[reader] is False


def test_only_owners_say_whether_work_waits(fresh: Project, writer: User) -> None:
    with pytest.raises(NotPermitted):
        require_acknowledgement(
            by=make_member(fresh, Role.REVIEWER), project=fresh, is_required=True
        )
    require_acknowledgement(by=writer, project=fresh, is_required=True)
    require_acknowledgement(by=writer, project=fresh, is_required=True)
    verbs = AuditEvent.objects.filter(verb__startswith="guideline.ack").values_list("verb")
    assert list(verbs) == [("guideline.acknowledgement_required",)]


def test_without_a_guideline_there_is_nothing_to_confirm(fresh: Project) -> None:
    reader = make_member(fresh)
    assert must_acknowledge(user=reader, project=fresh) is False
    assert changes_for(user=reader, project=fresh) is None
    assert who_has_not(fresh) == [reader]

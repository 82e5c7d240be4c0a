"""Querysets compiled once give what the querysets themselves give."""

import pytest
from django.db.models import QuerySet

from projects.compiled import Compiled
from projects.models import Membership, Project, User
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db


def of_user(user: int, slug: str) -> "QuerySet[Membership]":
    return (
        Membership.objects.select_related("project", "user")
        .defer("project__description")
        .filter(user=user, project__slug=slug)
    )


def test_rows_come_with_what_they_are_joined_with(project: Project, labeler: User) -> None:
    compiled = Compiled(of_user, user=int, slug=str)
    other = make_member(make_project("other"))
    for user, slug in ((labeler, "harbour"), (other, "other"), (labeler, "harbour")):
        found = compiled.first(user=user.pk, slug=slug)
        assert found is not None
        assert (found.user, found.project.slug) == (user, slug)
        assert found.project.get_deferred_fields() == {"description"}
        assert found.project.description == ""
    assert compiled.first(user=other.pk, slug="harbour") is None
    assert compiled.all(user=other.pk, slug="x' OR '1'='1") == []


def test_a_value_that_is_not_used_is_a_fault() -> None:
    compiled = Compiled(lambda user, slug: User.objects.filter(pk=user), user=int, slug=str)
    with pytest.raises(TypeError, match="slug"):
        compiled.first(user=1, slug="a")

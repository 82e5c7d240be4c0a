"""`manage.py prepare`: from an empty database to a product that can start."""

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from demo.loading import remove_demo
from projects.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def embedded(settings: Settings) -> None:
    settings.IS_EMBEDDED = True
    settings.MODEL_ENDPOINTS = ()


def slugs() -> list[str]:
    return list(Project.objects.order_by("slug").values_list("slug", flat=True))


def test_an_empty_embedded_database_gets_the_demo_once() -> None:
    call_command("prepare")
    first = Project.objects.get()
    call_command("prepare")
    assert Project.objects.get() == first


def test_a_demo_that_was_removed_stays_away() -> None:
    call_command("prepare")
    remove_demo()
    call_command("prepare")
    assert slugs() == []


def test_nobody_s_own_database_is_written_into(settings: Settings) -> None:
    settings.IS_EMBEDDED = False
    call_command("prepare")
    assert slugs() == []


def test_a_database_with_a_project_gets_no_demo() -> None:
    make_project("harbour")
    call_command("prepare")
    assert slugs() == ["harbour"]

"""Fixtures everybody shares."""

import os

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from projects.models import Project, Role, User
from tests import servers
from tests.factories import make_guideline_version, make_member, make_project, make_user

# The same examples in every run: a red one means that something changed. That a machine is at work
# elsewhere is no failure.
hypothesis_settings.register_profile("touchstone", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis_settings.load_profile(
    "explore" if os.environ.get("TOUCHSTONE_TEST_EXPLORE") else "touchstone"
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Begin with a copy of a database that has had all migrations, where there is one."""
    if servers.is_migrated:
        connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Django's permissions, which nothing here asks for, are not made anew whenever a test that
    commits has emptied the database."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Argon2 is slow on purpose, and most tests make several people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _static_files_when_asked(settings: Settings) -> None:
    """Not all read anew for every client, which took a third of the time of tests of pages."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def project(db: None) -> Project:
    """A project with a published guideline."""
    project = make_project("harbour", name="Harbour")
    make_guideline_version(project)
    return project


@pytest.fixture
def owner(project: Project) -> User:
    return make_member(project, Role.OWNER, "olga-owner")


@pytest.fixture
def reviewer(project: Project) -> User:
    return make_member(project, Role.REVIEWER, "rita-reviewer")


@pytest.fixture
def labeler(project: Project) -> User:
    return make_member(project, Role.LABELER, "lena-labeler")


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, and a member of another project only."""
    return make_member(make_project("elsewhere"), Role.OWNER, "sam-stranger")


@pytest.fixture
def anyone(db: None) -> User:
    return make_user("ada-anyone")


@pytest.fixture
def signed_in() -> "SignIn":
    return SignIn()


class SignIn:
    """`signed_in(user)` is a browser in which that person is signed in."""

    def __call__(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

"""The parts of the authorisation matrix; `tests/test_access_matrix.py` says how to use them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.urls import APPS
from instructions.models import GuidelineVersion
from projects import tokens
from projects.models import Membership, Project, Role, User
from tests.factories import make_guideline_version, make_project

ROLES = ("owner", "reviewer", "labeler", "stranger", "anonymous")
NOT_OURS = frozenset({"admin", "static", "styleguide"})

Data = Mapping[str, Any] | str | None
"""A form's fields (JSON in the API), a ready JSON body, or nothing."""


@dataclass(frozen=True)
class World:
    """A project with one member of each role, and a stranger who owns another project."""

    project: Project
    version: GuidelineVersion
    people: dict[str, User]

    @property
    def owner(self) -> User:
        return self.people["owner"]

    @property
    def reviewer(self) -> User:
        return self.people["reviewer"]

    @property
    def labeler(self) -> User:
        return self.people["labeler"]

    @property
    def stranger(self) -> User:
        return self.people["stranger"]


@dataclass(frozen=True)
class Route:
    """How to ask for one route, and the status each of ROLES gets."""

    build: Callable[[World], tuple[str, str, Data]]
    expected: Mapping[str, int]


@dataclass(frozen=True)
class Asker:
    """One role at the door: a browser that is signed in, or a token for the API."""

    role: str
    user: User | None
    client: Client = field(default_factory=Client)

    def ask(self, method: str, path: str, data: Data) -> Any:
        if path.startswith("/api/"):
            headers = {} if self.user is None else {"Authorization": f"Bearer {self._token()}"}
            body = data if isinstance(data, str) else json.dumps(dict(data or {}))
            return self._send(method, path, body, headers=headers)
        if self.user is not None:
            self.client.force_login(self.user)
        return self._send(method, path, data)

    def _send(self, method: str, path: str, data: Data, **options: Any) -> Any:
        send = getattr(self.client, method.lower())
        if method.upper() in ("GET", "HEAD"):
            return send(path, **options)
        if isinstance(data, str):
            options["content_type"] = "application/json"
        return send(path, data or {}, **options)

    def _token(self) -> str:
        if self.user is None:
            raise ValueError("nobody is signed in")
        return tokens.create(by=self.user, name="matrix")[1]


def expect(
    *, owner: int, reviewer: int, labeler: int, stranger: int, anonymous: int
) -> dict[str, int]:
    return {
        "owner": owner,
        "reviewer": reviewer,
        "labeler": labeler,
        "stranger": stranger,
        "anonymous": anonymous,
    }


def members(status: int = 200) -> dict[str, int]:
    """A page for every member."""
    return expect(owner=status, reviewer=status, labeler=status, stranger=404, anonymous=302)


def staff(status: int = 200) -> dict[str, int]:
    """A page for owners and reviewers."""
    return members(status) | {"labeler": 403}


def owners(status: int = 200) -> dict[str, int]:
    """A page for owners."""
    return members(status) | {"labeler": 403, "reviewer": 403}


def signed_in(status: int = 200) -> dict[str, int]:
    """A page for whoever is signed in."""
    return members(status) | {"stranger": status}


def everyone(status: int = 200) -> dict[str, int]:
    return dict.fromkeys(ROLES, status)


def in_api(page: Mapping[str, int]) -> dict[str, int]:
    """The same rights in the API, where nobody is sent to a sign-in page."""
    return dict(page) | ({"anonymous": 401} if page["anonymous"] == 302 else {})


def make_world() -> World:
    project = make_project("harbour", name="Harbour")
    version = make_guideline_version(project)
    people = {role.value: _member(project, role) for role in Role}
    people["stranger"] = User.objects.create(username="world-stranger", password="!")
    elsewhere = make_project("elsewhere")
    Membership.objects.create(project=elsewhere, user=people["stranger"], role=Role.OWNER)
    return World(project=project, version=version, people=people)


def _member(project: Project, role: Role) -> User:
    # No password is set: hashing one costs more than the request under test.
    user = User.objects.create(username=f"world-{role.value}", password="!")
    Membership.objects.create(project=project, user=user, role=role)
    return user


def tables() -> dict[str, Route]:
    """Every app's ROUTES in one table."""
    found: dict[str, Route] = {}
    for app in APPS:
        if find_spec(f"tests.{app}") and find_spec(f"tests.{app}.access"):
            found |= import_module(f"tests.{app}.access").ROUTES
    return found


def url_name(key: str) -> str:
    """The route that a table's key speaks of: "tokens" and "tokens POST" are both "tokens"."""
    return key.split(" ")[0]


def named_routes() -> set[str]:
    """The name of every route of ours; a route without a name is reported by its path."""
    return set(_names(get_resolver().url_patterns, ""))


def _names(patterns: Any, prefix: str) -> list[str]:
    names: list[str] = []
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace not in NOT_OURS:
                names += _names(pattern.url_patterns, where)
        elif isinstance(pattern, URLPattern) and pattern.name not in NOT_OURS:
            names.append(pattern.name or f"/{where}")
    return names

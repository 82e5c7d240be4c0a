"""A key of another project in an address of one's own is not there, for every route with both."""

import pytest
from django.urls import get_resolver, resolve

from tests.access import Asker, Route, make_world, tables
from tests.factories import make_guideline_version

ROUTES = tables()


def _has_both(key: str) -> bool:
    """Whether the route names a project and, inside it, a row by its key."""
    found = get_resolver().reverse_dict.getlist(key.split(" ")[0])
    return any({"slug", "pk"} <= set(names) for possible, *_ in found for _, names in possible)


EVERYBODYS = {"contender"}
"""Whose rows are language models, which are the installation's and not a project's."""

WITH_BOTH = [key for key in ROUTES if _has_both(key) and key not in EVERYBODYS]


def test_the_routes_are_found() -> None:
    assert {"quiz-question", "flag-settle", "gold-retire", "api-question-answer", "scorecard"} <= (
        set(WITH_BOTH)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("key", WITH_BOTH)
def test_a_row_of_another_project_is_not_found(key: str) -> None:
    world = make_world()
    elsewhere = world.stranger.memberships.get().project
    make_guideline_version(elsewhere)
    route: Route = ROUTES[key]
    method, path, data = route.build(world)
    assert resolve(path).kwargs["slug"] == "harbour"
    foreign = path.replace("/harbour/", "/elsewhere/")
    assert Asker("owner", world.stranger).ask(method, foreign, data).status_code == 404

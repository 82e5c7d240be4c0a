"""Who gets which answer at every route.

1. Each app keeps a table `ROUTES: dict[str, Route]` in `tests/<app>/access.py`; all run here.
2. A key is the route's name, or name and a word to tell several apart: "tokens", "tokens POST".
3. `Route(build, expected)`: `build(world)` makes the rows it needs, returns (method, path, data).
4. `expected` gives the status for each role; `members()`, `staff()`, `owners()`, `signed_in()`,
   `everyone()` of `tests/access.py` are the usual answers, `in_api(...)` the same for the API.
5. A route of ours that no table names, and a name that is no route, fail here.
"""

import pytest
from django.core.cache import cache
from django.db import transaction

from tests.access import ROLES, Asker, Route, everyone, make_world, named_routes, tables, url_name

TABLES = tables()


def test_every_route_is_in_a_table() -> None:
    assert sorted(named_routes() - {url_name(key) for key in TABLES}) == []


def test_every_table_entry_is_a_route() -> None:
    assert sorted({url_name(key) for key in TABLES} - named_routes()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "route"), TABLES.items(), ids=TABLES.keys())
def test_each_role_gets_its_answer(key: str, route: Route) -> None:
    assert set(route.expected) == set(ROLES)
    world = make_world()
    answers = {}
    for role in ROLES:
        cache.clear()
        before = transaction.savepoint()
        method, path, data = route.build(world)
        response = Asker(role, world.people.get(role)).ask(method, path, data)
        answers[role] = response.status_code
        is_public = route.expected == everyone(302)
        if role == "anonymous" and response.status_code == 302 and not is_public:
            assert response["Location"].startswith("/login/")
        transaction.savepoint_rollback(before)
    assert answers == dict(route.expected)

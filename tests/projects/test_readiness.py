"""Whether the process lives and whether it can do its work."""

import time

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from projects.readiness import WORKER_KEY


def test_a_process_that_answers_lives() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_once_a_worker_was_seen_lately() -> None:
    cache.set(WORKER_KEY, time.time(), 15)
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "checks": {"database": "ok", "redis": "ok", "worker": "ok"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds_ago", "state"),
    [(None, "no interactive worker seen"), (3600, "not seen for 36")],
)
def test_not_ready_without_a_worker(seconds_ago: int | None, state: str) -> None:
    if seconds_ago is not None:
        cache.set(WORKER_KEY, time.time() - seconds_ago, 15)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker"].startswith(state)


@pytest.mark.django_db
def test_not_ready_without_redis(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "ok",
        "redis": "not answering",
        "worker": "unknown: redis is not answering",
    }


@pytest.mark.django_db
def test_asking_again_costs_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Client().get("/readyz")
    with django_assert_num_queries(1):
        Client().get("/readyz")

"""What Prometheus reads."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from labeling.batches import steering
from labeling.batches.planning import plan_from
from projects.models import Project, User
from tests.factories import make_endpoint, make_model
from tests.labeling.rows import make_demonstration_task, make_prompt
from workers.engine import heartbeat
from workers.models import Generation
from workers.watching.measuring import tally

pytestmark = pytest.mark.django_db
TOKEN = "a-token-that-is-long-enough-0"


def get(token: str = TOKEN, **headers: str) -> Any:
    given = headers or {"Authorization": f"Bearer {token}"}
    return Client().get("/metrics", headers=given)


@pytest.fixture
def let_in(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


class Read:
    """The samples of one scrape: `read("name", label="value")`."""

    def __init__(self) -> None:
        response = get()
        assert response.status_code == 200
        self.samples = [
            sample
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float | None:
        found = [s.value for s in self.samples if s.name == name and s.labels == labels]
        assert len(found) <= 1
        return found[0] if found else None


def test_without_the_setting_there_is_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for token in ("", "anything", TOKEN):
        assert get(token).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", "Bearer é", TOKEN])
def test_without_the_token_there_is_no_such_page(let_in: None, given: str) -> None:
    assert get(Authorization=given).status_code == 404


def test_queues_endpoints_and_workers_are_told(let_in: None, project: Project) -> None:
    endpoint = make_endpoint(
        name='gpu "1"',
        health="ready",
        intake="draining",
        n_failures=5,
        open_until=timezone.now() + timedelta(seconds=9),
    )
    model = make_model("m", endpoint=endpoint)
    for state in ("queued", "queued", "running"):
        Generation.objects.create(
            project=project, model=model, queue="batch", messages=[], state=state
        )
    Generation.objects.update(not_before=timezone.now() - timedelta(seconds=30))
    heartbeat.beat(["batch"])
    read = Read()
    name = 'gpu "1"'
    assert read("touchstone_draws_waiting", queue="batch", endpoint=name) == 2
    assert read("touchstone_draws_waiting", queue="interactive", endpoint=name) == 0
    assert read("touchstone_oldest_waiting_seconds", queue="batch", endpoint=name) == pytest.approx(
        30, abs=9
    )
    assert read("touchstone_draws_in_flight", queue="batch", endpoint=name) == 1
    assert read("touchstone_endpoint_up", endpoint=name) == 1
    assert read("touchstone_endpoint_breaker", endpoint=name) == 2
    assert read("touchstone_endpoint_intake", endpoint=name) == 1
    assert read("touchstone_endpoint_failures", endpoint=name) == 5
    assert (read("touchstone_worker_seen_seconds", queue="batch") or 99) < 9
    assert read("touchstone_worker_seen_seconds", queue="interactive") is None


def test_finished_draws_are_counters_and_a_histogram(let_in: None, project: Project) -> None:
    now = timezone.now()
    model = make_model("m", endpoint=make_endpoint(name="e"))
    for error in ("", "", "The endpoint failed (500)."):
        Generation.objects.create(
            project=project,
            model=model,
            queue="batch",
            messages=[],
            attempts=2,
            state="failed" if error else "done",
            error=error,
            started_at=now - timedelta(seconds=70),
            first_token_at=None if error else now - timedelta(seconds=69.4),
            finished_at=now - timedelta(seconds=60),
            usage={} if error else {"prompt_tokens": 7, "completion_tokens": 11},
        )
    tally(now=now)
    read = Read()
    assert read("touchstone_draws_total", model="m", endpoint="e", outcome="done") == 2
    assert read("touchstone_draws_total", model="m", endpoint="e", outcome="failed") == 1
    assert read("touchstone_draw_failures_total", model="m", endpoint="e", kind="server error") == 1
    assert read("touchstone_draw_retries_total", model="m", endpoint="e") == 3
    assert read("touchstone_tokens_total", model="m", endpoint="e", direction="output") == 22
    assert read("touchstone_first_token_seconds_bucket", model="m", endpoint="e", le="0.5") == 0
    assert read("touchstone_first_token_seconds_bucket", model="m", endpoint="e", le="0.75") == 2
    assert read("touchstone_first_token_seconds_count", model="m", endpoint="e") == 2
    assert read("touchstone_first_token_seconds_sum", model="m", endpoint="e") == pytest.approx(1.2)


def test_tasks_batches_and_exports_are_told(let_in: None, project: Project, owner: User) -> None:
    cache.clear()
    make_demonstration_task(project)
    make_prompt(project)
    make_model("m")
    plan = plan_from({"name": "b", "models": ["m"], "samples": 3})
    steering.start(by=owner, project=project, plan=plan)
    read = Read()
    assert read("touchstone_open_tasks", project="harbour", kind="demonstration") == 1
    assert read("touchstone_batches", state="running") == 1
    # Two prompts, three samples.
    assert read("touchstone_batch_draws_left") == 6
    assert read("touchstone_exports", state="done") == 0


def test_a_scrape_asks_as_much_with_more_draws(let_in: None, project: Project) -> None:
    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Read()
        return len(queries)

    first = asked()
    for number in range(5):
        model = make_model(f"m{number}")
        Generation.objects.create(project=project, model=model, queue="batch", messages=[])
    assert asked() == first

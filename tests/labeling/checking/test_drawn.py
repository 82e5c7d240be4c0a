"""Checks that are really drawn: from servers with faults, and from a language model."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils import timezone

from config.endpoints import find_weights
from labeling.checking.checks import settle
from labeling.models import Assignment, Check
from projects.models import Project, User
from tests.factories import make_endpoint, make_model
from tests.labeling.checked import GREEN, asked, turn_on
from tests.labeling.checked import says as claims
from tests.labeling.rows import claim, make_demonstration_task
from tests.product.running import free_port
from tests.workers.scripted_server import Script, breaks_off, refuses, running, says
from workers.endpoints import client
from workers.engine import engine
from workers.models import Endpoint, Generation

pytestmark = pytest.mark.django_db(transaction=True)
WEIGHTS = [w for w in find_weights(settings.DATA_FOLDER) if w.served_name == "smollm2-135m"]
WHOLE = claims(GREEN)


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    make_demonstration_task(project, "What colour is the sky?")
    return claim(labeler, project)


def drawn(writing: Assignment, base_url: str, *, runs: int = 1) -> Check:
    model = make_model(endpoint=make_endpoint(base_url=base_url), served_name="smollm2-135m")
    turn_on(writing.task.project, model=model, token_budget=900)
    check = asked(writing)
    for _ in range(runs):
        Generation.objects.filter(state="queued").update(not_before=timezone.now())
        engine.run(check.generation_id)
    settle(generation_id=check.generation_id)
    check.refresh_from_db()
    return check


@pytest.mark.parametrize(
    ("scripts", "runs", "state"),
    [
        ((says(*WHOLE),), 1, "read"),
        ((says("I see no problem."),), 1, "unreadable"),
        ((says(WHOLE[:40], finish_reason="length"),), 1, "unreadable"),
        ((says(WHOLE, " Anything else?"),), 1, "unreadable"),
        ((refuses(400, "does not know json_schema"),), 1, "failed"),
        ((refuses(500), breaks_off(WHOLE[:20]), says(WHOLE)), 3, "read"),
        ((refuses(500),), 3, "failed"),
        ((breaks_off(WHOLE[:20]),), 1, "drawing"),
    ],
)
def test_whatever_a_server_does_the_check_ends_as_it_should(
    writing: Assignment, scripts: tuple[Script, ...], runs: int, state: str
) -> None:
    with running(*scripts) as server:
        check = drawn(writing, server.base_url, runs=runs)
        assert check.state == state
        assert check.claims.count() == (1 if state == "read" else 0)
        assert server.seen[0]["response_format"]["type"] == "json_schema"


@pytest.fixture(scope="module")
def model_server() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "launch.model_server", "--gguf", str(WEIGHTS[0].path)),
            *("--alias", "smollm2-135m", "--port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/v1"
    end = time.monotonic() + 60
    while not client.check_health(Endpoint(is_trusted=True, base_url=url)).is_ready:
        assert time.monotonic() < end, "the model server did not start"
        time.sleep(0.2)
    yield url
    process.kill()
    process.wait()


@pytest.mark.skipif(not WEIGHTS, reason="the embedded weights are not installed")
def test_a_real_model_keeps_to_the_form_however_small_it_is(
    model_server: str, writing: Assignment
) -> None:
    check = drawn(writing, model_server)
    generation = check.generation
    generation.refresh_from_db()
    assert (generation.state, generation.error) == ("done", "")
    # Cut off at its last token, the form is not complete.
    assert check.state == ("read" if generation.finish_reason == "stop" else "unreadable")
    assert all(row.quote in check.text for row in check.claims.all())

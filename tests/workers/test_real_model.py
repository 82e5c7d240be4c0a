"""The client, the draw and the health check against a real language model."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction

from config.endpoints import find_weights
from projects.models import Project
from tests.factories import make_endpoint, make_model
from tests.product.running import free_port
from workers import drawing
from workers.drawing import Draw
from workers.endpoints import client, health
from workers.endpoints.chat import stream_chat
from workers.endpoints.connections import close_session
from workers.endpoints.replies import Completion
from workers.engine import engine
from workers.models import Endpoint, Generation

WEIGHTS = [w for w in find_weights(settings.DATA_FOLDER) if w.served_name == "smollm2-135m"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not WEIGHTS, reason="the embedded weights are not installed"),
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
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


def test_a_real_model_answers_and_the_same_seed_answers_the_same(
    base_url: str, project: Project
) -> None:
    model = make_model(
        endpoint=make_endpoint(base_url=base_url),
        served_name="smollm2-135m",
        sampling={"temperature": 0.8, "max_tokens": 16},
    )
    draw = Draw(model, [{"role": "user", "content": "Say hello to Ada."}], {"seed": 3})
    with transaction.atomic():
        rows = drawing.request_draws(
            project=project, draws=[draw, draw], queue=Generation.Queue.BATCH
        )
    for row in rows:
        engine.run(row.pk)
        row.refresh_from_db()
        assert (row.state, row.error) == ("done", "")
        assert row.finish_reason in ("stop", "length")
        assert 0 < row.usage["completion_tokens"] <= 16
        assert row.served_model == "smollm2-135m"
    assert rows[0].output == rows[1].output != ""


def test_a_real_server_is_found_ready_and_its_models_are_known(base_url: str) -> None:
    endpoint = make_endpoint(base_url=base_url)
    make_model("known", endpoint=endpoint, served_name="smollm2-135m")
    assert health.check_endpoints() == 1
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.health_note) == ("ready", "")
    make_model("unknown", endpoint=endpoint, served_name="nobody")
    health.check_endpoints()
    endpoint.refresh_from_db()
    assert endpoint.health_note == "It does not serve nobody."


def test_who_is_being_answered_gets_on_while_a_long_prompt_is_read(base_url: str) -> None:
    endpoint = Endpoint(is_trusted=True, base_url=base_url)
    begun = asyncio.Event()

    async def answered(prompt: str, completion: Completion, max_tokens: int) -> None:
        pieces = stream_chat(
            endpoint,
            served_name="smollm2-135m",
            messages=[{"role": "user", "content": prompt}],
            parameters={"max_tokens": max_tokens, "ignore_eos": True},
            completion=completion,
        )
        async for _ in pieces:
            begun.set()

    async def both() -> int:
        story = Completion()
        telling = asyncio.create_task(answered("Tell a story.", story, 1000))
        await begun.wait()
        n_before = len(story.pieces)
        await answered("[" * 2000, Completion(), 1)
        n_after = len(story.pieces)
        telling.cancel()
        await asyncio.wait({telling})
        await close_session()
        return n_after - n_before

    # A thousand tokens; one piece or two where they are read in one go.
    assert asyncio.run(both()) > 5

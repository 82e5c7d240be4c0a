"""The client, the draw and the registry against a real vLLM.

Opt-in: name a running server, `TOUCHSTONE_TEST_VLLM=http://gpu-1:8000/v1`. Any chat model does;
the first one the server lists is asked. docs/models.md says how to serve one on a CPU.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from projects.models import Project
from tests.factories import make_endpoint, make_model
from workers import client, drawing, engine, health
from workers.drawing import Draw
from workers.models import Endpoint, Generation, LanguageModel

BASE_URL = os.environ.get("TOUCHSTONE_TEST_VLLM", "").rstrip("/")
# A model made of random numbers may end at once or be silent; vLLM can be told not to.
AT_LENGTH = {"max_tokens": 16, "temperature": 1.0, "ignore_eos": True}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not BASE_URL, reason="TOUCHSTONE_TEST_VLLM names no vLLM server (http://host:8000/v1)"
    ),
]


@pytest.fixture
def served_name() -> str:
    return client.list_models(Endpoint(is_trusted=True, base_url=BASE_URL))[0]


@pytest.fixture
def model(db: None, served_name: str) -> LanguageModel:
    return make_model(
        "Measured", endpoint=make_endpoint(base_url=BASE_URL), served_name=served_name
    )


def request(project: Project, model: LanguageModel, *draws: dict[str, Any]) -> list[Generation]:
    messages: list[drawing.Message] = [{"role": "user", "content": "Say hello to Ada."}]
    with transaction.atomic():
        return drawing.request_draws(
            project=project,
            draws=[Draw(model, messages, AT_LENGTH | parameters) for parameters in draws],
            queue=Generation.Queue.BATCH,
        )


def drawn(project: Project, model: LanguageModel, **parameters: Any) -> Generation:
    row = request(project, model, parameters)[0]
    engine.run(row.pk)
    row.refresh_from_db()
    return row


def test_a_draw_is_streamed_with_its_usage_and_ends_at_max_tokens(
    project: Project, model: LanguageModel, served_name: str
) -> None:
    row = drawn(project, model, max_tokens=8)
    assert (row.state, row.error, row.finish_reason) == ("done", "", "length")
    assert row.usage["completion_tokens"] == 8
    assert row.usage["total_tokens"] == row.usage["prompt_tokens"] + 8
    assert row.served_model == served_name
    assert row.started_at
    assert row.first_token_at
    assert row.finished_at
    assert row.started_at < row.first_token_at <= row.finished_at


def test_the_recorded_seed_draws_the_same_text_again_and_another_does_not(
    project: Project, model: LanguageModel
) -> None:
    first = drawn(project, model)
    again = drawn(project, model, seed=first.parameters["seed"])
    other = drawn(project, model, seed=first.parameters["seed"] + 1)
    assert first.output == again.output != ""
    assert other.output != first.output


def test_a_stop_text_ends_the_answer_before_it(project: Project, model: LanguageModel) -> None:
    whole = drawn(project, model, seed=5)
    stop = whole.output.strip()[4:7]
    cut = drawn(project, model, seed=5, stop=[stop])
    assert (cut.state, cut.finish_reason) == ("done", "stop")
    assert cut.output == whole.output[: whole.output.index(stop)]


def test_parameters_of_vllm_itself_are_passed_on(project: Project, model: LanguageModel) -> None:
    row = drawn(
        project, model, seed=5, logprobs=True, top_logprobs=3, top_k=20, repetition_penalty=1.1
    )
    assert (row.state, row.error) == ("done", "")
    assert row.usage["completion_tokens"] == AT_LENGTH["max_tokens"]


def test_many_draws_at_once_are_all_drawn(project: Project, model: LanguageModel) -> None:
    rows = request(project, model, *[{"seed": seed} for seed in range(12)])

    def run(pk: int) -> None:
        engine.run(pk)
        connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(run, [row.pk for row in rows]))
    assert set(Generation.objects.values_list("state", "error", "attempts")) == {("done", "", 1)}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_tokens": 90_000_000}, "refused (400)"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 3}, "top_p"),
    ],
)
def test_a_refusal_is_final_and_says_why(
    project: Project, model: LanguageModel, parameters: dict[str, Any], said: str
) -> None:
    row = drawn(project, model, **parameters)
    assert (row.state, row.attempts, row.output) == ("failed", 1, "")
    assert row.error.startswith("The endpoint refused (400): ")
    assert said in row.error


def test_an_unknown_model_fails_by_name(project: Project, model: LanguageModel) -> None:
    LanguageModel.objects.filter(pk=model.pk).update(served_name="nobody")
    row = drawn(project, model)
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.error.startswith("The endpoint refused (404): The model `nobody` does not exist.")
    assert health.check_endpoints() == 1
    assert Endpoint.objects.get().health_note == "It does not serve nobody."


def test_a_model_is_added_by_the_name_the_server_knows(db: None, served_name: str) -> None:
    with pytest.raises(CommandError, match=f"does not serve 'nobody'; it serves .*{served_name}"):
        call_command("add_model", "Nobody", endpoint_url=BASE_URL, served_name="nobody")
    assert not Endpoint.objects.exists()
    call_command("add_model", "Somebody", endpoint_url=BASE_URL, served_name=served_name)
    call_command("check_models")
    assert Endpoint.objects.get().health == Endpoint.Health.READY

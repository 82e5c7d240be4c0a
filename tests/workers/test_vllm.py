"""The client, the draw and the registry against a real vLLM.

Either the one that `TOUCHSTONE_TEST_VLLM=http://gpu-1:8000/v1` names (any chat model does; the
first one the server lists is asked), or one of our own with a tiny model where vLLM is installed.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from projects.models import Project
from tests.factories import make_endpoint, make_model
from tests.workers import vllm_server
from tests.workers.vllm_server import Vllm
from workers import drawing
from workers.drawing import Draw
from workers.endpoints import client, health
from workers.endpoints.chat import stream_chat
from workers.endpoints.connections import close_session
from workers.endpoints.errors import Broken, EndpointError, Unreachable
from workers.endpoints.replies import Completion
from workers.engine import engine
from workers.models import Endpoint, Generation, LanguageModel

NAMED = os.environ.get("TOUCHSTONE_TEST_VLLM", "").rstrip("/")
# A model made of random numbers may end at once or be silent; vLLM can be told not to.
AT_LENGTH = {"max_tokens": 16, "temperature": 1.0, "ignore_eos": True}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (NAMED or vllm_server.IS_INSTALLED), reason=vllm_server.MISSING),
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm | None]:
    """Our own server, None where another one is named. It takes about a minute to start."""
    if NAMED:
        yield None
        return
    server = vllm_server.new(tmp_path_factory.mktemp("vllm"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def server(ours: Vllm | None) -> Vllm:
    if ours is None:
        pytest.skip("this needs a server of its own; TOUCHSTONE_TEST_VLLM names another")
    return ours


@pytest.fixture
def base_url(ours: Vllm | None) -> str:
    return ours.base_url if ours else NAMED


@pytest.fixture
def served_name(base_url: str) -> str:
    return client.list_models(Endpoint(is_trusted=True, base_url=base_url))[0]


@pytest.fixture
def model(db: None, base_url: str, served_name: str) -> LanguageModel:
    return make_model(
        "Measured", endpoint=make_endpoint(base_url=base_url), served_name=served_name
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


def test_a_model_is_added_by_the_name_the_server_knows(
    db: None, base_url: str, served_name: str
) -> None:
    with pytest.raises(CommandError, match=f"does not serve 'nobody'; it serves .*{served_name}"):
        call_command("add_model", "Nobody", endpoint_url=base_url, served_name="nobody")
    assert not Endpoint.objects.exists()
    call_command("add_model", "Somebody", endpoint_url=base_url, served_name=served_name)
    call_command("check_models")
    assert Endpoint.objects.get().health == Endpoint.Health.READY


def stream(
    model: LanguageModel, completion: Completion, *, leave_after: int = 10**9, **parameters: Any
) -> list[tuple[float, str]]:
    """The pieces and when each came; leaves after so many."""

    async def talk() -> list[tuple[float, str]]:
        assert model.endpoint
        asked = stream_chat(
            model.endpoint,
            served_name=model.served_name,
            messages=[{"role": "user", "content": "Say hello to Ada."}],
            parameters=AT_LENGTH | parameters,
            completion=completion,
        )
        came: list[tuple[float, str]] = []
        try:
            async with aclosing(asked) as pieces:
                async for piece in pieces:
                    came.append((time.monotonic(), piece))
                    if len(came) >= leave_after:
                        break
        finally:
            await close_session()
        return came

    return asyncio.run(talk())


def test_a_reply_comes_piece_by_piece(model: LanguageModel) -> None:
    completion = Completion()
    came = stream(model, completion, max_tokens=64)
    assert "".join(piece for _, piece in came) == completion.text != ""
    assert len(came) > 8
    assert came[-1][0] > came[0][0]
    assert completion.finish_reason == "length"


def test_logprobs_are_kept_token_by_token_where_they_are_asked_for(
    project: Project, model: LanguageModel
) -> None:
    row = drawn(project, model, seed=5, logprobs=True, top_logprobs=3)
    assert row.logprobs is not None
    assert len(row.logprobs) == row.usage["completion_tokens"]
    assert all(token["logprob"] <= 0 for token in row.logprobs)
    assert {len(token["top_logprobs"]) for token in row.logprobs} == {3}
    assert drawn(project, model, seed=5).logprobs is None


def test_a_schema_makes_the_answer_json_that_fits_it(
    project: Project, model: LanguageModel
) -> None:
    schema = {
        "type": "object",
        "properties": {"winner": {"enum": ["A", "B", "tie"]}, "sure": {"type": "boolean"}},
        "required": ["winner", "sure"],
        "additionalProperties": False,
    }
    asked = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema}}
    # Blanks between the marks are allowed by the schema; a cool random model prefers them for ever.
    hot = {"temperature": 2.0, "ignore_eos": False, "max_tokens": 600}
    row = drawn(project, model, seed=5, response_format=asked, **hot)
    assert (row.state, row.error, row.finish_reason) == ("done", "", "stop")
    said = json.loads(row.output)
    assert said["winner"] in ("A", "B", "tie")
    assert said["sure"] in (True, False)


def test_n_is_ours_and_candidates_of_one_prompt_share_its_computation(
    project: Project, model: LanguageModel, server: Vllm
) -> None:
    messages: list[drawing.Message] = [{"role": "user", "content": "A long question. " * 30}]
    before = server.metric("vllm:prefix_cache_hits_total")
    with transaction.atomic():
        rows = drawing.request_draws(
            project=project,
            draws=[Draw(model, messages, AT_LENGTH | {"seed": seed, "n": 3}) for seed in range(3)],
            queue=Generation.Queue.BATCH,
        )
    for row in rows:
        engine.run(row.pk)
    texts = set(Generation.objects.values_list("output", flat=True))
    assert set(Generation.objects.values_list("state", flat=True)) == {"done"}
    assert len(texts) == 3
    assert server.metric("vllm:prefix_cache_hits_total") - before > 600


def test_a_prompt_that_is_too_long_is_refused_with_the_servers_sentence(
    project: Project, model: LanguageModel, server: Vllm
) -> None:
    messages: list[drawing.Message] = [{"role": "user", "content": "word " * 2000}]
    with transaction.atomic():
        row = drawing.request_draws(
            project=project, draws=[Draw(model, messages)], queue=Generation.Queue.BATCH
        )[0]
    engine.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.error.startswith("The endpoint refused (400): ")
    assert "1024" in row.error


def test_adapters_are_models_of_their_own(
    project: Project, model: LanguageModel, server: Vllm
) -> None:
    texts = {}
    for name in server.serving.names:
        LanguageModel.objects.filter(pk=model.pk).update(served_name=name)
        row = drawn(project, model, seed=5)
        assert (row.state, row.served_model) == ("done", name)
        texts[name] = row.output
    assert len(set(texts.values())) == 3


def test_leaving_ends_the_computation_too(model: LanguageModel, server: Vllm) -> None:
    before = server.metric("vllm:generation_tokens_total")
    completion = Completion()
    stream(model, completion, leave_after=3, max_tokens=900)
    end = time.monotonic() + 20
    while server.metric("vllm:num_requests_running"):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert completion.text
    assert completion.finish_reason == ""
    assert server.metric("vllm:generation_tokens_total") - before < 600


def test_a_server_that_is_killed_in_the_middle_is_waited_for_and_asked_again(
    project: Project, model: LanguageModel, server: Vllm
) -> None:
    with ThreadPoolExecutor(1) as pool:
        began = server.metric("vllm:generation_tokens_total")
        streaming = pool.submit(stream, model, Completion(), max_tokens=900)
        end = time.monotonic() + 60
        while server.metric("vllm:generation_tokens_total") < began + 5:
            assert time.monotonic() < end
        server.kill()
        with pytest.raises(EndpointError) as caught:
            streaming.result()
    assert type(caught.value) is Broken
    with pytest.raises(Unreachable):
        stream(model, Completion())
    row = drawn(project, model)
    assert (row.state, row.output) == ("queued", "")
    server.start()
    Generation.objects.update(not_before=row.created_at)
    Endpoint.objects.update(health=Endpoint.Health.READY)
    engine.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == ("done", "")
    assert row.output != ""

"""Health of endpoints: what they say, and whether text comes of their draws."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Project
from tests.factories import make_endpoint, make_model
from tests.workers.scripted_server import Scripted, running
from workers.endpoints import health
from workers.models import Endpoint, Generation, LanguageModel, ModelReplica

pytestmark = pytest.mark.django_db

LONG = health.SILENT_TIME + timedelta(seconds=5)
SHORT = health.SILENT_TIME - timedelta(seconds=5)


def serving(server: Scripted) -> LanguageModel:
    return make_model(endpoint=make_endpoint(base_url=server.base_url), served_name="served")


def draw(project: Project, model: LanguageModel, *, begun: timedelta) -> None:
    now = timezone.now()
    Generation.objects.create(
        project=project,
        model=model,
        endpoint=model.endpoint,
        queue=Generation.Queue.BATCH,
        messages=[],
        state=Generation.State.RUNNING,
        started_at=now - begun,
        leased_until=now + timedelta(seconds=30),
    )


def checked() -> tuple[str, str]:
    health.check_endpoints()
    endpoint = Endpoint.objects.get()
    return endpoint.health, endpoint.health_note


def test_an_endpoint_that_answers_and_has_nothing_to_do_is_ready() -> None:
    with running() as server:
        serving(server)
        assert checked() == ("ready", "")


def test_one_that_answers_while_no_text_comes_is_not(project: Project) -> None:
    with running() as server:
        model = serving(server)
        draw(project, model, begun=LONG)
        draw(project, model, begun=LONG)
        said = "It answers, but has sent no text of 2 draws for 75 s."
        assert checked() == ("down", said)


def test_text_that_came_lately_of_any_draw_speaks_for_it(project: Project) -> None:
    with running() as server:
        model = serving(server)
        draw(project, model, begun=LONG)
        Endpoint.objects.update(last_token_at=timezone.now() - SHORT)
        assert checked() == ("ready", "")


def test_a_draw_that_has_just_begun_is_owed_its_time(project: Project) -> None:
    with running() as server:
        draw(project, serving(server), begun=SHORT)
        Endpoint.objects.update(last_token_at=timezone.now() - 10 * LONG)
        assert checked() == ("ready", "")


def test_silence_without_draws_is_no_fault() -> None:
    with running() as server:
        serving(server)
        Endpoint.objects.update(last_token_at=timezone.now() - 10 * LONG)
        assert checked() == ("ready", "")


def test_a_further_endpoint_is_asked_for_the_name_it_knows_the_model_by() -> None:
    with running() as server:
        model = make_model(endpoint=make_endpoint(is_active=False))
        further = make_endpoint(base_url=server.base_url)
        ModelReplica.objects.create(model=model, endpoint=further, served_name="elsewhere")
        assert health.check_endpoints() == 1
        further.refresh_from_db()
        assert further.health_note == "It does not serve elsewhere."


def test_many_endpoints_are_asked_at_once() -> None:
    with running() as server:
        for _ in range(40):
            make_endpoint(base_url=server.base_url)
        make_endpoint(base_url="http://127.0.0.1:9/v1")
        assert health.check_endpoints() == 40
    assert Endpoint.objects.filter(health="down").count() == 1

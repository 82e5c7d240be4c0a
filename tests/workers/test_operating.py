"""What those who run the installation do on the models page."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from projects.errors import NotFound
from projects.models import AuditEvent, Membership, Project, User
from tests.factories import make_endpoint, make_member, make_model, make_user
from workers.models import Endpoint, Generation
from workers.streams import Writer
from workers.watching.answers import events
from workers.watching.trying import draw_test, tried

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def chief(project: Project) -> User:
    user = make_user("chief", is_staff=True, is_superuser=True)
    Membership.objects.create(project=project, user=user, role="owner")
    return user


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_an_endpoint_is_drained_paused_and_opened(signed_in: SignIn, chief: User) -> None:
    endpoint = make_endpoint()
    browser = signed_in(chief)
    for to in ("draining", "paused", "paused", "open"):
        response = browser.post(f"/models/endpoints/{endpoint.pk}/intake/", {"to": to})
        assert response.status_code == 302
        endpoint.refresh_from_db()
        assert endpoint.intake == to
    told = AuditEvent.objects.filter(verb="endpoint.intake", actor=chief).order_by("pk")
    assert [event.detail["intake"] for event in told] == ["draining", "paused", "open"]


def test_a_paused_endpoint_says_so(signed_in: SignIn, anyone: User, chief: User) -> None:
    make_endpoint(name="gpu", intake=Endpoint.Intake.PAUSED)
    text = text_of(signed_in(anyone).get("/models/"))
    assert "Paused" in text
    assert "/intake/" not in text
    assert "/intake/" in text_of(signed_in(chief).get("/models/"))


@pytest.mark.parametrize("to", ["", "closed", "x" * 5_000, "a\0"])
def test_an_intake_that_is_none_is_refused(signed_in: SignIn, chief: User, to: str) -> None:
    endpoint = make_endpoint()
    path = f"/models/endpoints/{endpoint.pk}/intake/"
    assert signed_in(chief).post(path, {"to": to}).status_code == 400
    endpoint.refresh_from_db()
    assert endpoint.intake == "open"


def test_an_endpoint_that_is_not_there_is_not_found(signed_in: SignIn, chief: User) -> None:
    for pk in (10**6, 2**63):
        response = signed_in(chief).post(f"/models/endpoints/{pk}/intake/", {"to": "open"})
        assert response.status_code == 404


def test_a_test_answer_is_drawn_by_the_workers_and_shown(signed_in: SignIn, chief: User) -> None:
    model = make_model("north")
    browser = signed_in(chief)
    asked = browser.post(f"/models/{model.pk}/test/", {"text": "Say one word."})
    assert asked.status_code == 302
    generation = Generation.objects.get()
    assert (generation.queue, generation.parameters["max_tokens"]) == ("interactive", 200)
    assert "It waits for a worker." in text_of(browser.get(asked["Location"]))
    Generation.objects.filter(pk=generation.pk).update(
        state="done",
        output="<b>Stone.</b>",
        finish_reason="stop",
        started_at=generation.created_at,
        first_token_at=generation.created_at,
        finished_at=generation.created_at,
    )
    text = text_of(browser.get(asked["Location"]))
    assert "&lt;b&gt;Stone.&lt;/b&gt;" in text
    assert "data-stream" not in text
    assert AuditEvent.objects.filter(verb="model.tried", actor=chief).count() == 1


def test_a_test_answer_streams_as_it_is_written(project: Project) -> None:
    generation = Generation.objects.create(
        project=project, model=make_model(), queue="interactive", messages=[]
    )
    writer = Writer(generation.pk)
    writer.start()
    writer.append("Sto")
    writer.end("done", reason="stop")

    async def told() -> list[str]:
        return [event async for event in events(generation.pk)]

    heard = async_to_sync(told)()
    assert heard[-1].startswith("event: end")
    assert '"text": "Sto"' in "".join(heard)


def test_a_test_answer_is_its_askers_alone(project: Project, chief: User) -> None:
    other = make_user("other-chief", is_staff=True)
    token = draw_test(by=chief, model=make_model(), text="Why?")
    assert tried(by=chief, token=token).project == project
    for by, what in ((other, token), (chief, "x"), (chief, f"{token}x"), (chief, "a\0")):
        with pytest.raises(NotFound):
            tried(by=by, token=what)


def test_without_a_project_it_says_what_is_missing(signed_in: SignIn, project: Project) -> None:
    lonely = make_user("lonely", is_staff=True)
    make_member(project, "owner", "somebody")
    response = signed_in(lonely).post(f"/models/{make_model().pk}/test/", {"text": "Why?"})
    assert response.status_code == 409
    assert "A draw belongs to a project" in text_of(response)


@pytest.mark.parametrize("text", ["", "  ", "a\0", "x" * 4_001])
def test_a_bad_question_is_refused(signed_in: SignIn, chief: User, text: str) -> None:
    response = signed_in(chief).post(f"/models/{make_model().pk}/test/", {"text": text})
    assert response.status_code == 400
    assert Generation.objects.count() == 0


def test_a_model_that_is_off_cannot_be_tried(signed_in: SignIn, chief: User) -> None:
    off = make_model(is_active=False)
    for pk in (off.pk, 10**6, 2**63):
        assert signed_in(chief).get(f"/models/{pk}/test/").status_code == 404

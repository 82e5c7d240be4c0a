"""The models page, the administration and the API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects import tokens
from projects.models import AuditEvent, Project, User
from tests.factories import make_endpoint, make_model, make_user
from workers.models import Endpoint, Generation, LanguageModel

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def page(signed_in: SignIn, user: User) -> str:
    response = signed_in(user).get("/models/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def chief() -> User:
    return make_user("chief", is_staff=True, is_superuser=True)


def test_without_a_model_the_page_says_what_to_do(signed_in: SignIn, anyone: User) -> None:
    text = page(signed_in, anyone)
    assert "There is no language model yet" in text
    assert "manage.py add_model" in text
    assert "TOUCHSTONE_MODELS" in text


def test_why_there_are_no_embedded_models_is_told(
    signed_in: SignIn, anyone: User, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_FOLDER = tmp_path
    (tmp_path / "run").mkdir()
    status = {"state": "missing", "reason": "The weights could not be <downloaded>."}
    (tmp_path / "run" / "model-server-status.json").write_text(json.dumps(status))
    assert "The weights could not be &lt;downloaded&gt;." in page(signed_in, anyone)


@pytest.mark.parametrize("text", ["", "[]", '{"state": 1}', "{"])
def test_a_broken_status_file_does_no_harm(
    signed_in: SignIn, anyone: User, settings: Any, tmp_path: Path, text: str
) -> None:
    settings.DATA_FOLDER = tmp_path
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model-server-status.json").write_text(text)
    page(signed_in, anyone)


def test_variants_of_the_same_weights_are_labelled_as_that(signed_in: SignIn, anyone: User) -> None:
    endpoint = make_endpoint(health="ready")
    make_model("calm", endpoint=endpoint, weights="W", sampling={"temperature": 0.2})
    make_model("lively", endpoint=endpoint, weights="W")
    text = page(signed_in, anyone)
    assert "same weights as lively" in text
    assert "same weights as calm" in text
    assert "temperature 0.2" in text


def test_draws_are_counted(signed_in: SignIn, anyone: User, project: Project) -> None:
    from workers.watching.overview import overview

    model = make_model()
    for _ in range(3):
        Generation.objects.create(project=project, model=model, queue="batch", messages=[])
    card = overview().endpoints[0].models[0]
    assert (card.n_queued, card.n_running, card.n_failed) == (3, 0, 0)


def test_the_address_is_for_staff_only(signed_in: SignIn, anyone: User, chief: User) -> None:
    make_endpoint(base_url="http://inside:8000/v1")
    assert "http://inside:8000" not in page(signed_in, anyone)
    assert "http://inside:8000" in page(signed_in, chief)


def test_the_api_lists_models_that_can_be_drawn_from(anyone: User) -> None:
    make_model("b", organisation="Org", weights="W", is_open=True)
    make_model("a")
    make_model("off", is_active=False)
    LanguageModel.objects.create(name="imported")
    token = tokens.create(by=anyone, name="t")[1]
    response = Client().get("/api/v1/models", headers={"Authorization": f"Bearer {token}"})
    names = [row["name"] for row in response.json()["results"]]
    assert names == ["a", "b"]
    assert response.json()["results"][1] == {
        "name": "b",
        "organisation": "Org",
        "licence": "",
        "weights": "W",
        "is_open": True,
    }


def endpoint_form(**fields: Any) -> dict[str, Any]:
    form = {"name": "gpu", "base_url": "http://gpu:8000/v1/", "is_active": "on"}
    return {**form, "most_in_flight": 64, "kept_for_interactive": 2, **fields}


def model_form(**fields: Any) -> dict[str, Any]:
    replicas = {"replicas-TOTAL_FORMS": 0, "replicas-INITIAL_FORMS": 0}
    form = {"name": "m", "endpoint": make_endpoint().pk, "served_name": "m", "sampling": "{}"}
    return {**form, **replicas, **fields}


def test_a_key_goes_into_the_administration_and_never_comes_out(
    signed_in: SignIn, chief: User
) -> None:
    browser = signed_in(chief)
    browser.post("/admin/workers/endpoint/add/", endpoint_form(new_api_key="sk-secret"))
    endpoint = Endpoint.objects.get()
    assert (endpoint.api_key, endpoint.base_url) == ("sk-secret", "http://gpu:8000/v1")
    change = f"/admin/workers/endpoint/{endpoint.pk}/change/"
    assert b"sk-secret" not in browser.get(change).content
    browser.post(change, endpoint_form(name="renamed"))
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.api_key) == ("renamed", "sk-secret")
    browser.post(change, endpoint_form(forget_api_key="on"))
    endpoint.refresh_from_db()
    assert endpoint.api_key == ""
    assert "sk-secret" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert AuditEvent.objects.filter(actor=chief).count() == 3


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://a b", "http://u:p@h/v1"])
def test_the_administration_refuses_a_bad_address(
    signed_in: SignIn, chief: User, address: str
) -> None:
    form = endpoint_form(base_url=address)
    response = signed_in(chief).post("/admin/workers/endpoint/add/", form)
    assert response.status_code == 200
    assert Endpoint.objects.count() == 0


@pytest.mark.parametrize(
    "sampling", ['{"temperature": 9}', "[1]", '{"a": NaN}', '{"stop": "\\u0000"}', "{", '{"n": 3}']
)
def test_the_administration_refuses_bad_parameters(
    signed_in: SignIn, chief: User, sampling: str
) -> None:
    form = model_form(sampling=sampling)
    response = signed_in(chief).post("/admin/workers/languagemodel/add/", form)
    assert response.status_code == 200
    assert LanguageModel.objects.count() == 0


def test_a_further_endpoint_of_a_model_is_entered_with_its_name_there(
    signed_in: SignIn, chief: User
) -> None:
    further = make_endpoint()
    replica = {"replicas-0-endpoint": further.pk, "replicas-0-served_name": "m-2"}
    form = model_form(**{"replicas-TOTAL_FORMS": 1}, **replica)
    browser = signed_in(chief)
    assert browser.post("/admin/workers/languagemodel/add/", form).status_code == 302
    model = LanguageModel.objects.get()
    assert list(model.replicas.values_list("endpoint", "served_name")) == [(further.pk, "m-2")]
    assert b"m-2" in browser.get(f"/admin/workers/languagemodel/{model.pk}/change/").content


@pytest.mark.parametrize("n", [0, -1, 5000, "many"])
def test_a_bound_that_is_none_is_refused(signed_in: SignIn, chief: User, n: int | str) -> None:
    form = endpoint_form(most_in_flight=n)
    assert signed_in(chief).post("/admin/workers/endpoint/add/", form).status_code == 200
    assert Endpoint.objects.count() == 0


def test_generations_can_be_looked_at_and_not_changed(
    signed_in: SignIn, chief: User, project: Project
) -> None:
    row = Generation.objects.create(
        project=project, model=make_model(), queue="batch", messages=[{"role": "user"}]
    )
    browser = signed_in(chief)
    assert browser.get("/admin/workers/generation/").status_code == 200
    change = f"/admin/workers/generation/{row.pk}/change/"
    assert browser.get(change).status_code == 200
    assert browser.post(change, {"output": "x"}).status_code == 403
    assert browser.post("/admin/workers/generation/add/", {}).status_code == 403

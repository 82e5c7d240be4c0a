"""The administration of what must not change."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client

from instructions.models import GuidelineVersion
from projects import audit
from projects.models import AuditEvent, Project
from tests.conftest import SignIn
from tests.factories import make_user

OURS = ("projects", "instructions", "labeling")


def our_models() -> Iterator[type[models.Model]]:
    for model in admin.site._registry:
        if model._meta.app_label in OURS:
            yield model


@pytest.fixture
def browser(project: Project, signed_in: SignIn) -> Client:
    audit.record(verb="tested", by=None, project=project)
    return signed_in(make_user(is_staff=True, is_superuser=True))


@pytest.mark.parametrize("model", list(our_models()), ids=lambda model: model.__name__)
def test_every_list_and_row_is_shown(browser: Client, model: type[models.Model]) -> None:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    page = browser.get(base, {"q": "a"})
    assert page.status_code == 200
    assert "Touchstone" in page.content.decode()
    row = model._default_manager.first()
    if row is not None:
        assert browser.get(f"{base}{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("model", [AuditEvent, GuidelineVersion], ids=lambda model: model.__name__)
def test_final_rows_offer_no_change(browser: Client, model: type[models.Model]) -> None:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    row = model._default_manager.first()
    assert row is not None
    assert browser.post(f"{base}{row.pk}/change/", {}).status_code == 403
    assert browser.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post(f"{base}add/", {}).status_code == 403

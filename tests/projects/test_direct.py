"""A direct call answers as Django REST framework does; what is not plain goes its way."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.models import Demonstration
from projects import tokens
from projects.models import ApiToken, Membership, Project, User
from tests.labeling.rows import claim, make_demonstration_task

pytestmark = pytest.mark.django_db


def ask(slug: str, body: bytes, token: str = "", **headers: str) -> Any:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    url = reverse("api-next", args=[slug])
    return Client().post(url, body, content_type="application/json", headers=headers)


@pytest.fixture
def token(labeler: User) -> str:
    return tokens.create(by=labeler, name="test")[1]


# DRF chooses by this header; it is plain JSON either way.
WHOLE_WAY = {"Accept": "application/json; q=1"}


@pytest.mark.parametrize(
    "body",
    [b'{"kind": "demonstration"}', b'{"kind": "nonsense"}', b'{"kind"', b"[]", b"\xff", b""],
)
def test_both_ways_give_the_same(project: Project, token: str, body: bytes) -> None:
    make_demonstration_task(project)
    answers = [ask(project.slug, body, token, **headers) for headers in ({}, WHOLE_WAY)]
    # The second time finds the task at work, and renews its lease.
    told = [
        (a.status_code, a.json() | {"leased_until": ""}, a.headers["Content-Type"]) for a in answers
    ]
    assert told[0] == told[1]
    # DRF takes them out of a set, in whatever order.
    allowed = [sorted(answer.headers["Allow"].split(", ")) for answer in answers]
    assert allowed[0] == allowed[1]


def test_no_task_is_an_empty_answer(project: Project, token: str) -> None:
    for headers in ({}, WHOLE_WAY):
        answer = ask(project.slug, b'{"kind": "demonstration"}', token, **headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("given", ["", "ts_unknown", "two words"])
def test_without_a_known_token_nobody_is_let_in(project: Project, given: str) -> None:
    answer = ask(project.slug, b'{"kind": "demonstration"}', given)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_form_is_refused_and_other_methods_too(project: Project, token: str) -> None:
    url = reverse("api-next", args=[project.slug])
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().post(url, {"kind": "demonstration"}, headers=headers).status_code == 415
    assert Client().get(url, headers=headers).status_code == 405


def test_a_text_is_written_as_the_framework_writes_it(project: Project, token: str) -> None:
    make_demonstration_task(project, 'ä “\u2028\u2029” \\u2028 </b> 𝄞 \x7f "')
    body = b'{"kind": "demonstration"}'
    directly = ask(project.slug, body, token).content
    whole_way = ask(project.slug, body, token, **WHOLE_WAY).content
    assert directly.split(b'"draft"')[0] == whole_way.split(b'"draft"')[0]


def submit(pk: int, token: str) -> Any:
    return Client().post(
        reverse("api-submit", args=[pk]),
        b'{"text": "An answer."}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_who_asks_is_looked_up_with_what_is_asked_for(project: Project, token: str) -> None:
    make_demonstration_task(project)
    make_demonstration_task(project)
    with CaptureQueriesContext(connection) as first:
        pk = ask(project.slug, b'{"kind": "demonstration"}', token).json()["id"]
    with CaptureQueriesContext(connection) as second:
        assert submit(pk, token).status_code == 200
    tables = [[query["sql"] for query in seen if "api" in query["sql"]] for seen in (first, second)]
    # The first time it is noted besides that the token was used.
    assert [len(of_one) for of_one in tables] == [2, 1]
    assert ApiToken.objects.get().last_used_at is not None


def test_a_token_that_was_revoked_or_is_of_somebody_gone_submits_nothing(
    project: Project, labeler: User, token: str
) -> None:
    make_demonstration_task(project)
    held = claim(labeler, project)
    User.objects.filter(pk=labeler.pk).update(is_active=False)
    assert submit(held.pk, token).status_code == 401
    assert ask(project.slug, b'{"kind": "demonstration"}', token).status_code == 401
    User.objects.filter(pk=labeler.pk).update(is_active=True)
    tokens.revoke(by=labeler, token=ApiToken.objects.get())
    assert submit(held.pk, token).status_code == 401
    assert ask(project.slug, b'{"kind": "demonstration"}', token).status_code == 401
    assert not Demonstration.objects.exists()


def test_a_known_token_finds_only_its_owners_own_work(
    project: Project, labeler: User, stranger: User, token: str
) -> None:
    make_demonstration_task(project)
    held = claim(labeler, project)
    theirs = tokens.create(by=stranger, name="theirs")[1]
    assert submit(held.pk, theirs).status_code == 404
    assert ask(project.slug, b'{"kind": "demonstration"}', theirs).status_code == 404
    Membership.objects.filter(user=labeler).delete()
    assert submit(held.pk, token).status_code == 404
    assert not Demonstration.objects.exists()

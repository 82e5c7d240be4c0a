"""The page of a project's rounds."""

import pytest
from django.test import Client
from django.utils import timezone

from exports.models import Export, Round
from projects.models import Project, User
from tests.arena.integrity.crowds import Crowd
from tests.arena.integrity.town import make_models, make_votes
from tests.conftest import SignIn
from tests.exports.judgements import make_comparison
from tests.factories import make_model

pytestmark = pytest.mark.django_db
PAGE = "/projects/harbour/rounds/"


@pytest.fixture
def browser(owner: User, signed_in: SignIn) -> Client:
    return signed_in(owner)


def test_before_anything_is_said_there_is_one_round_with_all(
    project: Project, labeler: User, browser: Client
) -> None:
    make_comparison(project, labeler)
    page = browser.get(PAGE)
    (row,) = page.context["rounds"]
    assert row.tiles == [("Comparisons", 1), ("Prompts", 1), ("Labelers", 1)]
    assert "from the beginning" in page.content.decode()
    assert "Begin round 2" in page.content.decode()
    assert not Round.objects.exists()


def test_an_owner_begins_names_and_takes_back(project: Project, browser: Client) -> None:
    sent = browser.post(PAGE, {"action": "begin", "number": "2", "name": "<b>Second"}, follow=True)
    assert sent.redirect_chain == [(PAGE, 302)]
    text = sent.content.decode()
    assert "Round 2 goes on from now." in text
    assert "&lt;b&gt;Second" in text
    model = make_model()
    browser.post(PAGE, {"action": "change", "number": "1", "name": "First", "trained": model.name})
    assert project.rounds.get(number=1).trained == model
    again = browser.post(PAGE, {"action": "begin", "number": "2"})
    assert again.status_code == 409
    assert "Round 2 has begun already." in again.content.decode()
    browser.post(PAGE, {"action": "take_back", "number": "2"})
    assert [each.number for each in project.rounds.all()] == [1]


def test_what_was_refused_stays_in_the_form_of_its_round(project: Project, browser: Client) -> None:
    sent = {"action": "change", "number": "1", "name": "First", "trained": "never heard of"}
    page = browser.post(PAGE, sent)
    assert page.status_code == 400
    assert [row.is_wrong for row in page.context["rounds"]] == [True]
    text = page.content.decode()
    assert "there is no model “never heard of”" in text
    assert 'value="never heard of"' in text
    assert not Round.objects.exists()


def test_a_trained_model_stands_there_with_its_rating(project: Project, browser: Client) -> None:
    models = make_models(3)
    make_votes(project, models, Crowd.of(3, 1).honest(1, 60))
    Round.objects.create(project=project, number=1, trained=models[0])
    page = browser.get(PAGE)
    standing = page.context["rounds"][0].standing
    assert standing.model_id == models[0].pk
    text = page.content.decode()
    assert f"at {standing.rating:,.0f} ({standing.lower:,.0f} to {standing.upper:,.0f})" in text
    assert "not on the <a" not in text
    Round.objects.update(trained=make_model())
    text = browser.get(PAGE).content.decode()
    assert "not on the <a" in text
    assert '<span class="muted">at ' not in text


def test_exports_of_a_round_are_linked_and_another_one_is_offered(
    project: Project, browser: Client
) -> None:
    recipe = {"kind": "sft", "selection": {"rounds": [1]}}
    made = Export.objects.create(
        project=project,
        kind="sft",
        recipe=recipe,
        manifest={"rounds": [{"number": 1}]},
        state="done",
        n_rows=3,
        sha256="0" * 64,
        finished_at=timezone.now(),
    )
    text = browser.get(PAGE).content.decode()
    assert f'href="/exports/{made.public_id}/"' in text
    form = browser.get("/projects/harbour/exports/new/?round=1")
    ticked = form.context["filters"][0]
    assert (ticked.name, ticked.n_chosen) == ("selection.rounds", 1)
    assert browser.get("/projects/harbour/exports/new/?round=one").status_code == 400


def test_a_reviewer_sees_rounds_and_is_offered_nothing_to_change(
    project: Project, reviewer: User, signed_in: SignIn
) -> None:
    page = signed_in(reviewer).get(PAGE)
    assert page.status_code == 200
    assert 'name="action"' not in page.content.decode()

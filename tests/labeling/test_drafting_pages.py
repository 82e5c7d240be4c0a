"""The screen, the stream, the API and the rules' page of drafts and rewritings."""

import asyncio
import json
from html import unescape
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from labeling.drafting.drafts import draw_drafts
from labeling.drafting.rules import change_drafting_rules, drafting_rules_of
from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, Demonstration, Repair
from labeling.pages.draft_stream import Followed, events
from labeling.reviewing.asking import ask_review
from projects.models import Project, User
from projects.tokens import create
from tests.conftest import SignIn
from tests.factories import make_model
from tests.labeling.rows import claim, end, make_demonstration_task
from workers.models import Generation
from workers.streams import Writer

pytestmark = pytest.mark.django_db

DRAFT = "Rinse the pan while it is warm."


@pytest.fixture
def writing(project: Project, labeler: User, owner: User) -> Assignment:
    make_model("Silent Heron", organisation="Herons")
    change_drafting_rules(by=owner, project=project, n_drafts=2, offers_repair=True)
    make_demonstration_task(project)
    return claim(labeler, project)


@pytest.fixture
def browser(labeler: User, signed_in: SignIn) -> Client:
    return signed_in(labeler)


def post(browser: Client, path: str, body: Any = None) -> Any:
    headers = {"Accept": "application/json"}
    sent = json.dumps({} if body is None else body)
    return browser.post(path, sent, content_type="application/json", headers=headers)


def shown_on(browser: Client, assignment: Assignment) -> dict[str, Any]:
    page = browser.get(f"/assignments/{assignment.pk}/").content.decode()
    begun = page.split('data-begun="', 1)[1].split('"', 1)[0]
    told: dict[str, Any] = json.loads(unescape(begun))
    return told


def test_drafts_are_asked_for_and_shown_without_their_models(
    browser: Client, writing: Assignment
) -> None:
    path = f"/assignments/{writing.pk}/drafts/"
    told = post(browser, path).json()
    assert [(each["number"], each["state"]) for each in told["drafts"]] == [
        (1, "waiting"),
        (2, "waiting"),
    ]
    assert told["left"] == 18
    for row in Generation.objects.all():
        end(row, output=DRAFT)
    answer = browser.get(path)
    assert [each["text"] for each in answer.json()["drafts"]] == [DRAFT, DRAFT]
    assert shown_on(browser, writing) == answer.json()
    page = browser.get(f"/assignments/{writing.pk}/").content.decode()
    for words in (page, answer.content.decode()):
        assert "Heron" not in words


def test_where_nothing_is_offered_the_screen_has_nothing_of_it(
    browser: Client, writing: Assignment, owner: User, project: Project
) -> None:
    change_drafting_rules(by=owner, project=project, n_drafts=0, offers_repair=False)
    page = browser.get(f"/assignments/{writing.pk}/").content.decode()
    assert "data-assist" not in page
    assert "Who wrote what" not in page


def test_what_cannot_be_is_said_in_a_sentence(browser: Client, writing: Assignment) -> None:
    Generation.objects.all().delete()
    model = drafting_rules_of(writing.task.project)
    assert model.n_drafts == 2
    writing.task.project.drafting_rules.writers.add(make_model(is_active=False))
    answer = post(browser, f"/assignments/{writing.pk}/drafts/")
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("No model is up just now")


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "[" * 5_000, "{", '{"before": 1e400}'])
@pytest.mark.parametrize("tail", ["drafts/", "repairs/", "repairs/1/", "repairs/1/changes/"])
def test_a_body_that_is_no_object_is_refused(
    browser: Client, writing: Assignment, tail: str, body: str
) -> None:
    path = f"/assignments/{writing.pk}/{tail}"
    headers = {"Accept": "application/json"}
    answer = browser.post(path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert Generation.objects.count() == 0


def test_an_answer_is_rewritten_compared_and_taken(browser: Client, writing: Assignment) -> None:
    path = f"/assignments/{writing.pk}/repairs/"
    told = post(browser, path, {"text": "Soak it.", "complaint": "Too short."}).json()
    assert [each["complaint"] for each in told["repairs"]] == ["Too short."]
    end(Generation.objects.get(), output="Soak it well.")
    changes = post(browser, f"{path}1/changes/", {"text": "Soak it."}).json()
    assert changes == {"pieces": [["same", "Soak it"], ["new", " well"], ["same", "."]]}
    assert post(browser, f"{path}1/", {"outcome": "accepted"}).json() == {"outcome": "accepted"}
    assert post(browser, f"{path}1/", {"outcome": "open"}).status_code == 400
    assert Repair.objects.get().outcome == "accepted"


def test_the_form_says_who_wrote_what(browser: Client, writing: Assignment, labeler: User) -> None:
    draft, _ = draw_drafts(by=labeler, assignment=writing)
    end(draft.generation, output=DRAFT)
    spans = [[draft.generation_id, len(DRAFT), 0], ["person", 6]]
    form = {"text": f"{DRAFT} Mine.", "spans": json.dumps(spans)}
    assert browser.post(f"/assignments/{writing.pk}/", form).status_code == 302
    response = Demonstration.objects.get().response
    assert (response.origin, response.spans) == ("mixed", spans)


@pytest.mark.parametrize("spans", ["", "{", "[" * 2_000, "1e400", '[["person", 1e400]]', "\0"])
def test_an_account_that_cannot_be_read_refuses_nothing(
    browser: Client, writing: Assignment, labeler: User, spans: str
) -> None:
    for draft in draw_drafts(by=labeler, assignment=writing):
        end(draft.generation, output=DRAFT)
    form = {"text": "All of it is mine.", "spans": spans, "turn_spans": spans}
    assert browser.post(f"/assignments/{writing.pk}/", form).status_code == 302
    assert Demonstration.objects.get().response.spans == [["person", 18]]


def test_reviewers_see_who_wrote_what_and_no_model(
    writing: Assignment, labeler: User, reviewer: User, project: Project, signed_in: SignIn
) -> None:
    draft, other = draw_drafts(by=labeler, assignment=writing)
    end(draft.generation, output=DRAFT)
    end(other.generation, output="Another.")
    spans = [["person", 6], [draft.generation_id, len(DRAFT), 0]]
    held = Assignment.objects.select_related("task__project", "task__prompt").get(pk=writing.pk)
    submit_demonstration(by=labeler, assignment=held, text=f"<Mine>{DRAFT}", spans=spans)
    ask_review(by=None, project=project, assignments=[held], cause="all")
    review = claim(reviewer, project, "review")
    page = signed_in(reviewer).get(f"/assignments/{review.pk}/").content.decode()
    assert "16 % the labeler, 84 % drafts" in page
    assert "All of it was typed." not in page
    from_draft = f'<mark class="wrote stroke-1"><span class="from">Draft 1</span>{DRAFT}</mark>'
    assert f"&lt;Mine&gt;{from_draft}" in page
    assert "Heron" not in page


class TestApi:
    @pytest.fixture
    def api(self, labeler: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {create(by=labeler, name='t')[1]}")
        return client

    def test_drafts_are_drawn_and_used(self, api: APIClient, writing: Assignment) -> None:
        path = f"/api/v1/assignments/{writing.pk}/drafts"
        first = api.post(path, {}, format="json").json()[0]
        assert first | {"generation": 0} == {
            "number": 1,
            "turn": 0,
            "generation": 0,
            "state": "waiting",
            "text": "",
            "note": "",
        }
        for row in Generation.objects.all():
            end(row, output=DRAFT)
        assert [each["text"] for each in api.get(path).json()] == [DRAFT, DRAFT]
        body = {"text": DRAFT, "spans": [[first["generation"], len(DRAFT), 0]]}
        answer = api.post(f"/api/v1/assignments/{writing.pk}/submit", body, format="json")
        assert answer.status_code == 200
        assert Demonstration.objects.get().response.origin == "mixed"

    def test_an_answer_is_rewritten(self, api: APIClient, writing: Assignment) -> None:
        path = f"/api/v1/assignments/{writing.pk}/repairs"
        refused = api.post(path, {"text": "Soak it."}, format="json")
        assert (refused.status_code, "complaint" in refused.json()["detail"]) == (400, True)
        api.post(path, {"text": "Soak it.", "clauses": ["c-1"]}, format="json")
        end(Generation.objects.get(), output="Soak it well.")
        (told,) = api.get(path).json()
        assert (told["text"], told["clauses"], told["outcome"]) == (
            "Soak it well.",
            ["c-1"],
            "open",
        )
        settled = api.patch(f"{path}/1", {"outcome": "edited"}, format="json")
        assert settled.json() == {"outcome": "edited"}


class TestRulesPage:
    PAGE = "/projects/harbour/rules/drafting/"
    FORM = {"n_drafts": "3", "most_draws": "9", "most_seconds": "30"}

    def test_an_owner_changes_the_rules(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        model = make_model("Silent Heron")
        form = {**self.FORM, "offers_repair": "1", "writers": [str(model.pk)]}
        browser = signed_in(owner)
        assert browser.post(self.PAGE, form).status_code == 302
        rules = drafting_rules_of(project)
        assert (rules.n_drafts, rules.most_draws, rules.most_seconds) == (3, 9, 30)
        assert (rules.offers_repair, list(rules.writers.all())) == (True, [model])
        assert f'value="{model.pk}" checked' in browser.get(self.PAGE).content.decode()

    @pytest.mark.parametrize(
        ("name", "value"),
        [("n_drafts", "6"), ("most_draws", ""), ("most_seconds", "1e9"), ("writers", "\0")],
    )
    def test_a_broken_rule_is_named_and_nothing_changes(
        self, project: Project, owner: User, signed_in: SignIn, name: str, value: str
    ) -> None:
        answer = signed_in(owner).post(self.PAGE, {**self.FORM, name: value})
        assert answer.status_code == 400
        assert "Nothing was saved" in answer.content.decode()
        assert drafting_rules_of(project).n_drafts == 0


@pytest.mark.django_db(transaction=True)
class TestStream:
    def test_texts_come_as_they_are_written_and_the_end_is_told(
        self, writing: Assignment, labeler: User
    ) -> None:
        drafts = draw_drafts(by=labeler, assignment=writing)
        for draft, text in zip(drafts, ("One two.", "Three."), strict=True):
            writer = Writer(draft.generation_id, attempt=1)
            writer.start()
            writer.append(text)
            end(draft.generation, output=text)
            writer.end("done")
        followed = Followed(writing, tuple(draft.generation_id for draft in drafts), 60)

        async def heard() -> list[str]:
            return [event async for event in events(followed)]

        told = asyncio.run(heard())
        texts = {
            data["generation"]: data["text"]
            for data in (
                json.loads(event.split("data: ", 1)[1])
                for event in told
                if event.startswith("event: text")
            )
        }
        assert texts == {
            drafts[0].generation_id: "One two.",
            drafts[1].generation_id: "Three.",
        }
        assert told[-1].startswith("event: end")

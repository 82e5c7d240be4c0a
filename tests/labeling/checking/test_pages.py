"""The pages and the API of self-checks."""

import json
from typing import Any

import pytest
from django.test import Client

from labeling.models import Assignment, Check, CheckArm, CheckClaim
from projects import tokens
from projects.models import Project, User
from tests.labeling.checked import GREEN, answered, asked, make_check, put_in, says, turn_on
from tests.labeling.rows import claim, end, make_comparison_task, make_demonstration_task

pytestmark = pytest.mark.django_db
SETTINGS = "/projects/harbour/self-check/"
BAD = (
    *("null", "[]", "{}", "1e400", "-1", str(10**30), "9" * 5_000, '"a\\u0000b"', '"\\ud800"'),
    json.dumps("x" * 200_000),
    "[" * 500 + "]" * 500,
)


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    turn_on(project)
    make_demonstration_task(project)
    return claim(labeler, project)


@pytest.fixture
def browser(labeler: User) -> Client:
    client = Client()
    client.force_login(labeler)
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def post_json(client: Client, path: str, body: Any) -> Any:
    sent = body if isinstance(body, str) else json.dumps(body)
    return client.post(
        path, sent, content_type="application/json", headers={"Accept": "application/json"}
    )


class TestAnswer:
    def test_the_page_says_what_it_is(self, browser: Client, writing: Assignment) -> None:
        page = text_of(browser.get(f"/assignments/{writing.pk}/"))
        assert "It is often wrong, and it changes nothing" in page
        assert "5 left for this answer" in page
        assert CheckArm.objects.get().arm == "on"

    def test_nothing_names_the_model(self, browser: Client, writing: Assignment) -> None:
        check = make_check(writing)
        page = text_of(browser.get(f"/assignments/{writing.pk}/"))
        told = text_of(browser.get(f"/assignments/{writing.pk}/checks/"))
        assert check.generation.model.name not in page + told

    def test_without_it_the_page_says_so_plainly(
        self, browser: Client, writing: Assignment
    ) -> None:
        put_in(writing, "off")
        page = text_of(browser.get(f"/assignments/{writing.pk}/"))
        assert "This task has none. Chance leaves it out of some tasks" in page
        assert "Check my answer" not in page

    def test_where_checks_are_off_there_is_nothing(
        self, project: Project, browser: Client, writing: Assignment
    ) -> None:
        turn_on(project, is_on=False)
        assert "Self-check" not in text_of(browser.get(f"/assignments/{writing.pk}/"))
        assert browser.get(f"/assignments/{writing.pk}/checks/").status_code == 404

    def test_asked_waited_for_shown_and_decided(self, browser: Client, writing: Assignment) -> None:
        path = f"/assignments/{writing.pk}/checks/"
        first = post_json(browser, path, {"text": "The sky is green."}).json()
        assert (first["is_waiting"], first["n_left"]) == (True, 4)
        end(Check.objects.get().generation, output=says(GREEN))
        then = browser.get(path).json()
        assert then["said"] == "1 place to look at."
        assert "<mark>sky is green</mark>" in then["html"]
        row = CheckClaim.objects.get()
        decided = post_json(browser, f"{path}claims/{row.pk}/", {"dismissed_because": "wrong"})
        assert "Dismissed: it is not so" in decided.json()["html"]

    def test_what_a_model_says_is_escaped(self, browser: Client, writing: Assignment) -> None:
        hostile = "<img src=x onerror=alert(1)>"
        claim_ = GREEN | {"quote": hostile, "problem": hostile}
        answered(asked(writing, f"So {hostile}"), says(claim_))
        html = browser.get(f"/assignments/{writing.pk}/checks/").json()["html"]
        assert "<img" not in html
        assert "&lt;img" in html

    def test_without_scripts_the_draft_is_kept_and_the_page_comes_again(
        self, browser: Client, writing: Assignment
    ) -> None:
        path = f"/assignments/{writing.pk}/checks/"
        answer = browser.post(path, {"text": "The sky is green."})
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/assignments/{writing.pk}/#self-check",
        )
        writing.refresh_from_db()
        assert writing.draft["text"] == "The sky is green."
        again = browser.post(path, {"text": "The sky is green."}, follow=True)
        assert "The last check is still under way." in text_of(again)

    def test_without_scripts_a_claim_is_decided(self, browser: Client, writing: Assignment) -> None:
        make_check(writing)
        row = CheckClaim.objects.get()
        path = f"/assignments/{writing.pk}/checks/claims/{row.pk}/"
        browser.post(path, {"text": "The sky is blue.", "claim_state": "acted"})
        row.refresh_from_db()
        assert row.state == "acted"

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "7",
            "{}",
            '{"text": 1}',
            '{"text": "a\\u0000"}',
            '{"text": "\\ud800"}',
            "[" * 999,
        ],
    )
    def test_a_broken_body_is_refused(
        self, browser: Client, writing: Assignment, body: str
    ) -> None:
        answer = post_json(browser, f"/assignments/{writing.pk}/checks/", body)
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["field"]
        assert Check.objects.count() == 0

    def test_other_kinds_have_no_checks(
        self, project: Project, labeler: User, browser: Client
    ) -> None:
        turn_on(project)
        make_comparison_task(project)
        held = claim(labeler, project, "comparison")
        assert browser.get(f"/assignments/{held.pk}/checks/").status_code == 404


class TestSettings:
    @pytest.fixture
    def office(self, owner: User) -> Client:
        client = Client()
        client.force_login(owner)
        return client

    def test_before_they_were_ever_on(self, project: Project, office: Client) -> None:
        assert "Never been on" in text_of(office.get(SETTINGS))

    def test_an_owner_switches_them_on(self, project: Project, office: Client) -> None:
        rules = turn_on(project, is_on=False)
        form = {
            "is_on": "1",
            "model": rules.model_id,
            "off_percent": "40",
            "most_checks": "3",
            "token_budget": "2000",
        }
        assert office.post(SETTINGS, form).status_code == 302
        rules.refresh_from_db()
        assert (rules.is_on, rules.off_percent, rules.most_checks) == (True, 40, 3)
        page = text_of(office.get(SETTINGS))
        assert "Too few to say. Both sides need 20 reviewed answers" in page

    def test_what_is_wrong_is_said_beside_its_field(self, project: Project, office: Client) -> None:
        answer = office.post(SETTINGS, {"off_percent": "95", "model": "x", "most_checks": ""})
        assert answer.status_code == 400
        page = text_of(answer)
        assert "must be a whole number from 0 to 90" in page
        assert office.post(SETTINGS, {}).status_code == 400

    def test_reviewers_see_results_and_no_settings(self, project: Project, reviewer: User) -> None:
        turn_on(project)
        client = Client()
        client.force_login(reviewer)
        page = text_of(client.get(SETTINGS))
        assert "Does it help?" in page
        assert 'name="off_percent"' not in page


class TestApi:
    def call(self, user: User, method: str, path: str, body: Any = None) -> Any:
        token = tokens.create(by=user, name="t")[1]
        return getattr(Client(), method)(
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    def test_a_program_asks_and_decides(self, labeler: User, writing: Assignment) -> None:
        path = f"/assignments/{writing.pk}/checks"
        made = self.call(labeler, "post", path, {"text": "The sky is green."})
        assert (made.status_code, made.json()["is_waiting"]) == (201, True)
        end(Check.objects.get().generation, output=says(GREEN))
        row = CheckClaim.objects.all()
        token = tokens.create(by=labeler, name="t")[1]
        read = Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).json()
        assert [(each["clause"], each["quote"]) for each in read["claims"]] == [
            ("1", "sky is green")
        ]
        decided = self.call(
            labeler,
            "post",
            f"{path}/claims/{row.get().pk}",
            {"state": "dismissed", "reason": "trifle"},
        )
        assert decided.json()["claims"][0]["reason"] == "trifle"

    def test_settings_and_results(self, project: Project, owner: User) -> None:
        turn_on(project)
        made = self.call(owner, "patch", "/projects/harbour/self-check", {"off_percent": 25})
        assert made.json()["rules"]["off_percent"] == 25
        assert made.json()["results"]["measures"][0] == {
            "key": "returned",
            "on": None,
            "off": None,
            "difference": None,
            "low": None,
            "high": None,
            "n_on": 0,
            "n_off": 0,
            "verdict": "too_few",
        }

    @pytest.mark.parametrize("body", [{}, {"arm": 1}, {"off_percent": "a"}, [], "x", 7])
    def test_broken_settings_are_refused(self, project: Project, owner: User, body: Any) -> None:
        answer = self.call(owner, "patch", "/projects/harbour/self-check", body)
        assert answer.status_code == 400

    @pytest.mark.parametrize("value", BAD)
    def test_values_of_another_kind_are_refused_and_change_nothing(
        self, owner: User, labeler: User, writing: Assignment, value: str
    ) -> None:
        row = make_check(writing).claims.get()
        mine, checks = "/api/v1/projects/harbour/self-check", f"/api/v1/assignments/{writing.pk}"
        doors = [
            (owner, "patch", mine, ("model", "off_percent", "most_checks", "token_budget")),
            (owner, "patch", mine, ("is_on", "measured_since")),
            (labeler, "post", f"{checks}/checks", ("text", "turns")),
            (labeler, "post", f"{checks}/checks/claims/{row.pk}", ("state", "reason")),
        ]
        for user, method, path, fields in doors:
            body = "{" + ",".join(f'"{field}": {value}' for field in fields) + "}"
            token = tokens.create(by=user, name="t")[1]
            answer = getattr(Client(), method)(
                path,
                body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert 400 <= answer.status_code < 500, (path, value)
            assert answer.json()["status"] == answer.status_code
        row.refresh_from_db()
        assert (row.state, Check.objects.count()) == ("open", 1)

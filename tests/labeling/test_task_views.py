"""A task at work: what its script asks for, and what happens without one."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, Demonstration, Flag
from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import make_rules
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task
from tests.labeling.test_reviewing import answered, verdict

pytestmark = pytest.mark.django_db
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def browser(signed_in: SignIn, labeler: User) -> Client:
    return signed_in(labeler)


@pytest.fixture
def two_tasks(project: Project) -> None:
    make_demonstration_task(project, "First?"), make_demonstration_task(project, "Second?")


def page(browser: Client, assignment: Assignment, **headers: str) -> str:
    response = browser.get(f"/assignments/{assignment.pk}/", headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def send(browser: Client, assignment: Assignment, tail: str, **data: Any) -> Any:
    return browser.post(f"/assignments/{assignment.pk}/{tail}", data, headers=SCRIPT)


def ahead_of(browser: Client, assignment: Assignment) -> Assignment:
    url = send(browser, assignment, "ahead/").json()["url"]
    return Assignment.objects.get(pk=url.split("/")[2])


@pytest.mark.usefixtures("two_tasks")
class TestAhead:
    def test_one_task_is_held_ready_and_never_two(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        ahead = ahead_of(browser, first)
        assert ahead_of(browser, first) == ahead
        assert ahead.opened_at is None
        assert Assignment.objects.count() == 2

    def test_nothing_ahead_is_no_fault(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        make_rules(project, daily_cap=1)
        assert send(browser, first, "ahead/").json() == {}

    def test_a_page_fetched_ahead_is_not_opened_and_one_that_is_looked_at_is(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        ahead = ahead_of(browser, first)
        assert "Second?" in page(browser, ahead, **{"X-Ahead": str(first.pk)})
        ahead.refresh_from_db()
        assert ahead.opened_at is None
        page(browser, ahead)
        ahead.refresh_from_db()
        assert ahead.opened_at is not None

    def test_whoever_holds_the_next_one_ready_only_hears_so(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        ahead = ahead_of(browser, first)
        answer = browser.post(
            f"/assignments/{first.pk}/",
            {"text": "Answer."},
            headers={**SCRIPT, "X-Ahead": str(ahead.pk)},
        )
        assert answer.json() == {
            "done": "Your answer is submitted.",
            "next": f"/assignments/{ahead.pk}/",
            "undo": True,
            "done_today": 1,
        }
        ahead.refresh_from_db()
        assert ahead.opened_at is not None

    def test_whoever_holds_none_is_led_there_and_told_there(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        answer = send(browser, first, "", text="Answer.").json()
        following = browser.get(answer["next"]).content.decode()
        assert "Your answer is submitted." in following
        assert f"/assignments/{first.pk}/undo/" in following


class TestRefusals:
    def test_a_script_hears_each_problem_with_its_field(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        answer = send(browser, claim(labeler, project), "", text=" ")
        assert answer.status_code == 400
        (problem,) = answer.json()["problems"]
        assert problem["field"] == "text"
        assert problem["text"] == "Your answer must not be blank."
        assert not Demonstration.objects.exists()

    def test_a_late_submission_is_refused_with_its_text_kept(
        self, browser: Client, project: Project, labeler: User, owner: User
    ) -> None:
        task = make_demonstration_task(project)
        late = claim(labeler, project)
        Assignment.objects.filter(pk=late.pk).update(state="lapsed", ended_at=timezone.now())
        type(task).objects.update(n_assigned=0, is_open=True)
        claim(owner, project)
        answer = send(browser, late, "", text="All of my work.")
        assert answer.status_code == 409
        assert "kept as a draft" in answer.json()["detail"]
        assert "All of my work." in page(browser, late)

    def test_a_stranger_s_task_is_not_found_by_a_script_either(
        self, signed_in: SignIn, project: Project, labeler: User, owner: User
    ) -> None:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        assert send(signed_in(owner), assignment, "", text="Mine.").status_code == 404


class TestGoingOn:
    def test_after_the_last_task_comes_home(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        answer = send(browser, claim(labeler, project), "", text="Answer.").json()
        assert answer == {"done": "Your answer is submitted.", "next": "/home/"}
        assert "no further demonstration" in browser.get("/home/").content.decode()

    @pytest.mark.usefixtures("two_tasks")
    def test_whoever_reached_the_day_s_cap_is_told_kindly(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, daily_cap=1)
        answer = send(browser, claim(labeler, project), "", text="Answer.").json()
        assert answer["next"] == "/home/"
        assert "There is more tomorrow." in browser.get("/home/").content.decode()
        refused = browser.post("/projects/harbour/next/demonstration/")
        assert refused.status_code == 409
        assert "Done for today" in refused.content.decode()

    @pytest.mark.usefixtures("two_tasks")
    def test_a_skip_may_say_why(self, browser: Client, project: Project, labeler: User) -> None:
        first = claim(labeler, project)
        answer = send(browser, first, "skip/", reason="Outside of what I know").json()
        assert answer["next"] != f"/assignments/{first.pk}/"
        first.refresh_from_db()
        assert (first.state, first.skip_reason) == ("skipped", "Outside of what I know")

    @pytest.mark.usefixtures("two_tasks")
    def test_a_flag_has_its_reason_and_the_next_task_follows(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        first = claim(labeler, project)
        assert send(browser, first, "flag/", reason="dull").status_code == 400
        answer = send(browser, first, "flag/", reason="private_data", note="A number.").json()
        assert answer["done"] == "Flagged. The project's owner looks at it."
        flag = Flag.objects.get()
        assert (flag.task, flag.reason, flag.note) == (first.task, "private_data", "A number.")


class TestPulse:
    def send(self, browser: Client, assignment: Assignment, body: str) -> Any:
        return browser.post(
            f"/assignments/{assignment.pk}/pulse/", body, content_type="application/json"
        )

    def test_it_keeps_time_and_evidence_and_renews_the_lease(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        soon = timezone.now() + timedelta(seconds=30)
        Assignment.objects.update(leased_until=soon, opened_at=timezone.now() - timedelta(hours=1))
        body = json.dumps({"active_seconds": 12.5, "evidence": {"typed": 40, "pasted": 3}})
        assert self.send(browser, assignment, body).json()["state"] == "open"
        assignment.refresh_from_db()
        assert assignment.active_seconds == 12.5
        assert assignment.evidence["typed"] == 40
        assert assignment.leased_until > soon

    @pytest.mark.parametrize(
        "body", ["", "[]", "7", '{"active_seconds": -1}', '{"evidence": {"typed": "x"}}', "{" * 99]
    )
    def test_a_bad_one_is_refused(
        self, browser: Client, project: Project, labeler: User, body: str
    ) -> None:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        assert (
            browser.post(
                f"/assignments/{assignment.pk}/pulse/",
                body,
                content_type="application/json",
                headers=SCRIPT,
            ).status_code
            == 400
        )
        assignment.refresh_from_db()
        assert (assignment.active_seconds, assignment.evidence) == (0, {})

    def test_the_last_of_it_comes_with_the_submission(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        Assignment.objects.update(opened_at=timezone.now() - timedelta(minutes=5))
        activity = json.dumps({"active_seconds": 61, "evidence": {"typed": 7}})
        send(browser, assignment, "", text="Answer.", activity=activity)
        row = Demonstration.objects.get()
        assert (row.active_seconds, row.evidence["typed"]) == (61, 7)

    @pytest.mark.parametrize("activity", ["{", "[]", '{"active_seconds": "long"}'])
    def test_a_broken_one_is_refused_with_the_submission(
        self, browser: Client, project: Project, labeler: User, activity: str
    ) -> None:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        answer = send(browser, assignment, "", text="Answer.", activity=activity)
        assert answer.status_code == 400
        assert not Demonstration.objects.exists()


class TestUndo:
    def submitted(self, project: Project, labeler: User) -> Assignment:
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        submit_demonstration(by=labeler, assignment=assignment, text="Before.")
        return assignment

    def test_it_opens_the_task_with_what_was_submitted(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = self.submitted(project, labeler)
        assert f"/assignments/{assignment.pk}/undo/" in browser.get("/home/").content.decode()
        answer = send(browser, assignment, "undo/").json()
        assert answer["next"] == f"/assignments/{assignment.pk}/"
        shown = page(browser, assignment)
        assert "You took this back." in shown
        assert ">Before.</textarea>" in shown
        assert "data-ahead-url" not in shown
        assert "To correct" in browser.get("/home/").content.decode()
        send(browser, assignment, "", text="After.")
        first, second = Demonstration.objects.order_by("pk")
        assert (second.supersedes, second.response.text) == (first, "After.")

    def test_what_differs_is_shown_word_by_word(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = self.submitted(project, labeler)
        send(browser, assignment, "undo/")
        answer = send(browser, assignment, "changes/", text="Before noon.").json()
        assert ["new", "noon"] in [[kind, text.strip()] for kind, text in answer["pieces"]]
        assert send(browser, assignment, "changes/").status_code == 400

    def test_its_draft_is_kept_without_a_lease(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = self.submitted(project, labeler)
        send(browser, assignment, "undo/")
        url = f"/assignments/{assignment.pk}/draft/"
        answer = browser.post(url, '{"text": "Half."}', content_type="application/json")
        assert answer.json()["is_held"] is True
        assert ">Half.</textarea>" in page(browser, assignment)

    def test_further_turns_are_compared_too(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, demonstrations_go_on=True)
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        send(browser, assignment, "", text="One.", turn_user="Two?", turn_reply="Three.")
        send(browser, assignment, "undo/")
        written = "One.\n\nTwo?\n\nThree."
        answer = send(browser, assignment, "changes/", text=written).json()
        assert answer["pieces"] == [["same", written]]

    def test_it_may_be_left_as_it_was(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = self.submitted(project, labeler)
        send(browser, assignment, "undo/")
        assert send(browser, assignment, "leave/").json()["done"] == "Left as it was."
        assignment.refresh_from_db()
        assert assignment.state == "submitted"
        assert Demonstration.objects.count() == 1

    def test_after_a_minute_it_is_too_late(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = self.submitted(project, labeler)
        Assignment.objects.update(ended_at=timezone.now() - timedelta(seconds=61))
        assert send(browser, assignment, "undo/").status_code == 409
        assert "undo/" not in browser.get("/home/").content.decode()

    def test_a_page_fetched_ahead_offers_no_undo(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        self.submitted(project, labeler)
        make_demonstration_task(project)
        following = claim(labeler, project)
        assert "data-seconds" in page(browser, following)
        assert "data-seconds" not in page(browser, following, **{"X-Ahead": "1"})


def test_returned_work_shows_the_reason_and_the_clauses(
    browser: Client, project: Project, reviewer: User, labeler: User
) -> None:
    row = answered(project, labeler, "Too short.")
    verdict(row, reviewer, "return", reason="See §1: answer <b>all</b> of it.")
    shown = page(browser, row.assignment)
    assert "Returned to you" in shown
    assert "answer &lt;b&gt;all&lt;/b&gt; of it." in shown
    assert 'guideline/versions/1/#c-1"' in shown
    assert "§1 Be helpful" in shown
    assert "Skip" not in shown.split("<main")[1].split("</main>")[0]
    home = browser.get("/home/").content.decode()
    assert "Returned" in home
    assert "See §1" in home


class TestWithoutScripts:
    def test_every_form_leads_to_a_page(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        for number in range(3):
            make_demonstration_task(project, f"Number {number}?")
        first = claim(labeler, project)
        assert browser.post(f"/assignments/{first.pk}/skip/").status_code == 302
        second = claim(labeler, project)
        flagged = browser.post(f"/assignments/{second.pk}/flag/", {"reason": "broken"})
        third = claim(labeler, project)
        assert flagged.headers["Location"] == f"/assignments/{third.pk}/"
        browser.post(f"/assignments/{third.pk}/", {"text": "Answer."})
        undone = browser.post(f"/assignments/{third.pk}/undo/")
        assert undone.headers["Location"] == f"/assignments/{third.pk}/"

    def test_a_turn_is_added_and_kept(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, demonstrations_go_on=True)
        make_demonstration_task(project)
        assignment = claim(labeler, project)
        url = f"/assignments/{assignment.pk}/"
        shown = browser.post(url, {"text": "Half.", "action": "add_turn"}).content.decode()
        assert ">Half.</textarea>" in shown
        assert shown.count('name="turn_user"') == 2  # and the script's template
        turn = {"turn_user": "And then?", "turn_reply": "Then this."}
        browser.post(url, {"text": "Whole.", **turn})
        response = Demonstration.objects.get().response
        assert [message["content"] for message in response.turns or []] == [
            "Whole.",
            "And then?",
            "Then this.",
        ]

    def test_a_turn_left_empty_counts_as_taken_out(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, demonstrations_go_on=True)
        make_demonstration_task(project)
        url = f"/assignments/{claim(labeler, project).pk}/"
        browser.post(url, {"text": "Whole.", "turn_user": " ", "turn_reply": ""})
        assert Demonstration.objects.get().response.turns is None


def test_a_lapsed_page_shows_all_that_was_written(
    browser: Client, project: Project, labeler: User
) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    draft = {"text": "One.", "turns": [{"role": "user", "content": "Two?"}]}
    Assignment.objects.filter(pk=assignment.pk).update(state="lapsed", draft=draft)
    shown = page(browser, assignment)
    assert "Others have this task now" in shown
    assert "One." in shown
    assert "Two?" in shown


def test_the_page_s_frame_is_the_same_for_every_kind(
    browser: Client, project: Project, labeler: User
) -> None:
    make_demonstration_task(project), make_comparison_task(project)
    for kind in ("demonstration", "comparison"):
        shown = page(browser, claim(labeler, project, kind))
        for part in ("data-ahead-url", "data-pulse-url", 'id="skip-form"', 'id="flag-dialog"'):
            assert part in shown, (kind, part)
        assert 'id="key-help"' in shown

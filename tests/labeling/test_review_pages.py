"""The screen of a review, the list for staff, and feedback for labelers."""

import re
from typing import Any

import pytest

from labeling.models import Comparison, Demonstration, Ranking, Review, Task
from labeling.reviewing.asking import ask_adjudication, ask_review
from labeling.reviewing.reviewers import measures
from labeling.reviewing.verdicts import submit_review
from labeling.screens import review as screen
from projects.models import Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_guideline_version, make_member
from tests.labeling.reviewed import hold, judge, make_rules, review_of, write
from tests.labeling.rows import make_comparison_task, make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db


def under_review(project: Project, task: Task, labeler: User, **fields: Any) -> Any:
    row = judge(task, labeler, **fields)
    ask_review(by=None, project=project, assignments=[row.assignment], cause="sampled")
    return row


class TestScreen:
    def test_a_demonstration_is_shown_with_how_it_came_to_be(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        evidence = {"typed": 10, "pasted": 90, "bulk": 0, "pastes": []}
        row = under_review(
            project, make_demonstration_task(project), labeler, text="**Bold** answer",
            evidence=evidence, cites=["c-1"],
        )  # fmt: skip
        make_guideline_version(project, text="## 1 Be kind {helpful}\n\nBe kind.")
        held = review_of(row.assignment, reviewer)
        page = signed_in(reviewer).get(f"/assignments/{held.pk}/").content.decode()
        assert "<strong>Bold</strong> answer" in page
        assert "10 characters typed, 90 characters pasted." in page
        assert "at work for 20 seconds" in page
        assert "Drawn by chance for review." in page
        assert "Done under version 1 of the guideline" in page
        assert "§1 Be helpful" in page
        assert labeler.username not in page

    def test_names_are_shown_where_the_rules_say_so(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        make_rules(project, review_shows_names=True)
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        page = signed_in(reviewer).get(f"/assignments/{held.pk}/").content.decode()
        assert labeler.username in page

    def test_a_comparison_is_fixed_in_its_form(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(
            project, make_comparison_task(project), labeler, preference=3, justification="Long."
        )
        held = review_of(row.assignment, reviewer)
        client = signed_in(reviewer)
        page = client.get(f"/assignments/{held.pk}/").content.decode()
        assert "B is much better" in page
        assert "Long." in page
        form = {"verdict": "fix", "preference": "1", "justification": "A little.", "reason": ""}
        answer = client.post(f"/assignments/{held.pk}/", form)
        assert answer.status_code == 302
        fixed = Comparison.objects.get(supersedes=row)
        assert (fixed.preference, fixed.justification) == (1, "A little.")

    def test_a_refused_verdict_keeps_what_was_written(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        client = signed_in(reviewer)
        form = {"verdict": "fix", "text": " ", "reason": "A reason kept"}
        answer = client.post(f"/assignments/{held.pk}/", form)
        assert answer.status_code == 400
        assert "A reason kept" in answer.content.decode()
        for verdict in ("return", "", "a\0b"):
            answer = client.post(f"/assignments/{held.pk}/", {"verdict": verdict, "text": "x"})
            assert answer.status_code == 400
        assert not Review.objects.exists()

    def test_a_draft_of_a_review_is_kept(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_ranking_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        client = signed_in(reviewer)
        draft = {"verdict": "fix", "reason": "Half a", "fix": {"tiers": [[1], [0, 2]]}}
        path = f"/assignments/{held.pk}/"
        answer = client.post(f"{path}draft/", draft, content_type="application/json")
        assert answer.status_code == 200
        page = client.get(path)
        assert "Half a" in page.content.decode()
        assert [place["value"] for place in page.context["places"]] == [2, 1, 2]

    def test_a_ranking_is_fixed_by_places(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_ranking_task(project), labeler)
        one, two, three = row.assignment.presented
        held = review_of(row.assignment, reviewer)
        form = {"verdict": "fix", "place-0": "3", "place-1": "1", "place-2": "1"}
        answer = signed_in(reviewer).post(f"/assignments/{held.pk}/", form)
        assert answer.status_code == 302
        assert Ranking.objects.get(supersedes=row).tiers == [[two, three], [one]]

    def test_a_missing_place_is_refused(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_ranking_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        form = {"verdict": "fix", "place-0": "", "place-1": "1", "place-2": "x"}
        answer = signed_in(reviewer).post(f"/assignments/{held.pk}/", form)
        assert answer.status_code == 400

    def test_an_adjudication_shows_all_blind_and_in_one_order(
        self, project: Project, reviewer: User, signed_in: SignIn
    ) -> None:
        task = make_comparison_task(project, overlap=2)
        first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
        lena = make_member(project, Role.LABELER, "lena-l")
        luis = make_member(project, Role.LABELER, "luis-l")
        judge(task, lena, preference=-3)
        judge(task, luis, preference=-2, presented=[second, first])
        ask_adjudication(by=None, task=task)
        held = hold(task.adjudications.get(), reviewer)
        client = signed_in(reviewer)
        page = client.get(f"/assignments/{held.pk}/")
        assert [judged["said"] for judged in page.context["judgements"]] == [
            "A is much better",
            "B is better",
        ]
        assert [judged["who"] for judged in page.context["judgements"]] == [
            "Labeler 1",
            "Labeler 2",
        ]
        assert "lena-l" not in page.content.decode()
        form = {"verdict": "settle", "preference": "both_bad", "reason": "Neither, §1."}
        assert client.post(f"/assignments/{held.pk}/", form).status_code == 302
        settled = Comparison.objects.get(assignment=held)
        assert (settled.both_bad, settled.justification) == (True, "Neither, §1.")

    def test_who_cannot_judge_passes_it_on(
        self, project: Project, reviewer: User, signed_in: SignIn
    ) -> None:
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-3)
        judge(task, preference=3)
        ask_adjudication(by=None, task=task)
        held = hold(task.adjudications.get(), reviewer)
        form = {"verdict": "settle", "preference": "cannot_judge"}
        assert signed_in(reviewer).post(f"/assignments/{held.pk}/", form).status_code == 302
        held.refresh_from_db()
        assert held.state == "skipped"

    def test_the_form_is_read_into_a_draft(self) -> None:
        from django.http import QueryDict

        post = QueryDict("verdict=fix&reason=r&text=t&turn-1=b&turn-0=a")
        assert screen.draft_of(post) == {
            "verdict": "fix",
            "reason": "r",
            "fix": {"text": "t", "turns": [{"content": "a"}, {"content": "b"}]},
        }


class TestList:
    @pytest.mark.parametrize("show", ["", "waiting", "done", "work", "disputed", "reviewers", "x"])
    def test_every_list_opens_empty_and_filled(
        self, project: Project, owner: User, reviewer: User, labeler: User,
        signed_in: SignIn, show: str,
    ) -> None:  # fmt: skip
        client = signed_in(owner)
        path = f"/projects/harbour/reviews/?show={show}&kind=x&labeler=9999999999999999999999"
        assert client.get(path).status_code == 200
        row = under_review(project, make_demonstration_task(project), labeler)
        submit_review(by=reviewer, assignment=review_of(row.assignment, reviewer), verdict="accept")
        under_review(project, make_comparison_task(project), labeler)
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-3)
        judge(task, preference=3)
        assert client.get(path).status_code == 200

    def test_filters_narrow_the_list(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        under_review(project, make_demonstration_task(project, "About ships"), labeler)
        under_review(project, make_comparison_task(project, "About trains"), make_member(project))
        client = signed_in(owner)
        for query in ("kind=demonstration", f"labeler={labeler.pk}"):
            page = client.get(f"/projects/harbour/reviews/?{query}").content.decode()
            assert "About ships" in page
            assert "About trains" not in page
        page = client.get("/projects/harbour/reviews/?cause=asked").content.decode()
        assert "About ships" not in page

    def test_reviewers_see_no_names_unless_the_rules_say_so(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        under_review(project, make_demonstration_task(project), labeler)
        client = signed_in(reviewer)
        for show in ("waiting", "work"):
            page = client.get(f"/projects/harbour/reviews/?show={show}&labeler={labeler.pk}")
            assert labeler.username not in page.content.decode()
        make_rules(project, review_shows_names=True)
        page = client.get("/projects/harbour/reviews/")
        assert labeler.username in page.content.decode()

    def test_picked_work_is_sent_to_review(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        rows = [judge(make_demonstration_task(project), labeler) for _ in range(2)]
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-3)
        judge(task, preference=3)
        client = signed_in(reviewer)
        path = "/projects/harbour/reviews/ask/"
        client.post(path, {"show": "work", "pick": [row.assignment_id for row in rows]})
        assert Task.objects.filter(kind="review", reviewed__isnull=False).count() == 2
        client.post(path, {"show": "disputed", "pick": [task.pk]})
        assert task.adjudications.count() == 1
        assert client.post(path, {"pick": "x"}).status_code == 400
        assert client.post(path, {"show": "work"}).status_code == 302

    def test_reviewing_starts_from_the_list(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_demonstration_task(project), labeler)
        answer = signed_in(reviewer).post("/projects/harbour/next/review/")
        assert answer.status_code == 302
        assert row.assignment.reviews.get().assignments.get().labeler == reviewer


class TestReviewers:
    def test_second_looks_and_settlements_are_measured(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        second = make_member(project, Role.REVIEWER, "ron")
        rows = [under_review(project, make_demonstration_task(project), labeler) for _ in range(3)]
        for row in rows:
            held = review_of(row.assignment, reviewer)
            submit_review(by=reviewer, assignment=held, verdict="accept")
        ask_review(by=None, project=project, assignments=[row.assignment for row in rows[:2]])
        verdicts = (("accept", ""), ("return", "No."))
        for row, (verdict, reason) in zip(rows, verdicts, strict=False):
            held = review_of(row.assignment, second)
            submit_review(by=second, assignment=held, verdict=verdict, reason=reason)
        first = measures(project)[0]
        assert (first.user, first.number, first.accepted_percent) == (reviewer, 3, 100)
        assert (first.n_again, first.n_alike, first.n_overturned) == (2, 1, 1)
        assert measures(project)[1].returned_percent == 50

    def test_a_correction_between_two_verdicts_is_no_second_look(
        self, project: Project, reviewer: User, labeler: User
    ) -> None:
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="return", reason="Short.")
        write(row.assignment, supersedes=row, text="Longer.")
        second = make_member(project, Role.REVIEWER, "ron")
        submit_review(by=second, assignment=review_of(row.assignment, second), verdict="accept")
        assert [one.n_again for one in measures(project)] == [0, 0]

    def test_a_settlement_against_an_accepted_judgement_overturns_it(
        self, project: Project, reviewer: User
    ) -> None:
        task = make_comparison_task(project, overlap=2)
        row = judge(task, preference=-3)
        judge(task, preference=3)
        ask_review(by=None, project=project, assignments=[row.assignment])
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="accept")
        ask_adjudication(by=None, task=task)
        second = make_member(project, Role.REVIEWER, "ron")
        held = hold(task.adjudications.get(), second)
        submit_review(by=second, assignment=held, verdict="settle", fix={"preference": 2})
        found = {one.user: one for one in measures(project)}
        assert (found[reviewer].n_again, found[reviewer].n_overturned) == (1, 1)
        assert found[second].verdicts["settle"] == 1

    def test_reviewers_see_their_own_figures_only(
        self, project: Project, reviewer: User, labeler: User, owner: User, signed_in: SignIn
    ) -> None:
        second = make_member(project, Role.REVIEWER, "ron")
        for each in (reviewer, second):
            row = under_review(project, make_demonstration_task(project), labeler)
            held = review_of(row.assignment, each)
            submit_review(by=each, assignment=held, verdict="accept")
        path = "/projects/harbour/reviews/?show=reviewers"
        page = signed_in(second).get(path).content.decode()
        assert reviewer.username not in page
        assert reviewer.username in signed_in(owner).get(path).content.decode()


class TestFeedback:
    def test_a_labeler_sees_what_was_accepted_fixed_and_returned(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        text = "The answre is here."
        row = under_review(project, make_demonstration_task(project), labeler, text=text)
        held = review_of(row.assignment, reviewer)
        fix = {"text": "The answer is here."}
        submit_review(by=reviewer, assignment=held, verdict="fix", reason="A slip, §1.", fix=fix)
        row = under_review(project, make_comparison_task(project), labeler, preference=-3)
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="fix", fix={"preference": -1})
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="return", reason="Say more.")
        page = signed_in(labeler).get("/projects/harbour/feedback/").content.decode()
        assert re.search(r"<del>answre ?</del><ins>answer ?</ins>", page)
        assert "#c-1" in page
        assert "A is slightly better" in page
        assert "Say more." in page
        assert f'href="/assignments/{row.assignment_id}/"' in page
        assert reviewer.username not in page

    def test_nobody_sees_what_is_said_of_others(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="return", reason="Say more.")
        other = make_member(project, Role.LABELER)
        page = signed_in(other).get("/projects/harbour/feedback/").content.decode()
        assert "Say more." not in page
        assert "No feedback yet" in page

    def test_returned_work_is_corrected_on_its_page(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        row = under_review(project, make_demonstration_task(project), labeler)
        held = review_of(row.assignment, reviewer)
        submit_review(by=reviewer, assignment=held, verdict="return", reason="Say more.")
        client = signed_in(labeler)
        path = f"/assignments/{row.assignment_id}/"
        assert "Say more." in client.get(path).content.decode()
        assert client.post(path, {"text": "More is said."}).status_code == 302
        later = Demonstration.objects.get(supersedes=row)
        assert later.response.text == "More is said."
        assert row.assignment.reviews.filter(state="ready").count() == 1

"""Members as labelers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.assigning.gates import barrier
from labeling.assigning.lanes import lane_for
from labeling.gold.results import resume
from labeling.judging.rules import change_rules
from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, Gold, GoldResult, Labeler
from labeling.quality.labelers import (
    change_labeler,
    labelers_of,
    missing_abilities,
    pause_labeler,
    with_scores,
)
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import hold, judge
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_prompt,
    make_task,
)

pytestmark = pytest.mark.django_db


def change(by: User, project: Project, user: User, **values: Any) -> Labeler:
    values = {"languages": "", "skills": "", "daily_cap": "", **values}
    return change_labeler(by=by, project=project, user_id=user.pk, **values)


def test_languages_and_skills_are_a_text_or_a_list(
    project: Project, owner: User, labeler: User
) -> None:
    row = change(owner, project, labeler, languages="DE, pt-BR,de,", skills=" law\nmedicine ,law")
    assert (row.languages, row.skills, row.daily_cap) == (
        ["de", "pt-br"],
        ["law", "medicine"],
        None,
    )
    row = change(owner, project, labeler, languages=["fr"], skills=[], daily_cap="20")
    assert (row.languages, row.skills, row.daily_cap) == (["fr"], [], 20)
    assert Labeler.objects.count() == 1
    events = AuditEvent.objects.filter(verb="labeler.changed").order_by("pk")
    assert [event.detail["after"]["languages"] for event in events] == [["de", "pt-br"], ["fr"]]


def test_the_same_again_is_no_change(project: Project, owner: User, labeler: User) -> None:
    for _ in range(2):
        change(owner, project, labeler, languages="de")
    assert AuditEvent.objects.filter(verb="labeler.changed").count() == 1


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"languages": "x" * 17}, ["languages"]),
        ({"languages": ",".join(f"l{i}" for i in range(21))}, ["languages"]),
        ({"languages": "a\0"}, ["languages"]),
        ({"languages": 7}, ["languages"]),
        ({"languages": [7]}, ["languages"]),
        ({"languages": {"de": 1}}, ["languages"]),
        ({"skills": "x" * 41}, ["skills"]),
        ({"skills": "x" * 5_000}, ["skills"]),
        ({"skills": ",".join(f"s{i}" for i in range(21))}, ["skills"]),
        ({"skills": None}, ["skills"]),
        ({"daily_cap": "-1"}, ["daily_cap"]),
        ({"daily_cap": "many"}, ["daily_cap"]),
        ({"daily_cap": 100_001}, ["daily_cap"]),
        ({"daily_cap": 1.5}, ["daily_cap"]),
        ({"daily_cap": "9" * 5_000}, ["daily_cap"]),
        ({"languages": 7, "skills": 7, "daily_cap": "x"}, ["languages", "skills", "daily_cap"]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bad_values_are_all_named(
    project: Project, owner: User, labeler: User, values: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(owner, project, labeler, **values)
    assert [problem.field for problem in caught.value.problems] == fields
    assert not Labeler.objects.exists()


def test_only_owners_change_and_only_members(
    project: Project, owner: User, reviewer: User, labeler: User, stranger: User
) -> None:
    with pytest.raises(NotPermitted):
        change(reviewer, project, labeler)
    with pytest.raises(NotPermitted):
        pause_labeler(by=labeler, project=project, user_id=labeler.pk, reason="So.")
    for user_id in (stranger.pk, 0, 2**63):
        with pytest.raises(NotFound):
            change_labeler(
                by=owner, project=project, user_id=user_id, languages="", skills="", daily_cap=""
            )


def test_a_pause_lasts_until_a_person_lifts_it(
    project: Project, owner: User, labeler: User
) -> None:
    member = project.memberships.get(user=labeler)
    row = pause_labeler(by=owner, project=project, user_id=labeler.pk, reason="Let us talk. ")
    assert row.paused_at is not None
    found = barrier(member, "demonstration")
    assert found is not None
    assert (found.kind, "Let us talk." in found.sentence) == ("paused", True)
    with pytest.raises(Conflict, match="already"):
        pause_labeler(by=owner, project=project, user_id=labeler.pk, reason="Again.")
    resume(by=owner, labeler=row, note="We talked.")
    assert barrier(member, "demonstration") is None


@pytest.mark.parametrize("reason", ["", " ", "\0", "x" * 301, None])
def test_a_pause_has_its_reason(project: Project, owner: User, labeler: User, reason: Any) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        pause_labeler(by=owner, project=project, user_id=labeler.pk, reason=reason)
    assert not Labeler.objects.exists()


def test_every_member_is_listed_with_cap_and_today(
    project: Project, owner: User, labeler: User
) -> None:
    make_demonstration_task(project)
    make_demonstration_task(project)
    held = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=held, text="Answer.")
    yesterday = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=yesterday, text="Answer.")
    Assignment.objects.filter(pk=yesterday.pk).update(ended_at=timezone.now() - timedelta(days=1))
    change_rules(by=owner, project=project, daily_cap=30)
    change(owner, project, owner, daily_cap="5")
    rows = {row.member.user: row for row in labelers_of(project)}
    assert set(rows) == {member.user for member in project.memberships.all()}
    assert (rows[labeler].cap, rows[labeler].own_cap, rows[labeler].n_today) == (30, None, 1)
    assert (rows[owner].cap, rows[owner].own_cap, rows[owner].n_today) == (5, 5, 0)


def test_what_nobody_can_is_told(project: Project, owner: User, labeler: User) -> None:
    for language, skills in (("de", ["law"]), ("fr", []), ("", ["medicine"])):
        lane = lane_for(project=project, kind="demonstration", language=language, skills=skills)
        make_task(make_prompt(project), "demonstration", lane=lane)
    lane_for(project=project, kind="demonstration", language="nl")
    change(owner, project, labeler, languages="fr", skills="law")
    assert missing_abilities(project) == (["de"], ["medicine"])


class TestPages:
    def test_the_table_shows_who_has_what(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        change(owner, project, labeler, languages="de", skills="law", daily_cap="9")
        pause_labeler(by=owner, project=project, user_id=labeler.pk, reason="Let us talk.")
        page = signed_in(owner).get("/projects/harbour/labelers/").content.decode()
        for words in ("lena-labeler", ">de<", ">law<", "of 9", "paused", "Let us talk."):
            assert words in page

    def test_reviewers_look_and_do_not_change(
        self, project: Project, reviewer: User, labeler: User, signed_in: SignIn
    ) -> None:
        page = signed_in(reviewer).get("/projects/harbour/labelers/").content.decode()
        assert "lena-labeler" in page
        assert "/change/" not in page

    def test_an_owner_changes_and_pauses(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        browser = signed_in(owner)
        path = f"/projects/harbour/labelers/{labeler.pk}"
        form = {"languages": "de", "skills": "law", "daily_cap": "3"}
        assert browser.post(f"{path}/change/", form).status_code == 302
        assert browser.post(f"{path}/pause/", {"reason": "Let us talk."}).status_code == 302
        page = browser.get(f"{path}/change/").content.decode()
        assert 'value="law"' in page
        assert "Paused since" in page

    def test_a_refused_form_keeps_what_was_written(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        path = f"/projects/harbour/labelers/{labeler.pk}"
        form = {"languages": "de", "skills": "law", "daily_cap": "many"}
        answer = signed_in(owner).post(f"{path}/change/", form)
        assert answer.status_code == 400
        assert 'value="many"' in answer.content.decode()
        assert "Submissions a day: must be a whole number" in answer.content.decode()
        answer = signed_in(owner).post(f"{path}/pause/", {"reason": " "})
        assert answer.status_code == 400

    def test_nobody_else_s_number_is_not_found(
        self, project: Project, owner: User, stranger: User, signed_in: SignIn
    ) -> None:
        browser: Client = signed_in(owner)
        for pk in (stranger.pk, 2**63, 10**30):
            path = f"/projects/harbour/labelers/{pk}"
            assert browser.get(f"{path}/change/").status_code == 404
            assert browser.post(f"{path}/pause/", {"reason": "So."}).status_code == 404


def test_owners_see_figures_and_reviewers_the_page_without_them(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    judge(make_demonstration_task(project), labeler)
    answer = signed_in(owner).get("/projects/harbour/labelers/", {"sort": "submitted"})
    told = [(row.member.user.username, card.number) for row, card in answer.context["labelers"]]
    assert told[0] == ("lena-labeler", 1)
    assert "Same side" in answer.content.decode()
    answer = signed_in(reviewer).get("/projects/harbour/labelers/", {"sort": "submitted"})
    told = [(row.member.user.username, card) for row, card in answer.context["labelers"]]
    assert [card for _, card in told] == [None] * len(told)
    page = answer.content.decode()
    assert ("Same side" in page, "/scorecard" in page) == (False, False)


def test_what_may_want_a_look_comes_first(
    project: Project, owner: User, reviewer: User, labeler: User
) -> None:
    gold = Gold.objects.create(
        task=make_comparison_task(project, overlap=3),
        expected={"preferences": [-3], "both_bad": False},
        reason="So.",
        created_by=owner,
    )
    for who, score in ((labeler, 0.2), (owner, 0.9)):
        held = hold(gold.task, who)
        GoldResult.objects.create(gold=gold, assignment=held, labeler=who, score=score)
    order = [row.member.user for row, _ in with_scores(project, sort="gold")]
    assert order[:2] == [labeler, owner]
    assert reviewer in order

"""Tasks that are set aside: flagged, skipped too often, or not drawn; and what becomes of them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.assigning import candidates
from labeling.assigning.flags import flag, resolve, settle, waiting
from labeling.assigning.queue import claim_next, lapse_expired, skip
from labeling.judging.submissions import submit_demonstration
from labeling.models import Flag, Gold, Task, WorkRules
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.conftest import SignIn
from tests.factories import make_member, make_model
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_drawing_task,
    make_ranking_task,
)

pytestmark = pytest.mark.django_db


def state_of(task: Task) -> tuple[str, bool, int]:
    task.refresh_from_db()
    return task.state, task.is_open, task.n_assigned


def flagged(user: User, project: Project, kind: str = "demonstration") -> Flag:
    return flag(by=user, assignment=claim(user, project, kind), reason="broken", note=" No text. ")


def test_a_flagged_task_is_set_aside_and_its_place_is_free(project: Project, labeler: User) -> None:
    task = make_demonstration_task(project, overlap=2)
    made = flagged(labeler, project)
    assert (made.reason, made.note, made.task) == ("broken", "No text.", task)
    assert state_of(task) == ("set_aside", False, 0)
    made.assignment.refresh_from_db()
    assert made.assignment.state == "flagged"
    assert claim_next(by=make_member(project), project=project, kind="demonstration") is None
    assert AuditEvent.objects.get(verb="task.flagged").detail == {"reason": "broken"}


def test_flagging_twice_is_once(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    held = claim(labeler, project)
    first = flag(by=labeler, assignment=held, reason="broken")
    assert flag(by=labeler, assignment=held, reason="unanswerable") == first
    assert Flag.objects.count() == 1


def test_a_lapsed_task_can_be_flagged_and_frees_no_second_place(
    project: Project, labeler: User
) -> None:
    task = make_demonstration_task(project, overlap=2)
    other = make_member(project)
    held = claim(labeler, project)
    claim(other, project)
    type(held).objects.filter(pk=held.pk).update(leased_until=timezone.now())
    lapse_expired()
    flag(by=labeler, assignment=held, reason="wrong_language")
    assert state_of(task) == ("set_aside", False, 1)


def test_who_has_it_too_may_still_submit(project: Project, labeler: User, reviewer: User) -> None:
    task = make_demonstration_task(project, overlap=2)
    other = make_member(project)
    held = claim(other, project)
    made = flagged(labeler, project)
    submit_demonstration(by=other, assignment=held, text="Answer.")
    assert state_of(task) == ("set_aside", False, 1)
    resolve(by=reviewer, flag=made, outcome="queued")
    assert state_of(task) == ("ready", True, 1)


def test_submitted_and_skipped_tasks_cannot_be_flagged(project: Project, labeler: User) -> None:
    make_demonstration_task(project), make_demonstration_task(project)
    done = claim(labeler, project)
    submit_demonstration(by=labeler, assignment=done, text="Answer.")
    skipped = claim(labeler, project)
    skip(by=labeler, assignment=skipped)
    for held in (done, skipped):
        with pytest.raises(Conflict):
            flag(by=labeler, assignment=held, reason="broken")
    type(done).objects.filter(pk=done.pk).update(state="reopened")
    for deed in (lambda: skip(by=labeler, assignment=done), lambda: _flag(labeler, done)):
        with pytest.raises(Conflict):
            deed()


def _flag(user: User, assignment: Any) -> Flag:
    return flag(by=user, assignment=assignment, reason="broken")


def test_somebody_else_s_task_cannot_be_flagged(project: Project, labeler: User) -> None:
    make_demonstration_task(project)
    held = claim(labeler, project)
    with pytest.raises(NotFound):
        _flag(make_member(project), held)


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [
        ("", "", "reason"),
        ("rude", "", "reason"),
        (7, "", "reason"),
        (["broken"], "", "reason"),
        ("broken", "x" * 1001, "note"),
        ("broken", "a\0", "note"),
        ("broken", None, "note"),
    ],
)
def test_bad_flags_name_the_field(
    project: Project, labeler: User, reason: Any, note: Any, field: str
) -> None:
    make_demonstration_task(project)
    held = claim(labeler, project)
    with pytest.raises(InvalidInput) as refused:
        flag(by=labeler, assignment=held, reason=reason, note=note)
    assert refused.value.problems[0].field == field
    assert not Flag.objects.exists()


def test_back_in_the_queue_it_goes_to_others(
    project: Project, labeler: User, reviewer: User
) -> None:
    task = make_demonstration_task(project)
    made = resolve(by=reviewer, flag=flagged(labeler, project), outcome="queued")
    assert (made.outcome, made.resolved_by, made.resolved_at is None) == ("queued", reviewer, False)
    assert state_of(task) == ("ready", True, 0)
    assert claim_next(by=labeler, project=project, kind="demonstration") is None
    assert claim(make_member(project), project).task == task
    assert resolve(by=reviewer, flag=made, outcome="retired").outcome == "queued"


def test_one_settling_resolves_all_flags_of_a_task(
    project: Project, labeler: User, reviewer: User
) -> None:
    make_demonstration_task(project, overlap=2)
    other = make_member(project)
    held = claim(other, project)
    first = flagged(labeler, project)
    second = flag(by=other, assignment=held, reason="private_data")
    resolve(by=reviewer, flag=first, outcome="retired")
    second.refresh_from_db()
    assert second.outcome == "retired"


def test_a_retired_task_is_given_to_nobody(project: Project, labeler: User, owner: User) -> None:
    task = make_demonstration_task(project)
    resolve(by=owner, flag=flagged(labeler, project), outcome="retired")
    assert state_of(task) == ("retired", False, 0)
    assert claim_next(by=make_member(project), project=project, kind="demonstration") is None
    with pytest.raises(Conflict, match="already"):
        settle(by=owner, task=task, outcome="queued")


@pytest.mark.parametrize("kind", ["comparison", "ranking"])
def test_candidates_are_drawn_again(
    project: Project, labeler: User, reviewer: User, kind: str
) -> None:
    make_model(), make_model()
    make = make_comparison_task if kind == "comparison" else make_ranking_task
    task = make(project)
    resolve(by=reviewer, flag=flagged(labeler, project, kind), outcome="drawn_again")
    assert state_of(task) == ("drawing", False, 0)
    assert not task.candidates.exists()
    assert candidates.request_missing() == 1
    assert task.candidates.count() == {"comparison": 2, "ranking": 4}[kind]


def test_a_demonstration_has_nothing_to_draw_and_gold_keeps_its_candidates(
    project: Project, labeler: User, owner: User
) -> None:
    make_demonstration_task(project)
    first = flagged(labeler, project)
    task = make_comparison_task(project)
    Gold.objects.create(task=task, expected={}, reason="So.", created_by=owner)
    second = flagged(labeler, project, "comparison")
    for made in (first, second):
        with pytest.raises(Conflict, match="candidates"):
            resolve(by=owner, flag=made, outcome="drawn_again")
    resolve(by=owner, flag=second, outcome="retired")
    assert Gold.objects.get().retired_at is not None


def test_only_staff_settle(project: Project, labeler: User, stranger: User) -> None:
    make_demonstration_task(project)
    made = flagged(labeler, project)
    with pytest.raises(NotPermitted):
        resolve(by=labeler, flag=made, outcome="queued")
    with pytest.raises(NotFound):
        resolve(by=stranger, flag=made, outcome="queued")


@pytest.mark.parametrize("outcome", ["", "kept", 7, None, ["queued"]])
def test_an_unknown_outcome_is_refused(
    project: Project, labeler: User, owner: User, outcome: Any
) -> None:
    make_demonstration_task(project)
    with pytest.raises(InvalidInput, match="outcome"):
        resolve(by=owner, flag=flagged(labeler, project), outcome=outcome)


def test_after_the_skips_the_rules_name_a_task_is_set_aside(
    project: Project, reviewer: User
) -> None:
    WorkRules.objects.create(project=project, set_aside_after_skips=2)
    task = make_demonstration_task(project, overlap=3)
    for _ in range(2):
        person = make_member(project)
        skip(by=person, assignment=claim(person, project))
    assert state_of(task) == ("set_aside", False, 0)
    verbs = AuditEvent.objects.filter(verb="task.skipped").order_by("pk")
    assert [event.detail.get("set_aside") for event in verbs] == [None, True]
    settle(by=reviewer, task=task, outcome="queued")
    person = make_member(project)
    skip(by=person, assignment=claim(person, project))
    assert state_of(task) == ("ready", True, 0)


def test_without_such_a_rule_no_number_of_skips_matters(project: Project) -> None:
    WorkRules.objects.create(project=project, set_aside_after_skips=0)
    task = make_demonstration_task(project)
    for _ in range(5):
        person = make_member(project)
        skip(by=person, assignment=claim(person, project))
    assert state_of(task) == ("ready", True, 0)


def test_what_waits_can_be_filtered(project: Project, labeler: User) -> None:
    skipped = make_demonstration_task(project, state="set_aside", is_open=False)
    failed = make_drawing_task(project)
    Task.objects.filter(pk=failed.pk).update(state="failed")
    task = make_demonstration_task(project)
    flagged(labeler, project)
    make_demonstration_task(project)
    assert set(waiting(project)) == {skipped, failed, task}
    assert list(waiting(project, only="broken")) == [task]
    assert list(waiting(project, only="private_data")) == []
    assert list(waiting(project, only="skipped")) == [skipped]
    assert list(waiting(project, only="failed")) == [failed]


def test_a_failed_task_is_drawn_again_by_itself(
    project: Project, reviewer: User, labeler: User
) -> None:
    first, second = make_drawing_task(project), make_drawing_task(project)
    Task.objects.filter(pk__in=[first.pk, second.pk]).update(state="failed")
    with pytest.raises(NotPermitted):
        candidates.draw_again(by=labeler, task=first)
    with pytest.raises(Conflict, match="no candidates"):
        settle(by=reviewer, task=first, outcome="queued")
    settle(by=reviewer, task=first, outcome="drawn_again")
    assert [state_of(first)[0], state_of(second)[0]] == ["drawing", "failed"]
    with pytest.raises(Conflict):
        candidates.draw_again(by=reviewer, task=first)


def test_the_page_shows_who_and_why_and_settles(
    project: Project, labeler: User, reviewer: User, signed_in: SignIn
) -> None:
    task = make_demonstration_task(project, "Is <b>this</b> fine?")
    flagged(labeler, project)
    client: Client = signed_in(reviewer)
    page = client.get("/projects/harbour/flags/?only=broken").content.decode()
    for text in ("Is &lt;b&gt;this&lt;/b&gt; fine?", "lena-labeler", "No text.", "Broken"):
        assert text in page
    assert "Draw candidates again" not in page
    assert "No text." not in client.get("/projects/harbour/flags/?only=skipped").content.decode()
    url = f"/projects/harbour/flags/{task.pk}/"
    answer = client.post(url, {"outcome": "queued", "only": "broken"})
    assert (answer.status_code, answer["Location"]) == (302, "/projects/harbour/flags/?only=broken")
    assert state_of(task) == ("ready", True, 0)
    assert "Nothing is set aside" in client.get("/projects/harbour/flags/").content.decode()


@pytest.mark.parametrize(
    ("data", "status"), [({}, 400), ({"outcome": "x"}, 400), ({"outcome": "queued\0"}, 400)]
)
def test_bad_forms_are_refused(
    project: Project, reviewer: User, signed_in: SignIn, data: dict[str, str], status: int
) -> None:
    task = make_demonstration_task(project, state="set_aside", is_open=False)
    answer = signed_in(reviewer).post(f"/projects/harbour/flags/{task.pk}/", data)
    assert answer.status_code == status
    assert state_of(task)[0] == "set_aside"


def test_a_task_of_another_project_is_not_found(
    project: Project, stranger: User, signed_in: SignIn
) -> None:
    task = make_demonstration_task(project, state="set_aside", is_open=False)
    url = f"/projects/elsewhere/flags/{task.pk}/"
    assert signed_in(stranger).post(url, {"outcome": "queued"}).status_code == 404
    url = "/projects/elsewhere/flags/999999999999999999999999/"
    assert signed_in(stranger).post(url, {"outcome": "queued"}).status_code == 404

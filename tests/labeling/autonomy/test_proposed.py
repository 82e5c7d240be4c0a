"""Proposals on comparisons: shown, hidden by chance, written down once, confirmed and overruled."""

import re
from typing import Any

import pytest
from django.test import Client

from instructions.models import GuidelineVersion
from labeling.assigning.queue import claim_next
from labeling.autonomy import presenting, standing_in
from labeling.judging.submissions import submit_comparison
from labeling.models import (
    Assignment,
    Autonomy,
    Comparison,
    Judge,
    MachineJudgement,
    Task,
    WorkLevel,
)
from projects.models import ApiToken, AuditEvent, Project, Role, User
from projects.tokens import create
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.judged import make_judge
from tests.labeling.levelled import at_level, make_verdict
from tests.labeling.rows import claim, make_comparison_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def owner(project: Project) -> User:
    return make_member(project, Role.OWNER)


@pytest.fixture
def labeler(project: Project) -> User:
    return make_member(project)


@pytest.fixture
def version(project: Project) -> GuidelineVersion:
    return make_guideline_version(project)


@pytest.fixture
def judge(project: Project, owner: User) -> Judge:
    return make_judge(project, owner)


def never_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance is the only thing that is held still."""
    monkeypatch.setattr("secrets.randbelow", lambda limit: limit - 1)


def page(user: User, assignment: Assignment) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/assignments/{assignment.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_proposal_speaks_of_the_sides_as_they_are_shown(
    project: Project,
    labeler: User,
    version: GuidelineVersion,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never_blind(monkeypatch)
    at_level(project, 4, judge)
    task = make_comparison_task(project)
    verdict = make_verdict(judge, task, version, "first")
    held = claim(labeler, project, "comparison")
    proposed = presenting.proposed_to(held)
    is_first_a = held.presented[0] == verdict.first_id
    assert proposed is not None
    assert (proposed.side, proposed.preference) == (("a", -2) if is_first_a else ("b", 2))
    assert proposed.reason == ("A is clearer." if is_first_a else "B is clearer.")
    row = WorkLevel.objects.get(assignment=held)
    assert (row.level, row.verdict, row.is_blind) == (4, verdict, False)


def test_the_page_says_that_it_is_a_models_and_names_none(
    project: Project,
    labeler: User,
    version: GuidelineVersion,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never_blind(monkeypatch)
    at_level(project, 4, judge)
    make_verdict(judge, make_comparison_task(project), version)
    text = page(labeler, claim(labeler, project, "comparison"))
    assert "A model&#x27;s proposal" in text or "A model's proposal" in text
    assert "data-confirm" in text
    assert judge.name not in text
    assert judge.model.name not in text


def test_a_blind_task_is_one_the_judge_has_not_judged(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    have_done_one(labeler, project)
    at_level(project, 4, judge, audit_percent=100)
    audited, unjudged = (
        make_comparison_task(project, "Why?"),
        make_comparison_task(project, "Why?!"),
    )
    make_verdict(judge, audited, version)
    pages = []
    for _ in range(2):
        held = claim(labeler, project, "comparison")
        pages.append((held.task_id, _without_ids(page(labeler, held), held)))
        submit_comparison(by=labeler, assignment=held, preference=-1)
    told = dict(pages)
    assert told[audited.pk] == told[unjudged.pk]
    rows = WorkLevel.objects.filter(assignment__task=audited)
    assert rows.values_list("is_blind", flat=True).get() is True


def ask(user: User, project: Project) -> dict[str, Any]:
    """The next comparison over the API."""
    _, token = create(by=user, name=f"T{ApiToken.objects.count()}")
    answer = Client().post(
        f"/api/v1/projects/{project.slug}/next",
        {"kind": "comparison"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
    return dict(answer.json())


def have_done_one(labeler: User, project: Project) -> None:
    """So that every page that follows offers to undo."""
    make_comparison_task(project, "First of all")
    held = claim(labeler, project, "comparison")
    submit_comparison(by=labeler, assignment=held, preference=-1)


def _without_ids(text: str, held: Assignment) -> str:
    """A page without what is its task's own: keys, tokens, what was asked, which side, when."""
    text = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    text = re.sub(r"Why\?!?|One\.|Two\.", "…", text)
    text = re.sub(r"<form[^>]*data-undo.*?</form>", "", text, flags=re.S)
    text = re.sub(r"<span[^>]*data-done-today.*?</span>", "", text, flags=re.S)
    return re.sub(rf"\b{held.pk}\b|nonce-[\w+/=]+|\d{{4}}-\d\d-\d\dT[\d:.+]+", "", text)


def test_what_is_decided_first_stays(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    at_level(project, 4, judge)
    task = make_comparison_task(project)
    held = claim(labeler, project, "comparison")
    assert presenting.proposed_to(held) is None
    make_verdict(judge, task, version)
    assert presenting.proposed_to(held) is None
    assert WorkLevel.objects.get().is_blind


def test_what_is_being_corrected_gets_no_proposal_it_had_not(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    task = make_comparison_task(project)
    held = claim(labeler, project, "comparison")
    submit_comparison(by=labeler, assignment=held, preference=-1)
    at_level(project, 4, judge)
    make_verdict(judge, task, version)
    held.refresh_from_db()
    held.state = Assignment.State.REOPENED
    assert (presenting.proposed_to(held), WorkLevel.objects.count()) == (None, 0)


@pytest.mark.parametrize("outcome", ["abstained"])
def test_an_abstention_proposes_nothing(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge, outcome: str
) -> None:
    at_level(project, 4, judge)
    make_verdict(judge, make_comparison_task(project), version, outcome)
    assert presenting.proposed_to(claim(labeler, project, "comparison")) is None


def test_at_the_lowest_level_nothing_is_written(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    make_verdict(judge, make_comparison_task(project), version)
    page(labeler, claim(labeler, project, "comparison"))
    assert WorkLevel.objects.count() == 0


def test_the_api_tells_a_proposal_and_only_then(
    project: Project,
    labeler: User,
    version: GuidelineVersion,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never_blind(monkeypatch)
    make_verdict(judge, make_comparison_task(project), version, "equal")
    assert "proposal" not in ask(labeler, project)
    at_level(project, 4, judge)
    told = ask(labeler, project)["proposal"]
    assert told.pop("reason") in ("A is clearer.", "B is clearer.")
    assert told == {"side": "equal", "preference": 0, "confidence": 0.95}


def _level_five(
    project: Project, version: GuidelineVersion, judge: Judge, number: int, **terms: Any
) -> Autonomy:
    for place in range(number):
        make_verdict(judge, make_comparison_task(project, f"Ask {place}"), version)
    return at_level(project, 5, judge, **terms)


def test_sure_verdicts_stand_but_for_the_sample(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = _level_five(project, version, judge, 40, audit_percent=50)
    settled = standing_in.settle_alone(autonomy_id=row.pk)
    audits = MachineJudgement.objects.filter(is_audit=True).count()
    assert (settled + audits, MachineJudgement.objects.count()) == (40, 40)
    assert 0 < audits < 40
    assert Task.objects.filter(is_open=True, state="ready").count() == audits
    assert standing_in.n_standing(project) == settled
    assert standing_in.settle_alone(autonomy_id=row.pk) == 0
    assert AuditEvent.objects.filter(verb="autonomy.judged").count() == 1


def test_who_is_unsure_abstains_or_comes_too_late_leaves_the_task_to_people(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = at_level(project, 5, judge, audit_percent=1)
    begun = make_comparison_task(project)
    claim(labeler, project, "comparison")
    make_verdict(judge, begun, version)
    make_verdict(judge, make_comparison_task(project), version, sure=0.7)
    make_verdict(judge, make_comparison_task(project), version, "abstained")
    make_comparison_task(project)
    make_verdict(judge, make_comparison_task(project, answers=("1", "2", "3")), version)
    assert standing_in.settle_alone(autonomy_id=row.pk) == 0
    assert not MachineJudgement.objects.exists()


def test_gold_is_never_settled_by_a_judge(
    project: Project, version: GuidelineVersion, judge: Judge
) -> None:
    task = make_comparison_task(project)
    type(task.lane).objects.filter(pk=task.lane_id).update(is_gold=True)
    make_verdict(judge, task, version)
    row = at_level(project, 5, judge, audit_percent=1)
    assert standing_in.settle_alone(autonomy_id=row.pk) == 0


def test_below_level_five_nothing_stands(
    project: Project, version: GuidelineVersion, judge: Judge
) -> None:
    row = _level_five(project, version, judge, 3)
    Autonomy.objects.update(level=4)
    assert standing_in.settle_alone(autonomy_id=row.pk) == 0


def test_an_audited_task_looks_like_any_other_in_page_and_api(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    have_done_one(labeler, project)
    row = at_level(project, 5, judge, audit_percent=100)
    audited, other = make_comparison_task(project, "Why?"), make_comparison_task(project, "Why?!")
    make_verdict(judge, audited, version)
    standing_in.settle_alone(autonomy_id=row.pk)
    assert MachineJudgement.objects.get().task == audited
    pages, calls = {}, {}
    for _ in range(2):
        told = ask(labeler, project)
        held = Assignment.objects.select_related("task").get(pk=told["id"])
        calls[held.task_id] = sorted(told)
        pages[held.task_id] = _without_ids(page(labeler, held), held)
        submit_comparison(by=labeler, assignment=held, preference=-1)
    assert pages[audited.pk] == pages[other.pk]
    assert calls[audited.pk] == calls[other.pk]
    rows = WorkLevel.objects.filter(level=5, verdict=None, is_blind=True)
    assert (rows.count(), WorkLevel.objects.count()) == (2, 2)


def test_what_was_settled_alone_can_be_given_back_and_counts_once(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = _level_five(project, version, judge, 3, audit_percent=1)
    standing_in.settle_alone(autonomy_id=row.pk)
    n_alone = standing_in.n_standing(project)
    assert standing_in.withdraw(by=owner, project=project) == n_alone
    assert (standing_in.n_standing(project), Task.objects.filter(is_open=True).count()) == (0, 3)
    assert standing_in.settle_alone(autonomy_id=row.pk) == 0
    held = claim_next(by=labeler, project=project, kind="comparison")
    assert held is not None
    submit_comparison(by=labeler, assignment=held, preference=2)
    assert Comparison.objects.count() == 1

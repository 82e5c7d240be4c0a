"""What an export says of levels, proposals and what a judge settled alone."""

from typing import Any

import pytest

from instructions.models import GuidelineVersion
from labeling.autonomy import standing_in
from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, Comparison, Judge, WorkLevel
from projects.models import Project, Role, User
from tests.exports.reading.records_of import read
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.judged import make_judge
from tests.labeling.levelled import at_level, judged_by, make_verdict
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def labeler(project: Project) -> User:
    return make_member(project)


@pytest.fixture
def version(project: Project) -> GuidelineVersion:
    return make_guideline_version(project)


@pytest.fixture
def judge(project: Project) -> Judge:
    return make_judge(project, make_member(project, Role.OWNER))


def one(project: Project, **options: Any) -> Any:
    (record,) = read("preferences", project, **options)
    return record


def shown(row: Comparison, judge: Judge, version: GuidelineVersion, **fields: Any) -> None:
    verdict = make_verdict(judge, row.assignment.task, version, "first")
    WorkLevel.objects.create(assignment=row.assignment, level=4, verdict=verdict, **fields)


def test_without_a_row_a_comparison_is_a_persons_pick(
    project: Project, labeler: User, version: GuidelineVersion
) -> None:
    judged_by(labeler, make_comparison_task(project), version, -2)
    found = one(project)
    assert (found.autonomy_level, found.proposed, found.confirmed) == (3, "", None)
    assert found.judged_by == "person"


@pytest.mark.parametrize(("preference", "confirmed"), [(-3, True), (0, False), (2, False)])
def test_a_proposal_that_was_seen_is_told_with_what_became_of_it(
    project: Project,
    labeler: User,
    version: GuidelineVersion,
    judge: Judge,
    preference: int,
    confirmed: bool,
) -> None:
    row = judged_by(labeler, make_comparison_task(project), version, preference)
    shown(row, judge, version, is_blind=False)
    found = one(project)
    assert (found.autonomy_level, found.proposed, found.confirmed) == (4, "first", confirmed)


def test_both_bad_confirms_nothing(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    shown(
        judged_by(labeler, make_comparison_task(project), version, None),
        judge,
        version,
        is_blind=False,
    )
    assert one(project).confirmed is False


def test_a_proposal_that_was_hidden_is_none(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = judged_by(labeler, make_comparison_task(project), version, -1)
    shown(row, judge, version, is_blind=True)
    found = one(project)
    assert (found.autonomy_level, found.proposed, found.confirmed) == (4, "", None)


def test_what_a_judge_settled_alone_comes_only_where_it_is_asked_for(
    project: Project, version: GuidelineVersion, judge: Judge
) -> None:
    row = at_level(project, 5, judge, audit_percent=1)
    while not standing_in.n_standing(project):
        make_verdict(judge, make_comparison_task(project), version, "second")
        standing_in.settle_alone(autonomy_id=row.pk)
    assert list(read("preferences", project)) == []
    assert list(read("preferences", project, source="rankings", with_machine=True)) == []
    found = one(project, with_machine=True)
    assert (found.source, found.judged_by, found.autonomy_level) == ("judge", "model", 5)
    assert (found.strength, found.confidence, found.judge_model) == (1, 0.95, judge.model.name)
    assert found.second.text == "Two."


def test_demonstrations_say_whether_people_wrote_or_edited(project: Project, labeler: User) -> None:
    make_guideline_version(project)
    for n_draws in (0, 2):
        make_demonstration_task(project)
        held = claim(labeler, project)
        Assignment.objects.filter(pk=held.pk).update(n_draws=n_draws)
        submit_demonstration(by=labeler, assignment=held, text="An answer.")
    assert [record.autonomy_level for record in read("sft", project)] == [1, 2]

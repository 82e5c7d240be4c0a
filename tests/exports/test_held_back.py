"""What an export would leave out, told before it is made."""

import pytest
from django.utils import timezone

from exports.held_back import held_back
from exports.models import Quarantine, QuarantinedJudgement
from labeling.assigning.changing import change_tasks
from labeling.assigning.lanes import lane_for
from labeling.judging.correcting import undo
from labeling.models import Assignment
from labeling.reviewing.verdicts import submit_review
from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import hold, judge
from tests.labeling.rows import make_comparison_task, make_demonstration_task

pytestmark = pytest.mark.django_db


def test_nothing_is_held_back_of_nothing(project: Project) -> None:
    make_demonstration_task(project)
    assert (held_back(project).demonstrations, held_back(project).preferences) == ({}, {})


def test_each_judgement_is_held_back_for_one_reason(
    project: Project, owner: User, reviewer: User, labeler: User
) -> None:
    gold = lane_for(project=project, kind="comparison", is_gold=True)
    judge(make_comparison_task(project, lane=gold), labeler)
    row = judge(make_demonstration_task(project), labeler)
    Assignment.objects.filter(pk=row.assignment_id).update(ended_at=timezone.now())
    undo(by=labeler, assignment=Assignment.objects.get(pk=row.assignment_id))
    judge(make_comparison_task(project), labeler)
    settled = make_comparison_task(project, overlap=2)
    for who, preference in ((labeler, -3), (owner, 3)):
        judge(settled, who, preference=preference)
    change_tasks(by=owner, project=project, action="settle", tasks=[settled.pk])
    review = hold(settled.adjudications.get(), reviewer)
    submit_review(
        by=reviewer,
        assignment=review,
        verdict="settle",
        reason="The first.",
        fix={"preference": -2, "both_bad": False},
    )
    found = held_back(project)
    assert found.demonstrations_said == ["1 being corrected by its author"]
    assert found.preferences == {"gold": 1, "settled": 2}


def test_what_is_in_quarantine_is_told_unless_it_is_held_back_anyway(
    project: Project, owner: User, labeler: User
) -> None:
    gold = lane_for(project=project, kind="comparison", is_gold=True)
    rows = [judge(make_comparison_task(project), labeler) for _ in range(2)]
    rows.append(judge(make_comparison_task(project, lane=gold), labeler))
    taken = Quarantine.objects.create(project=project, by=owner, reason="Odd.", n_judgements=3)
    QuarantinedJudgement.objects.bulk_create(
        QuarantinedJudgement(quarantine=taken, source=source, judgement=pk)
        for source, pk in [("vote", 1), *(("comparison", row.pk) for row in rows)]
    )
    assert held_back(project).preferences == {"gold": 1, "quarantined": 3}
    assert held_back(project).demonstrations == {}


def test_the_page_says_it_before_exporting(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    gold = lane_for(project=project, kind="comparison", is_gold=True)
    judge(make_comparison_task(project, lane=gold), labeler)
    page = signed_in(owner).get("/projects/harbour/exports/").content.decode()
    assert "1 of a gold task, whose answer was known before" in page

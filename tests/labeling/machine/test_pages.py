"""Pages of judges: what owners are told, and what nobody is told before they submit."""

from labeling.assigning.queue import claim_next
from labeling.models import JudgeVerdict
from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.judged import make_judge, make_run, preferring
from tests.labeling.rows import make_comparison_task


def test_a_task_tells_its_owner_what_judges_said_and_nobody_who_has_it_in_hand(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    task = make_comparison_task(project, overlap=2)
    make_run(make_judge(project, owner, name="Ida the judge"), owner)
    preferring(JudgeVerdict.objects.get(task=task), "first")
    page = f"/projects/harbour/tasks/{task.pk}/"
    told = "Answer A is better than Answer B."
    assert told in signed_in(owner).get(page).text
    assert told not in signed_in(reviewer).get(page).text
    claimed = claim_next(by=labeler, project=project, kind="comparison")
    assert claimed is not None
    shown = signed_in(labeler).get(f"/assignments/{claimed.pk}/").text
    assert "Ida the judge" not in shown
    assert claim_next(by=owner, project=project, kind="comparison") is not None
    assert told not in signed_in(owner).get(page).text

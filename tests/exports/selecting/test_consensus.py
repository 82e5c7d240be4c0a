"""One judgement a task, by the project's rule."""

import pytest

from exports.recipe import read
from exports.selecting.reasons import WORDS, Reason
from exports.selecting.selection import Selected, selected
from labeling.models import Comparison, QualityReport
from projects.models import Project, Role, User
from tests.factories import make_member
from tests.labeling.reviewed import judge, make_rules
from tests.labeling.rows import make_comparison_task, make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db

UNDECIDED = WORDS[Reason.UNDECIDED]
SPOKEN_FOR = WORDS[Reason.SPOKEN_FOR]


def people(project: Project, number: int) -> list[User]:
    return [make_member(project, Role.LABELER) for _ in range(number)]


def consensus(project: Project, kind: str = "preferences", **chosen: object) -> Selected:
    selection = {"judgements": "consensus", **chosen}
    return selected(project, read({"kind": kind, "selection": selection}))


def report(project: Project, reliable: dict[User, float]) -> None:
    rows = [{"id": person.pk, "reliability": share} for person, share in reliable.items()]
    QualityReport.objects.create(project=project, digest="", data={"labelers": rows})


def test_the_more_reliable_labeler_decides_where_the_rule_is_by_weight(project: Project) -> None:
    make_rules(project, consensus="weighted")
    sure, unsure, other = people(project, 3)
    report(project, {sure: 0.97, unsure: 0.55, other: 0.55})
    task = make_comparison_task(project, overlap=3)
    right = judge(task, sure, preference=-2)
    judge(task, unsure, preference=1)
    judge(task, other, preference=1)
    found = consensus(project)
    assert found.ids["comparison"].tolist() == [right.pk]
    assert found.dropped == {SPOKEN_FOR: 2}


def test_without_a_report_labelers_weigh_as_their_judgements_say(project: Project) -> None:
    make_rules(project, consensus="weighted")
    one, two, odd = people(project, 3)
    for _ in range(8):
        task = make_comparison_task(project, overlap=3)
        for who, preference in ((one, -1), (two, -1), (odd, 1)):
            judge(task, who, preference=preference)
    split = make_comparison_task(project, overlap=2)
    trusted = judge(split, one, preference=1)
    judge(split, odd, preference=-1)
    found = consensus(project)
    assert len(found.ids["comparison"]) == 9
    assert trusted.pk in found.ids["comparison"]


def test_a_side_is_the_same_however_it_was_shown(project: Project) -> None:
    one, two = people(project, 2)
    task = make_comparison_task(project, overlap=2)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    judge(task, one, presented=[first, second], preference=-3)
    judge(task, two, presented=[second, first], preference=1)
    assert consensus(project, minimum_agreement=1).n_selected == 1
    assert set(Comparison.objects.values_list("response_a", flat=True)) == {first, second}


def test_pairs_of_one_task_are_decided_each_for_itself(project: Project) -> None:
    one, two = people(project, 2)
    task = make_comparison_task(project, answers=("A.", "B.", "C."), overlap=2)
    answers = list(task.candidates.order_by("position").values_list("response_id", flat=True))
    judge(task, one, presented=answers[:2], preference=-1)
    judge(task, two, presented=answers[1:], preference=1)
    assert (consensus(project).n_selected, consensus(project).dropped) == (2, {})


def test_whom_the_selection_leaves_out_has_no_say(project: Project) -> None:
    one, two, three = people(project, 3)
    task = make_comparison_task(project, overlap=3)
    for who, preference in ((one, -1), (two, 1), (three, 1)):
        judge(task, who, preference=preference)
    alone = consensus(project, not_labelers=[two.pseudonym, three.pseudonym])
    [speaks] = alone.ids["comparison"]
    assert Comparison.objects.get(pk=speaks).labeler == one
    split = consensus(project, not_labelers=[three.pseudonym])
    assert split.dropped == {WORDS[Reason.LABELER]: 1, UNDECIDED: 2}


def test_demonstrations_and_rankings_give_one_a_task(project: Project) -> None:
    one, two, three = people(project, 3)
    asked, ordered = (
        make_demonstration_task(project, overlap=2),
        make_ranking_task(project, overlap=3),
    )
    first = judge(asked, one)
    judge(asked, two)
    answers = list(ordered.candidates.order_by("position").values_list("response_id", flat=True))
    upside_down = [[pk] for pk in reversed(answers)]
    judge(ordered, one, tiers=upside_down)
    speaks = judge(ordered, two)
    judge(ordered, three)
    assert consensus(project, "sft").ids["demonstration"].tolist() == [first.pk]
    assert consensus(project, "rankings").ids["ranking"].tolist() == [speaks.pk]

"""Raising past the guard, lowering at any time, falling back."""

from typing import Any

import pytest

from instructions.models import GuidelineVersion
from labeling.autonomy import watching
from labeling.autonomy.changing import change_autonomy, take_note
from labeling.autonomy.levels import autonomy_of, level_of
from labeling.autonomy.measuring import measure
from labeling.autonomy.standing import standing_of
from labeling.drafting.rules import drafting_rules_of
from labeling.machine.judges import retire_judge
from labeling.models import Autonomy, AutonomyChange, Judge, WorkLevel
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.judged import make_judge
from tests.labeling.levelled import at_level, judged_by, make_audited, make_verdict, raise_to
from tests.labeling.rows import make_comparison_task

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


def test_kinds_begin_at_their_lowest_level(project: Project) -> None:
    kinds = ("demonstration", "comparison", "ranking")
    assert [level_of(project, kind) for kind in kinds] == [1, 3, 3]


@pytest.mark.parametrize(
    ("kind", "level"),
    [("comparison", 1), ("comparison", 2), ("ranking", 4), ("demonstration", 4)],
)
def test_a_level_a_kind_has_not_is_refused_by_name(
    project: Project, owner: User, kind: str, level: int
) -> None:
    with pytest.raises(InvalidInput, match=f"level: must be .*a {kind} has no other level"):
        change_autonomy(by=owner, project=project, kind=kind, level=level)


def test_a_judge_without_audits_is_refused_with_what_is_missing(
    project: Project, owner: User, judge: Judge
) -> None:
    with pytest.raises(Conflict, match="needs 100 audited comparisons; there are none yet"):
        raise_to(4, by=owner, project=project, judge=judge.pk)
    assert not Autonomy.objects.exists()


def test_too_low_a_bound_is_refused_with_the_bound_and_the_bar(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    make_audited(judge, labeler, version, agreeing=17, differing=3)
    words = r"needs about \d+ more audited comparisons .* lower bound is 0.62, the bar 0.80"
    with pytest.raises(Conflict, match=words):
        raise_to(4, by=owner, project=project, judge=judge.pk, fewest=20)


def test_a_level_opens_above_the_bar_with_its_figures_kept(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    make_audited(judge, labeler, version, agreeing=24)
    raise_to(4, by=owner, project=project, judge=judge.pk, fewest=20)
    change = AutonomyChange.objects.get()
    assert (change.from_level, change.to_level, change.cause) == (3, 4, "raised")
    assert (change.figures["n"], change.figures["agreeing"]) == (24, 24)
    assert AuditEvent.objects.filter(project=project, verb="autonomy.raised").count() == 1


def test_level_five_goes_by_what_the_judge_is_sure_of(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    make_audited(judge, labeler, version, agreeing=24, sure=0.6)
    given = {"judge": judge.pk, "fewest": 20}
    with pytest.raises(Conflict, match="Level 5 is not open yet"):
        raise_to(5, by=owner, project=project, **given)
    raise_to(5, by=owner, project=project, sure_percent=60, **given)
    assert level_of(project, "comparison") == 5


def test_what_was_judged_with_the_proposal_in_sight_is_no_audit(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    tasks = make_audited(judge, labeler, version, agreeing=3)
    seen = tasks[0].assignments.get()
    verdict = tasks[0].judge_verdicts.get()
    WorkLevel.objects.create(assignment=seen, level=4, verdict=verdict, is_blind=False)
    row = at_level(project, 4, judge)
    assert measure(row).at(4).n == 2


def test_both_bad_is_never_what_a_judge_said_and_a_divided_pair_is_left_out(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    bad, divided, abstained = (make_comparison_task(project) for _ in range(3))
    for task, outcome in ((bad, "first"), (divided, "first"), (abstained, "abstained")):
        make_verdict(judge, task, version, outcome)
    judged_by(labeler, bad, version, None)
    judged_by(labeler, divided, version, -1)
    judged_by(make_member(project), divided, version, 1)
    judged_by(labeler, abstained, version, -1)
    agreed = measure(at_level(project, 4, judge)).at(4)
    assert (agreed.agreeing, agreed.n) == (0, 1)


def test_a_level_whose_agreement_dropped_falls_back_by_itself_once(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = at_level(project, 5, judge)
    make_audited(judge, labeler, version, agreeing=10, differing=20)
    assert (watching.check_all(), watching.check_all()) == (1, 0)
    row.refresh_from_db()
    change = AutonomyChange.objects.get()
    assert (row.level, change.cause, change.by) == (3, "fell_back", None)
    assert "lower bound is" in change.reason
    event = AuditEvent.objects.get(verb="autonomy.fell_back")
    assert (event.actor, event.detail["before"], event.detail["after"]) == (None, 5, 3)


def test_a_level_falls_by_one_where_the_one_below_holds(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    row = at_level(project, 5, judge, bar_percent=60)
    make_audited(judge, labeler, version, agreeing=80, sure=0.5)
    make_audited(judge, labeler, version, agreeing=10, differing=15)
    watching.check_all()
    row.refresh_from_db()
    assert row.level == 4


def test_a_level_that_holds_stays(
    project: Project, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    at_level(project, 4, judge)
    make_audited(judge, labeler, version, agreeing=30)
    assert watching.check_all() == 0


def test_a_retired_judge_is_relied_on_no_more(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    at_level(project, 4, judge)
    make_audited(judge, labeler, version, agreeing=30)
    retire_judge(by=owner, judge=judge)
    watching.check_all()
    assert AutonomyChange.objects.get().reason == "Its judge is retired."


def test_owners_lower_at_any_time(project: Project, owner: User, judge: Judge) -> None:
    at_level(project, 5, judge)
    raise_to(4, by=owner, project=project)
    raise_to(3, by=owner, project=project)
    causes = AutonomyChange.objects.order_by("pk").values_list("cause", "to_level")
    assert list(causes) == [("lowered", 4), ("lowered", 3)]


def test_another_judge_has_to_pass_the_guard_itself(
    project: Project, owner: User, labeler: User, version: GuidelineVersion, judge: Judge
) -> None:
    at_level(project, 4, judge)
    make_audited(judge, labeler, version, agreeing=30)
    other = make_judge(project, owner)
    with pytest.raises(Conflict, match="not open yet"):
        raise_to(4, by=owner, project=project, judge=other.pk)


def test_only_owners_change_levels(project: Project, labeler: User) -> None:
    with pytest.raises(NotPermitted):
        change_autonomy(by=labeler, project=project, kind="comparison", level=3)


def test_a_fall_is_told_until_an_owner_takes_note(
    project: Project, owner: User, judge: Judge
) -> None:
    at_level(project, 4, judge)
    watching.check_all()
    assert watching.fallen(project) is not None
    assert (take_note(by=owner, project=project), watching.fallen(project)) == (1, None)


def test_drafts_are_drawn_from_level_two_on(project: Project, owner: User) -> None:
    given: dict[str, Any] = {"by": owner, "project": project, "kind": "demonstration"}
    change_autonomy(level=3, **given)
    assert (drafting_rules_of(project).n_drafts, level_of(project, "demonstration")) == (3, 3)
    change_autonomy(level=1, **given)
    assert (drafting_rules_of(project).n_drafts, level_of(project, "demonstration")) == (0, 1)


def test_the_standing_says_what_each_level_waits_for(
    project: Project, owner: User, judge: Judge
) -> None:
    change_autonomy(by=owner, project=project, kind="comparison", judge=judge.pk)
    comparison = next(each for each in standing_of(project) if each.kind == "comparison")
    assert [place.is_open for place in comparison.places] == [True, False, False]
    assert comparison.places[1].words.startswith("needs 100 audited comparisons")
    assert autonomy_of(project, "comparison").judge == judge

"""Runs of judges: asked once, in both orders, and gone on with after whatever happened."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from labeling.machine import requests, runs, verdicts
from labeling.machine.card import card_of
from labeling.machine.judges import add_judge, change_judge, retire_judge
from labeling.machine.runs import advance, cancel_run, follow, is_followed
from labeling.machine.verdicts import verdict_of
from labeling.models import JudgeRun, JudgeVerdict, Response, Task
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import AuditEvent, Membership, Project, User
from tests.factories import make_guideline_version, make_model, make_project
from tests.labeling.judged import VERDICT, answer, make_judge, make_run, preferring, settle_task
from tests.labeling.reviewed import judge as by_people
from tests.labeling.rows import make_comparison_task, make_drawing_task
from workers.models import Generation, LanguageModel


def verdict_on(task: Task) -> JudgeVerdict:
    return JudgeVerdict.objects.get(task=task)


def test_a_pair_is_asked_in_both_orders_under_the_guideline(project: Project, owner: User) -> None:
    task = make_comparison_task(project, "Why is the sky blue?", ("Rayleigh.", "Paint."))
    run = make_run(make_judge(project, owner), owner)
    verdict = verdict_on(task)
    assert verdict.forward is not None
    assert verdict.backward is not None
    forward, backward = (g.messages[1]["content"] for g in (verdict.forward, verdict.backward))
    assert forward.index("Rayleigh.") < forward.index("Paint.")
    assert backward.index("Paint.") < backward.index("Rayleigh.")
    system = verdict.forward.messages[0]["content"]
    assert "1 Be helpful" in system
    assert verdict.clauses == ["c-1"]
    assert verdict.guideline_version.number == 1
    assert {verdict.forward.queue, verdict.backward.queue} == {"batch"}
    markers = {g.messages[0]["content"].split("marker is ")[1][:16] for g in drawn(verdict)}
    assert len(markers) == 2
    assert (run.n_pairs, run.is_planned, run.state) == (1, True, "running")


def drawn(verdict: JudgeVerdict) -> list[Generation]:
    return [g for g in (verdict.forward, verdict.backward) if g is not None]


def test_both_orders_make_one_verdict_and_the_run_ends(project: Project, owner: User) -> None:
    task = make_comparison_task(project)
    judge = make_judge(project, owner)
    run = make_run(judge, owner)
    verdict = verdict_on(task)
    answer(verdict.forward, VERDICT % ("A", 90))
    verdicts.settle_generations(generation_ids=[verdict.forward_id or 0])
    assert verdict_of(judge, task) is None
    answer(verdict.backward, VERDICT % ("B", 70))
    verdicts.settle_generations(generation_ids=[verdict.backward_id or 0])
    found = verdict_of(judge, task)
    assert found is not None
    assert (found.outcome, found.said_forward, found.said_backward) == ("first", "a", "b")
    assert found.confidence == pytest.approx(0.8)
    assert found.confidence_from == "stated"
    run.refresh_from_db()
    assert run.state == "done"


def test_orders_that_disagree_and_broken_answers_abstain(project: Project, owner: User) -> None:
    tasks = [make_comparison_task(project) for _ in range(4)]
    make_run(make_judge(project, owner), owner)
    assert settle_task(tasks[0], "A", "A").abstention == "inconsistent"
    said = [("nonsense", ""), ("", "The endpoint refused (400)."), ("", "maximum context length")]
    for task, (output, error) in zip(tasks[1:], said, strict=True):
        verdict = verdict_on(task)
        answer(verdict.forward, output, error=error)
        answer(verdict.backward, VERDICT % ("B", 70))
        verdicts.settle(verdict_id=verdict.pk)
    abstained = [verdict_on(task).abstention for task in tasks]
    assert abstained == ["inconsistent", "unreadable", "failed", "too_long"]
    assert verdict_on(tasks[2]).reasons == ["The endpoint refused (400).", ""]


def test_nothing_is_asked_twice(project: Project, owner: User) -> None:
    for _ in range(3):
        make_comparison_task(project)
    judge = make_judge(project, owner)
    make_run(judge, owner)
    again = make_run(judge, owner)
    assert (again.n_pairs, again.n_known) == (0, 3)
    assert JudgeVerdict.objects.count() == 3
    assert Generation.objects.filter(queue="batch", state="queued").count() == 6
    assert advance(run_id=again.pk) == 0


def test_the_same_pair_cannot_be_written_twice(project: Project, owner: User) -> None:
    task = make_comparison_task(project)
    make_run(make_judge(project, owner), owner)
    row = verdict_on(task)
    row.pk, row.forward, row.backward = None, None, None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_finished_verdict_never_changes(project: Project, owner: User) -> None:
    task = make_comparison_task(project)
    make_run(make_judge(project, owner), owner)
    settle_task(task, "A", "B")
    with pytest.raises(IntegrityError), transaction.atomic():
        JudgeVerdict.objects.update(outcome="second")


def test_a_new_version_of_the_guideline_is_judged_anew(project: Project, owner: User) -> None:
    task = make_comparison_task(project)
    judge = make_judge(project, owner)
    make_run(judge, owner)
    settle_task(task, "A", "B")
    make_guideline_version(project, text="## 1 Be brief\n\nBe brief.")
    make_run(judge, owner)
    latest = JudgeVerdict.objects.get(guideline_version__number=2)
    preferring(latest, "second")
    found = verdict_of(judge, task)
    assert found == latest
    assert JudgeVerdict.objects.count() == 2


def test_every_pair_of_three_candidates_is_asked(project: Project, owner: User) -> None:
    task = make_comparison_task(project, answers=("One.", "Two.", "Three."))
    judge = make_judge(project, owner)
    run = make_run(judge, owner)
    assert run.n_pairs == 3
    for verdict in JudgeVerdict.objects.all():
        preferring(verdict, "second")
    low, _, high = sorted(Response.objects.values_list("pk", flat=True))
    found = verdict_of(judge, task, pair=(high, low))
    assert found is not None
    assert (found.first_id, found.second_id, found.outcome) == (low, high, "second")


def test_a_run_goes_on_where_it_was_killed(
    project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        make_comparison_task(project)
    judge = make_judge(project, owner)
    monkeypatch.setattr(runs, "WAITING_AT_ONCE", 3)
    run = make_run(judge, owner)
    assert JudgeVerdict.objects.count() == 3

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    for verdict in JudgeVerdict.objects.all():
        answer(verdict.forward, VERDICT % ("A", 80))
        answer(verdict.backward, VERDICT % ("B", 80))
    assert verdicts.settle_overdue() == 3
    with monkeypatch.context() as killed:
        # It dies after its draws are written and before the verdicts are.
        killed.setattr(JudgeVerdict.objects, "bulk_create", die)
        with pytest.raises(SystemExit):
            advance(run_id=run.pk)
    assert JudgeVerdict.objects.count() == 3
    assert Generation.objects.filter(queue="batch", state="queued").count() == 0
    for _ in range(4):
        runs.reconcile()
        for verdict in JudgeVerdict.objects.filter(state="drawing"):
            preferring(verdict, "first")
    runs.reconcile()
    run.refresh_from_db()
    assert (run.state, run.n_pairs) == ("done", 7)
    assert JudgeVerdict.objects.filter(outcome="first").count() == 7
    asked = Generation.objects.filter(parameters__has_key="response_format")
    assert asked.count() == 14


def test_a_cancelled_run_keeps_what_was_said_and_can_be_asked_again(
    project: Project, owner: User
) -> None:
    done, waiting = make_comparison_task(project), make_comparison_task(project)
    judge = make_judge(project, owner)
    run = make_run(judge, owner)
    settle_task(done, "A", "B")
    stopped = verdict_on(waiting)
    cancel_run(by=owner, run=run)
    run.refresh_from_db()
    assert (run.state, run.n_pairs) == ("cancelled", 1)
    assert list(JudgeVerdict.objects.values_list("task_id", flat=True)) == [done.pk]
    ended = Generation.objects.filter(pk__in=[stopped.forward_id, stopped.backward_id])
    assert set(ended.values_list("state", "finish_reason")) == {("done", "stop_asked")}
    with pytest.raises(Conflict):
        cancel_run(by=owner, run=run)
    assert advance(run_id=run.pk) == 0
    assert make_run(judge, owner).n_pairs == 1


def test_what_failed_is_asked_again_by_a_later_run(project: Project, owner: User) -> None:
    task = make_comparison_task(project)
    judge = make_judge(project, owner)
    make_run(judge, owner)
    verdict = verdict_on(task)
    answer(verdict.forward, "", error="The endpoint failed (500).")
    answer(verdict.backward, VERDICT % ("B", 70))
    verdicts.settle(verdict_id=verdict.pk)
    make_run(judge, owner)
    assert verdict_on(task).state == "drawing"


def test_a_run_is_limited_and_filtered(project: Project, owner: User) -> None:
    tasks = [make_comparison_task(project, overlap=2) for _ in range(3)]
    tasks[0].prompt.tags = ["law"]
    tasks[0].prompt.save()
    by_people(tasks[1], preference=-1)
    judge = make_judge(project, owner)
    assert make_run(judge, owner, filters={"tag": "law"}).n_pairs == 1
    assert JudgeVerdict.objects.latest("pk").task == tasks[0]
    assert make_run(judge, owner, filters={"judged": "people"}).n_pairs == 1
    assert JudgeVerdict.objects.latest("pk").task == tasks[1]
    make_comparison_task(project)
    limited = make_run(judge, owner, most=1)
    assert (limited.n_pairs, limited.is_planned) == (1, True)


def test_gold_and_tasks_without_answers_are_left_alone(project: Project, owner: User) -> None:
    make_drawing_task(project)
    gold = make_comparison_task(project)
    gold.lane.is_gold = True
    gold.lane.save()
    run = make_run(make_judge(project, owner), owner)
    assert (run.n_pairs, run.state) == (0, "done")


def test_a_run_waits_while_its_model_is_switched_off(project: Project, owner: User) -> None:
    make_comparison_task(project)
    judge = make_judge(project, owner)
    LanguageModel.objects.filter(pk=judge.model_id).update(is_active=False)
    run = make_run(judge, owner)
    assert (run.n_pairs, run.state) == (0, "running")
    LanguageModel.objects.filter(pk=judge.model_id).update(is_active=True)
    assert advance(run_id=run.pk) == 1


def test_new_tasks_are_followed_at_the_rate(project: Project, owner: User) -> None:
    make_comparison_task(project)
    judge = make_judge(project, owner, follows_percent=40)
    tasks = [make_comparison_task(project) for _ in range(30)]
    expected = {task.pk for task in tasks if is_followed(judge, task)}
    assert follow(judge_id=judge.pk) == len(expected) > 0
    assert set(JudgeVerdict.objects.values_list("task_id", flat=True)) == expected
    assert follow(judge_id=judge.pk) == 0
    change_judge(by=owner, judge=judge, follows_percent=0)
    make_comparison_task(project)
    assert follow(judge_id=judge.pk) == 0


def test_a_new_task_is_waited_for_until_it_has_its_answers(project: Project, owner: User) -> None:
    judge = make_judge(project, owner, follows_percent=100)
    drawing = make_drawing_task(project)
    later = make_comparison_task(project)
    assert follow(judge_id=judge.pk) == 0
    Task.objects.filter(pk=drawing.pk).update(state="failed")
    assert follow(judge_id=judge.pk) == 1
    assert verdict_on(later).run.filters == {"follows": True}


def test_a_followed_version_has_a_run_of_its_own(project: Project, owner: User) -> None:
    judge = make_judge(project, owner, follows_percent=100)
    make_comparison_task(project)
    follow(judge_id=judge.pk)
    make_guideline_version(project)
    make_comparison_task(project)
    runs.reconcile()
    states = JudgeRun.objects.order_by("pk").values_list("guideline_version__number", "state")
    assert list(states) == [(1, "done"), (2, "running")]


def test_only_owners_set_up_and_ask(project: Project, owner: User, reviewer: User) -> None:
    judge = make_judge(project, owner)
    with pytest.raises(NotPermitted):
        add_judge(by=reviewer, project=project, name="x", model=judge.model_id)
    with pytest.raises(NotPermitted):
        runs.start_run(by=reviewer, judge=judge)


def test_a_judge_is_named_once_and_its_rules_are_kept(project: Project, owner: User) -> None:
    judge = make_judge(project, owner, name="Ida")
    with pytest.raises(Conflict, match="named 'Ida' already"):
        make_judge(project, owner, name="Ida")
    model = make_model()
    bad: list[dict[str, Any]] = [
        {"name": "\0"},
        {"name": "x" * 81},
        {"name": ["x"]},
        {"model": 0},
        {"model": "9" * 30},
        {"model": True},
        {"model": judge.model_id + 1_000},
        {"reads": "all"},
        {"reads": ["whole"]},
        {"token_budget": 99},
        {"token_budget": 1e9},
        {"follows_percent": 101},
        {"follows_percent": -1},
        {"criteria": ["nobody"]},
        {"criteria": "tone"},
        {"criteria": [{}]},
        {"instruction": "\ud800"},
    ]
    for values in bad:
        with pytest.raises(InvalidInput) as refused:
            add_judge(by=owner, project=project, **{"name": "New", "model": model.pk, **values})
        assert refused.value.problems[0].field == next(iter(values))


@pytest.mark.parametrize(
    ("filters", "most", "field"),
    [
        ({"tag": "\0"}, 1, "tag"),
        ({"language": 3}, 1, "language"),
        ({"judged": []}, 1, "judged"),
        ({"judged": "me"}, 1, "judged"),
        ({"nonsense": 1}, 1, "filters"),
        ([], 1, "filters"),
        ({}, 0, "most"),
        ({}, "many", "most"),
        ({}, 10**30, "most"),
        ({}, True, "most"),
        ({}, None, "most"),
    ],
)
def test_a_bad_run_is_refused_by_field(
    project: Project, owner: User, filters: object, most: object, field: str
) -> None:
    judge = make_judge(project, owner)
    with pytest.raises(InvalidInput) as refused:
        runs.start_run(by=owner, judge=judge, filters=filters, most=most)  # type: ignore[arg-type]
    assert {problem.field for problem in refused.value.problems} == {field}
    assert not JudgeRun.objects.exists()


def test_a_judge_at_work_is_not_retired(project: Project, owner: User) -> None:
    make_comparison_task(project)
    judge = make_judge(project, owner, follows_percent=50)
    run = make_run(judge, owner)
    with pytest.raises(Conflict):
        retire_judge(by=owner, judge=judge)
    cancel_run(by=owner, run=run)
    retire_judge(by=owner, judge=judge)
    judge.refresh_from_db()
    assert judge.follows_percent == 0
    with pytest.raises(Conflict):
        runs.start_run(by=owner, judge=judge)
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"judge.added", "judge.asked", "judge.cancelled", "judge.retired"} <= verbs


def test_a_project_without_a_guideline_has_no_verdicts(owner: User) -> None:
    bare = make_project("bare")
    Membership.objects.create(project=bare, user=owner, role="owner")
    judge = make_judge(bare, owner)
    with pytest.raises(Conflict, match="publish one first"):
        runs.start_run(by=owner, judge=judge)
    assert card_of(judge).n_asked == 0


def test_answers_too_long_are_not_sent(
    project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "LONGEST", 20)
    task = make_comparison_task(project, answers=("x" * 30, "y"))
    run = make_run(make_judge(project, owner), owner)
    assert verdict_on(task).abstention == "too_long"
    assert run.state == "done"
    assert not Generation.objects.filter(parameters__has_key="response_format").exists()

"""A project's tasks: which are found, and what owners do with them."""

import pytest

from labeling.assigning import listing
from labeling.assigning.changing import change_task, change_tasks
from labeling.assigning.flags import flag
from labeling.assigning.lanes import lane_for
from labeling.assigning.listing import Filters, Found, filters_from, find
from labeling.models import Flag, Prompt, Task
from projects.errors import InvalidInput, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.factories import make_project
from tests.labeling.reviewed import hold, judge
from tests.labeling.rows import (
    make_comparison_task,
    make_demonstration_task,
    make_drawing_task,
    make_prompt,
    make_ranking_task,
    make_task,
)

pytestmark = pytest.mark.django_db


def keys(project: Project, *, with_gold: bool = False, **filters: object) -> list[int]:
    found = find(project, Filters(**filters), most=50, with_gold=with_gold)  # type: ignore[arg-type] # as each test names them
    return found.pks


def test_tasks_are_found_newest_first_page_by_page(project: Project) -> None:
    made = [make_demonstration_task(project).pk for _ in range(5)]
    make_demonstration_task(make_project("other"))
    first = find(project, Filters(), most=2)
    assert first == Found(made[:2:-1], made[3])
    second = find(project, Filters(), most=2, before=first.following)
    assert second == Found([made[2], made[1]], made[1])
    assert find(project, Filters(), most=2, before=second.following) == Found([made[0]], None)


def test_each_filter_narrows(project: Project, labeler: User) -> None:
    plain = make_demonstration_task(project, "Why is slate grey?")
    urgent = make_task(
        make_prompt(project, "Was kostet 100 % Schiefer_dach?", tags=["stone"], external_id="q-1"),
        "demonstration",
        lane=lane_for(
            project=project, kind="demonstration", priority=2, language="de", skills=["law"]
        ),
    )
    disputed = make_comparison_task(project, overlap=2)
    judge(disputed, labeler)
    Task.objects.filter(pk=disputed.pk).update(is_disputed=True)
    assert keys(project, kind="demonstration") == [urgent.pk, plain.pk]
    assert keys(project, kind="demonstration", priority="urgent") == [urgent.pk]
    assert keys(project, language="de") == [urgent.pk]
    assert keys(project, skill="law") == [urgent.pk]
    assert keys(project, tag="stone") == [urgent.pk]
    assert keys(project, text="is SLATE") == [plain.pk]
    assert keys(project, text="100 % Schiefer_") == [urgent.pk]
    assert keys(project, text="_") == [urgent.pk]
    assert keys(project, text="q-1") == [urgent.pk]
    assert keys(project, disputed=True) == [disputed.pk]
    assert keys(project, labeler=labeler.pk) == [disputed.pk]
    assert keys(project, labeler=labeler.pk, disputed=True, kind="ranking") == []
    assert keys(project, state="complete") == []


def test_gold_tasks_are_found_only_where_they_are_asked_for(project: Project) -> None:
    lane = lane_for(project=project, kind="demonstration", is_gold=True)
    gold = make_demonstration_task(project, lane=lane)
    assert keys(project) == []
    assert keys(project, with_gold=True) == [gold.pk]


def test_a_text_is_looked_for_among_so_many_and_then_further(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    wanted = make_demonstration_task(project, "the needle")
    others = [make_demonstration_task(project).pk for _ in range(4)]
    first = find(project, Filters(text="needle"), most=50)
    assert first == Found([], others[1], is_cut=True)
    second = find(project, Filters(text="needle"), most=50, before=first.following)
    assert second.pks == [wanted.pk]


def test_filters_read_again_are_the_same() -> None:
    filters = Filters(
        kind="ranking", state="ready", priority="low", language="de", skill="law", tag="x",
        text="a b", labeler=7, disputed=True,
    )  # fmt: skip
    assert filters_from(filters.query) == filters
    assert filters_from(Filters().query) == Filters()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "no-such"),
        ("state", "a\0"),
        ("priority", "2"),
        ("language", "x" * 17),
        ("skill", "a\0b"),
        ("tag", "x" * 61),
        ("text", "\ud800"),
        ("text", "x" * 201),
        ("labeler", "9" * 19),
        ("labeler", "-1"),
        ("disputed", "yes"),
    ],
)
def test_filters_that_mean_nothing_are_refused(field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        filters_from({field: value})
    assert refused.value.problems[0].field == field


def test_priority_language_skills_and_overlap_are_changed_and_told_of_each_task(
    project: Project, owner: User
) -> None:
    tasks = [make_demonstration_task(project) for _ in range(2)]
    pks = [task.pk for task in tasks]
    for action, value in (
        ("priority:urgent", ""),
        ("language", "DE"),
        ("skills", "law, medicine"),
        ("overlap", " 3 "),
    ):
        done = change_tasks(by=owner, project=project, action=action, value=value, tasks=pks)
        assert (done.number, done.of) == (2, 2)
    changed = Task.objects.select_related("lane").get(pk=pks[0])
    assert (changed.lane.priority, changed.lane.language, changed.lane.skills) == (
        2,
        "de",
        ["law", "medicine"],
    )
    assert changed.overlap == 3
    trail = AuditEvent.objects.filter(subject=f"task:{pks[1]}").order_by("pk")
    assert [(event.verb, event.detail) for event in trail] == [
        ("task.moved", {"priority": 2}),
        ("task.moved", {"language": "de"}),
        ("task.moved", {"skills": ["law", "medicine"]}),
        ("task.overlap_changed", {"overlap": 3}),
    ]


def test_retiring_leaves_complete_tasks_and_other_projects_alone(
    project: Project, owner: User, labeler: User
) -> None:
    ready, complete = make_demonstration_task(project), make_demonstration_task(project)
    judge(complete, labeler)
    foreign = make_demonstration_task(make_project("other"))
    pks = [ready.pk, complete.pk, foreign.pk]
    done = change_tasks(by=owner, project=project, action="retire", tasks=pks)
    assert (done.number, done.of) == (1, 3)
    states = Task.objects.order_by("pk").values_list("state", "is_open")
    assert list(states) == [("retired", False), ("complete", False), ("ready", True)]


def test_what_was_retired_or_set_aside_goes_back_to_where_it_stood(
    project: Project, owner: User, labeler: User
) -> None:
    retired = make_demonstration_task(project, state="retired", is_open=False)
    flagged = make_comparison_task(project, overlap=2)
    flag(by=labeler, assignment=hold(flagged, labeler), reason="broken")
    undrawn = make_drawing_task(project)
    Task.objects.filter(pk=undrawn.pk).update(state="retired")
    judged = make_demonstration_task(project)
    judge(judged, labeler)
    Task.objects.filter(pk=judged.pk).update(state="retired")
    lane = lane_for(project=project, kind="demonstration", is_gold=True)
    gold = make_demonstration_task(project, lane=lane, state="retired", is_open=False)
    pks = [task.pk for task in (retired, flagged, undrawn, judged, gold)]
    done = change_tasks(by=owner, project=project, action="put_back", tasks=pks)
    assert done.number == 4
    states = Task.objects.in_bulk(pks)
    assert [(states[pk].state, states[pk].is_open) for pk in pks] == [
        ("ready", True),
        ("ready", True),
        ("drawing", False),
        ("complete", False),
        ("retired", False),
    ]
    assert Flag.objects.get().outcome == "queued"


def test_candidates_are_drawn_again_for_what_failed(project: Project, owner: User) -> None:
    failed = make_ranking_task(project, state="failed", is_open=False)
    ready = make_comparison_task(project)
    demonstration = make_demonstration_task(project, state="set_aside", is_open=False)
    pks = [failed.pk, ready.pk, demonstration.pk]
    assert change_tasks(by=owner, project=project, action="draw_again", tasks=pks).number == 1
    failed.refresh_from_db()
    assert (failed.state, failed.candidates.count()) == ("drawing", 0)


def test_judgements_are_sent_to_review_and_tasks_to_be_settled(
    project: Project, reviewer: User, labeler: User
) -> None:
    task = make_comparison_task(project)
    judge(task, labeler)
    untouched = make_comparison_task(project)
    pks = [task.pk, untouched.pk]
    assert change_tasks(by=reviewer, project=project, action="review", tasks=pks).number == 1
    assert change_tasks(by=reviewer, project=project, action="settle", tasks=pks).number == 1
    assert Task.objects.filter(reviewed__task=task).count() == 1
    assert Task.objects.filter(about=task).count() == 1


def test_reviewers_change_nothing_and_labelers_send_nothing(
    project: Project, reviewer: User, labeler: User
) -> None:
    task = make_demonstration_task(project)
    with pytest.raises(NotPermitted):
        change_tasks(by=reviewer, project=project, action="retire", tasks=[task.pk])
    with pytest.raises(NotPermitted):
        change_tasks(by=labeler, project=project, action="review", tasks=[task.pk])
    with pytest.raises(NotPermitted):
        change_task(by=reviewer, task=task, overlap=2)


@pytest.mark.parametrize(
    ("action", "value", "field"),
    [
        ("", "", "action"),
        ("priority:no-such", "", "action"),
        ("language", "a\0", "language"),
        ("language", "x" * 17, "language"),
        ("skills", "x" * 41, "skills"),
        ("overlap", "", "overlap"),
        ("overlap", "0", "overlap"),
        ("overlap", "9" * 30, "overlap"),
    ],
)
def test_a_change_that_means_nothing_is_refused(
    project: Project, owner: User, action: str, value: str, field: str
) -> None:
    task = make_demonstration_task(project)
    with pytest.raises(InvalidInput) as refused:
        change_tasks(by=owner, project=project, action=action, value=value, tasks=[task.pk])
    assert refused.value.problems[0].field == field
    with pytest.raises(InvalidInput):
        change_tasks(by=owner, project=project, action="retire", tasks=[])


def test_one_task_is_changed_whole_or_not_at_all(project: Project, owner: User) -> None:
    task = make_demonstration_task(project)
    with pytest.raises(InvalidInput):
        change_task(by=owner, task=task, priority="high", overlap=0)
    with pytest.raises(InvalidInput):
        change_task(by=owner, task=task)
    task.refresh_from_db()
    assert task.lane.priority == 0
    changed = change_task(by=owner, task=task, priority="high", language="de", overlap=2)
    assert (changed.lane.priority, changed.lane.language, changed.overlap) == (1, "de", 2)
    assert Prompt.objects.count() == 1

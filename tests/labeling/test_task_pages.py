"""The list of tasks and the page of one, for owners and reviewers."""

import pytest
from django.test import Client

from labeling.assigning import changing, flags, queue
from labeling.assigning.lanes import lane_for
from labeling.gold.making import write_gold
from labeling.models import Gold, Task
from labeling.pages import project_tasks
from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import hold, judge, make_rules
from tests.labeling.rows import (
    make_comparison_task,
    make_demonstration_task,
    make_ranking_task,
)

pytestmark = pytest.mark.django_db
LIST = "/projects/harbour/tasks/"
CHANGE = f"{LIST}change/"


@pytest.fixture
def browser(signed_in: SignIn, owner: User) -> Client:
    return signed_in(owner)


def test_the_list_narrows_counts_and_goes_on(
    browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_tasks, "PAGE", 2)
    for number in range(3):
        make_demonstration_task(project, f"Question {number}")
    make_ranking_task(project, "Ranked")
    answer = browser.get(LIST, {"kind": "demonstration"})
    assert [str(task.prompt) for task in answer.context["rows"]] == ["Question 2", "Question 1"]
    assert "3 tasks of this kind" in answer.content.decode()
    answer = browser.get(answer.context["older"])
    assert [str(task.prompt) for task in answer.context["rows"]] == ["Question 0"]
    assert answer.context["newest"] == f"{LIST}?kind=demonstration"


@pytest.mark.parametrize("query", ["kind=x", "before=x", "text=%00", "labeler=a", "state=%F0"])
def test_a_list_of_nonsense_is_refused(browser: Client, project: Project, query: str) -> None:
    make_demonstration_task(project)
    assert browser.get(f"{LIST}?{query}").status_code == 400


def test_the_chosen_are_changed_and_the_list_stays_narrowed(
    browser: Client, project: Project
) -> None:
    chosen, other = make_demonstration_task(project), make_demonstration_task(project)
    form = {"pick": chosen.pk, "action": "priority:urgent"}
    answer = browser.post(f"{CHANGE}?kind=demonstration", form, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?kind=demonstration", 302)]
    assert "1 task moved to urgent priority." in answer.content.decode()
    for task, priority in ((chosen, 2), (other, 0)):
        task.refresh_from_db()
        assert task.lane.priority == priority


def test_all_that_match_are_changed_so_many_at_once(
    browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_tasks, "MOST_CHANGED", 2)
    monkeypatch.setattr(changing, "MOST_CHANGED", 2)
    tasks = [make_demonstration_task(project) for _ in range(3)]
    gold = make_demonstration_task(
        project, lane=lane_for(project=project, kind="demonstration", is_gold=True)
    )
    make_ranking_task(project)
    form = {"which": "matching", "action": "retire"}
    answer = browser.post(f"{CHANGE}?kind=demonstration", form, follow=True)
    assert answer.redirect_chain[0][0] == f"{LIST}?kind=demonstration&before={tasks[1].pk}"
    assert "2 tasks retired. More match" in answer.content.decode()
    browser.post(f"{CHANGE}?kind=demonstration&before={tasks[1].pk}", form)
    left = Task.objects.exclude(state="retired").values_list("kind", "pk")
    assert sorted(left) == sorted(
        [("demonstration", gold.pk), ("ranking", Task.objects.latest("pk").pk)]
    )


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"action": "retire"},
        {"pick": "x", "action": "retire"},
        {"pick": "9" * 30, "action": "retire"},
        {"pick": "1", "action": "no-such"},
        {"which": "matching", "action": "overlap", "value": "many"},
    ],
)
def test_a_change_without_sense_changes_nothing(
    browser: Client, project: Project, form: dict[str, str]
) -> None:
    make_demonstration_task(project)
    answer = browser.post(CHANGE, form)
    assert answer.status_code == 400
    assert "Nothing was changed." in answer.content.decode()


def test_a_filter_that_is_not_understood_widens_nothing(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    answer = browser.post(f"{CHANGE}?kind=no-such", {"which": "matching", "action": "retire"})
    assert answer.status_code == 400
    assert Task.objects.get().state == "ready"


def test_a_task_shows_every_judgement_in_one_order(
    browser: Client, project: Project, labeler: User, reviewer: User
) -> None:
    task = make_comparison_task(project, "Which?", overlap=2)
    first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
    judge(task, labeler, preference=-3, justification="It says why.")
    judge(task, reviewer, presented=[second, first], preference=-2, marks={"tone": "a"})
    answer = browser.get(f"{LIST}{task.pk}/")
    cards = answer.context["cards"]
    assert [(card.who, card.said) for card in cards] == [
        ("lena-labeler", "A is much better"),
        ("rita-reviewer", "B is better"),
    ]
    assert cards[1].order_note == "Seen the other way round."
    assert cards[1].marks == [("tone", "B")]
    page = answer.content.decode()
    for candidate in task.candidates.select_related("generation__model"):
        assert candidate.generation is not None
        assert candidate.generation.model.name in page
    assert "It says why." in page
    assert answer.context["why"][:1] == ["All 2 judgements are in."]


def test_a_task_tells_why_nobody_is_given_it_and_what_was_done(
    browser: Client, project: Project, labeler: User, owner: User
) -> None:
    task = make_demonstration_task(project, overlap=2)
    queue.skip(by=labeler, assignment=hold(task, labeler), reason="Too long.")
    task.refresh_from_db()
    flags.flag(by=owner, assignment=hold(task, owner), reason="broken", note="No text.")
    changing.change_tasks(by=owner, project=project, action="priority:high", tasks=[task.pk])
    answer = browser.get(f"{LIST}{task.pk}/")
    assert answer.context["why"] == [
        "No labeler is given it until it is settled: flagged once and skipped once."
    ]
    told = [(event.who, event.what, event.why) for event in answer.context["history"]]
    assert ("lena-labeler", "skipped it", "Too long.") in told
    assert ("olga-owner", "flagged it: broken", "No text.") in told
    assert told[0] == ("olga-owner", "set the priority to high", "")
    assert told[-1] == ("", "The task was made", "")


def test_reviewers_see_no_names_where_the_rules_hide_them_and_no_gold(
    signed_in: SignIn, project: Project, reviewer: User, labeler: User, owner: User
) -> None:
    task = make_comparison_task(project, overlap=2)
    judge(task, labeler)
    gold = write_gold(
        by=owner,
        project=project,
        item={"prompt": "Why?", "answers": ["a", "b"], "preferences": [-3], "reason": "So."},
    )
    browser = signed_in(reviewer)
    page = browser.get(f"{LIST}{task.pk}/").content.decode()
    assert "Labeler 1" in page
    assert labeler.username not in page
    assert browser.get(f"{LIST}{gold.task_id}/").status_code == 404
    assert [row.pk for row in browser.get(LIST).context["rows"]] == [task.pk]
    assert browser.get(LIST, {"labeler": labeler.pk}).status_code == 400
    make_rules(project, review_shows_names=True)
    assert labeler.username in browser.get(f"{LIST}{task.pk}/").content.decode()


def test_an_owner_sees_what_was_expected_of_a_gold_task(
    browser: Client, project: Project, owner: User, labeler: User
) -> None:
    item = {"prompt": "Why?", "answers": ["a", "b"], "preferences": [-3], "reason": "So."}
    gold: Gold = write_gold(by=owner, project=project, item=item)
    judge(gold.task, labeler, preference=-3)
    answer = browser.get(f"{LIST}{gold.task_id}/")
    assert answer.context["gold"]["expected"] == "A is much better"
    assert [card.score for card in answer.context["cards"]] == [100]


def test_the_page_of_a_review_is_that_of_its_subject(
    browser: Client, project: Project, labeler: User, owner: User
) -> None:
    task = make_comparison_task(project)
    judge(task, labeler)
    for action in ("review", "settle"):
        changing.change_tasks(by=owner, project=project, action=action, tasks=[task.pk])
    for review in Task.objects.filter(kind="review"):
        assert browser.get(f"{LIST}{review.pk}/")["Location"] == f"{LIST}{task.pk}/"


def test_a_task_of_another_project_is_not_found(browser: Client, project: Project) -> None:
    assert browser.get(f"{LIST}{2**63}/").status_code == 404
    assert browser.get(f"{LIST}1/").status_code == 404


def test_a_refused_change_of_one_task_is_told_on_its_page(
    browser: Client, project: Project
) -> None:
    task = make_demonstration_task(project)
    form = {"pick": task.pk, "then": "task", "action": "overlap", "value": "many"}
    answer = browser.post(CHANGE, form)
    assert answer.status_code == 400
    assert answer.context["task"] == task
    answer = browser.post(CHANGE, form | {"value": "2"})
    assert answer["Location"] == f"{LIST}{task.pk}/"

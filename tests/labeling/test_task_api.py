"""Tasks over the API: the list, one, and how it waits."""

from typing import Any

import pytest
from django.test import Client

from labeling.api import tasks as api
from labeling.models import Task
from projects import tokens
from projects.models import Project, User
from tests.labeling.rows import make_demonstration_task, make_ranking_task

pytestmark = pytest.mark.django_db
TASKS = "/api/v1/projects/harbour/tasks"


@pytest.fixture
def keyed(owner: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.create(by=owner, name='test')[1]}"}


def change(keyed: dict[str, str], task: Task, body: Any) -> Any:
    return Client().patch(
        f"{TASKS}/{task.pk}", body, content_type="application/json", headers=keyed
    )


def test_tasks_are_listed_page_by_page(
    keyed: dict[str, str], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    made = [make_demonstration_task(project).pk for _ in range(3)]
    make_ranking_task(project)
    first = Client().get(TASKS, {"kind": "demonstration"}, headers=keyed).json()
    assert [row["id"] for row in first["results"]] == [made[2], made[1]]
    second = Client().get(first["next"], headers=keyed).json()
    assert ([row["id"] for row in second["results"]], second["next"]) == ([made[0]], None)
    assert second["results"][0]["priority"] == "normal"


@pytest.mark.parametrize("query", ["kind=x", "before=x", "labeler=-1", "text=%00", "disputed=2"])
def test_a_list_of_nonsense_is_refused(keyed: dict[str, str], project: Project, query: str) -> None:
    answer = Client().get(f"{TASKS}?{query}", headers=keyed)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_task_is_changed(keyed: dict[str, str], project: Project) -> None:
    task = make_demonstration_task(project)
    body = {"priority": "urgent", "language": "de", "skills": ["law"], "overlap": 2}
    changed = change(keyed, task, body).json()
    assert {name: changed[name] for name in body} == body
    assert Client().get(f"{TASKS}/{task.pk}", headers=keyed).json() == changed


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"priority": None},
        {"priority": 1},
        {"language": ["de"]},
        {"skills": "law"},
        {"overlap": True},
        {"overlap": 1e400},
        {"overlap": 10**30},
        {"priority": "high", "overlap": 0},
    ],
)
def test_a_change_without_sense_is_refused_whole(
    keyed: dict[str, str], project: Project, body: Any
) -> None:
    task = make_demonstration_task(project)
    assert change(keyed, task, body).status_code == 400
    task.refresh_from_db()
    assert (task.lane.priority, task.overlap) == (0, 1)

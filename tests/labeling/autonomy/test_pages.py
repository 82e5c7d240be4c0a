"""The owners' page and its API: what they show, and what they refuse."""

from typing import Any

import pytest
from django.test import Client

from labeling.autonomy import watching
from labeling.models import Autonomy
from projects.models import Project, Role, User
from projects.tokens import create
from tests.factories import make_guideline_version, make_member, make_project
from tests.labeling.judged import make_judge
from tests.labeling.levelled import at_level, make_audited

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project("harbour")
    make_guideline_version(project)
    return project


@pytest.fixture
def owner(project: Project) -> User:
    return make_member(project, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def call(owner: User, body: Any) -> Any:
    _, token = create(by=owner, name="autonomy")
    return Client().post(
        "/api/v1/projects/harbour/autonomy",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_the_page_says_what_is_missing(client: Client, project: Project, owner: User) -> None:
    judge = make_judge(project, owner)
    labeler = make_member(project)
    version = project.guideline.versions.get()
    make_audited(judge, labeler, version, agreeing=23, differing=1)
    at_level(project, 3, judge, fewest=144)
    text = client.get("/projects/harbour/autonomy/").content.decode()
    assert "needs 120 more audited comparisons; the lower bound is 0.79, the bar 0.80" in text
    assert "Audited agreement over time" in text


def test_a_level_that_is_not_open_is_refused_on_the_page(
    client: Client, project: Project, owner: User
) -> None:
    judge = make_judge(project, owner)
    answer = client.post(
        "/projects/harbour/autonomy/", {"kind": "comparison", "level": "4", "judge": judge.pk}
    )
    assert answer.status_code == 409
    assert "Level 4 is not open yet" in answer.content.decode()


def test_a_fall_stands_on_the_projects_page_until_it_is_noted(
    client: Client, project: Project, owner: User
) -> None:
    at_level(project, 4, make_judge(project, owner))
    watching.check_all()
    words = b"Comparisons fell back from level 4 to 3."
    assert words in client.get("/projects/harbour/").content
    client.post("/projects/harbour/autonomy/noted/")
    assert words not in client.get("/projects/harbour/").content


def test_the_api_gives_figures_and_changes(client: Client, project: Project, owner: User) -> None:
    answer = call(owner, {"kind": "comparison", "bar_percent": 85})
    assert answer.status_code == 200
    told = {each["kind"]: each for each in answer.json()["kinds"]}
    assert (told["comparison"]["level"], told["comparison"]["bar_percent"]) == (3, 85)
    assert [each["level"] for each in told["comparison"]["levels"]] == [3, 4, 5]
    assert answer.json()["changes"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "comparison", "level": 2}, "level"),
        ({"kind": "comparison", "level": True}, "level"),
        ({"kind": "comparison", "level": 10**30}, "level"),
        ({"kind": "comparison", "level": [4]}, "level"),
        ({"kind": "comparison", "level": 4}, "judge"),
        ({"kind": "comparison", "judge": "a\x00b"}, "judge"),
        ({"kind": "comparison", "judge": 10**30}, "judge"),
        ({"kind": "comparison", "judge": {"a": 1}}, "judge"),
        ({"kind": "comparison", "bar_percent": 100}, "bar_percent"),
        ({"kind": "comparison", "fewest": "many"}, "fewest"),
        ({"kind": "comparison", "audit_percent": 0}, "audit_percent"),
        ({"kind": "comparison", "sure_percent": 1.5}, "sure_percent"),
        ({"kind": "review", "level": 1}, "kind"),
        ({"kind": ["comparison"], "level": 3}, "kind"),
        ({"level": 3}, "kind"),
        ({"kind": "comparison"}, "level"),
        ([], "body"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(
    project: Project, owner: User, body: Any, field: str
) -> None:
    answer = call(owner, body)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert not Autonomy.objects.exists()


def test_another_projects_judge_is_no_judge_here(project: Project, owner: User) -> None:
    other = make_project()
    foreign = make_judge(other, make_member(other, Role.OWNER))
    answer = call(owner, {"kind": "comparison", "judge": foreign.pk})
    assert (answer.status_code, Autonomy.objects.count()) == (400, 0)

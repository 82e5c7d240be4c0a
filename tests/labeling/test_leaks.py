"""What the product does not tell: gold, peers, names, where an answer came from."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.assigning.queue import claim_next
from labeling.gold.making import make_gold, write_gold
from labeling.judging.submissions import submit_comparison, submit_demonstration
from labeling.models import Assignment
from projects import tokens
from projects.models import Membership, Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member
from tests.labeling.review_access import GOLD
from tests.labeling.reviewed import hold, judge, make_rules, review_of
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task

pytestmark = pytest.mark.django_db


def ask_api(user: User, method: str, path: str, body: Any = None) -> Any:
    token = tokens.create(by=user, name="test")[1]
    return Client().generic(
        method,
        f"/api/v1{path}",
        json.dumps(body or {}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_the_api_tells_a_labeler_nothing_of_where_a_prompt_came_from(
    project: Project, labeler: User
) -> None:
    task = make_comparison_task(project)
    type(task.prompt).objects.filter(pk=task.prompt_id).update(
        external_id="gold-7", tags=["known"], source="gold.jsonl", language="en"
    )
    answer = ask_api(labeler, "POST", "/projects/harbour/next", {"kind": "comparison"})
    assert sorted(answer.json()["prompt"]) == ["language", "messages"]
    assert "gold" not in answer.content.decode()


def test_asking_what_was_expected_costs_the_same_before_any_task_is_judged(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    gold_task = write_gold(by=owner, project=project, item=GOLD).task
    held = [hold(task, labeler) for task in (gold_task, make_comparison_task(project))]
    client, statements = signed_in(labeler), []
    client.get("/home/")
    for assignment in held:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/assignments/{assignment.pk}/expected/").status_code == 404
        statements.append(len(asked))
    assert statements[0] == statements[1]


@pytest.mark.parametrize("is_gold_first", [False, True])
def test_nobody_is_given_the_same_answers_once_more_as_gold(
    project: Project, owner: User, labeler: User, is_gold_first: bool
) -> None:
    finished = make_comparison_task(project, overlap=3)
    judge(finished)
    if not is_gold_first:
        judge(finished, labeler)
    expected = {"preferences": [-1], "both_bad": False}
    gold = make_gold(by=owner, task=finished, expected=expected, reason="So.")
    if is_gold_first:
        judge(gold.task, labeler)
    finished.refresh_from_db()
    finished.is_open, finished.state = True, "ready"
    finished.save(update_fields=["is_open", "state"])
    make_rules(project, gold_percent=100)
    assert claim_next(by=labeler, project=project, kind="comparison") is None
    other = make_member(project, Role.LABELER)
    assert claim(other, project, "comparison").task_id in (gold.task_id, finished.pk)


def test_a_demoted_reviewer_reads_no_more_of_what_others_wrote(
    project: Project, reviewer: User, signed_in: SignIn
) -> None:
    make_rules(project, review_mode="all")
    row = judge(make_demonstration_task(project), text="Only for reviewers.")
    held = review_of(row.assignment, reviewer)
    Membership.objects.filter(user=reviewer).update(role=Role.LABELER)
    answers = [
        signed_in(reviewer).get(f"/assignments/{held.pk}/"),
        ask_api(reviewer, "PUT", f"/assignments/{held.pk}/draft", {"verdict": "accept"}),
        ask_api(reviewer, "POST", f"/assignments/{held.pk}/pulse", {"active_seconds": 1}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert not any("Only for reviewers" in answer.content.decode() for answer in answers)


@pytest.mark.parametrize("path", ["", "reviews/", "reviews/?show=work", "reviews/?show=done"])
def test_a_reviewer_reads_no_names_where_the_rules_hide_them(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn, path: str
) -> None:
    make_rules(project, review_mode="all", review_percent=100)
    make_demonstration_task(project)
    submit_demonstration(by=labeler, assignment=claim(labeler, project), text="An answer.")
    page = f"/projects/harbour/{path}"
    assert "lena-labeler" not in signed_in(reviewer).get(page).content.decode()
    narrowed = f"{page}{'&' if '?' in page else '?'}labeler={owner.pk}"
    shown = [signed_in(reviewer).get(each).content.decode() for each in (page, narrowed)]
    assert shown[0].count("Question") == shown[1].count("Question")
    make_rules(project, review_shows_names=True)
    if path in ("", "reviews/"):
        assert "lena-labeler" in signed_in(reviewer).get(page).content.decode()


def test_a_reviewer_cannot_narrow_agreement_to_one_person(
    project: Project, owner: User, reviewer: User, labeler: User, signed_in: SignIn
) -> None:
    task = make_comparison_task(project, overlap=2)
    judge(task, labeler)
    judge(task)
    asked = {"labeler": labeler.pk}
    theirs = signed_in(reviewer).get("/projects/harbour/quality/", asked)
    assert theirs.context["filters"].labeler is None
    assert 'name="labeler"' not in theirs.content.decode()
    assert signed_in(owner).get("/projects/harbour/quality/", asked).context["filters"].labeler


def test_no_page_of_a_task_names_a_model_or_a_peer(
    project: Project, labeler: User, signed_in: SignIn
) -> None:
    with connection.cursor() as cursor:
        # Far from any other number on the page.
        cursor.execute("SELECT setval(pg_get_serial_sequence('labeling_response', 'id'), 987654)")
    task = make_comparison_task(project, overlap=2)
    peer = make_member(project, Role.LABELER, "quiet-peer")
    submit_comparison(
        by=peer, assignment=claim(peer, project, "comparison"), preference=2, justification="Zebra."
    )
    held = claim(labeler, project, "comparison")
    answer = signed_in(labeler).get(f"/assignments/{held.pk}/")
    told = f"{answer.headers} {answer.content.decode()}".lower()
    names = [each.generation.model.name for each in task.candidates.all() if each.generation]
    assert [word for word in (*names, "quiet-peer", "zebra", "gold") if word in told] == []
    assert [str(pk) for pk in held.presented if str(pk) in told] == []


def test_an_open_review_is_as_it_was_for_who_may_review(
    project: Project, reviewer: User, signed_in: SignIn
) -> None:
    make_rules(project, review_mode="all")
    row = judge(make_demonstration_task(project), text="Only for reviewers.")
    held = review_of(row.assignment, reviewer)
    page = signed_in(reviewer).get(f"/assignments/{held.pk}/")
    assert "Only for reviewers" in page.content.decode()
    assert Assignment.objects.get(pk=held.pk).state == "open"

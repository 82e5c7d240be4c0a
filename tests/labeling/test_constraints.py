"""What PostgreSQL itself refuses, whatever the code does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.models import (
    Assignment,
    Candidate,
    Comparison,
    Criterion,
    GoldResult,
    Labeler,
    Lane,
    QueueCursor,
    Ranking,
    Response,
    Review,
    Task,
    WorkRules,
)
from projects.models import Project, User
from tests.labeling.reviewed import judge, make_rules
from tests.labeling.rows import make_comparison_task, make_prompt, make_ranking_task, make_task
from tests.labeling.test_gold import written

pytestmark = pytest.mark.django_db


class World:
    """A judged comparison with room for another labeler, and what a broken row needs beside it."""

    def __init__(self, project: Project, owner: User, labeler: User) -> None:
        self.project, self.owner, self.labeler = project, owner, labeler
        self.task = make_comparison_task(project, overlap=2)
        self.row: Comparison = judge(self.task, labeler, preference=-1)
        self.held = self.row.assignment

    def set_task(self, **fields: Any) -> Any:
        return Task.objects.filter(pk=self.task.pk).update(**fields)

    def judgement(self, model: Any = Comparison, **fields: Any) -> Any:
        sides = {"response_a": self.row.response_a, "response_b": self.row.response_b}
        own: dict[str, Any] = {"preference": 1, **sides} if model is Comparison else {}
        common = {
            "assignment": self.held,
            "labeler": self.labeler,
            "prompt": self.task.prompt,
            "guideline_version": self.held.guideline_version,
            "seconds": 1.0,
        }
        return model.objects.create(**(common | own | fields))

    def correction(self, **fields: Any) -> Any:
        return self.judgement(supersedes=self.row, **fields)


def _ranked_twice(world: World) -> None:
    row = judge(make_ranking_task(world.project), world.labeler)
    world.judgement(Ranking, assignment=row.assignment, tiers=row.tiers)


def _corrected_twice(world: World) -> None:
    world.correction()
    world.correction()


BROKEN: dict[str, Callable[[World], Any]] = {
    "one_comparison_an_assignment": lambda w: w.judgement(),
    "one_ranking_an_assignment": _ranked_twice,
    "labeling_comparison_supersedes_id_key": _corrected_twice,
    "a_preference_or_both_bad": lambda w: w.correction(preference=None),
    "a_simple_choice_is_one_of_three": lambda w: w.correction(preference=2, scale="simple"),
    "two_different_responses": lambda w: w.correction(response_b=w.row.response_a),
    "a_verdict_has_its_subject": lambda w: w.judgement(
        Review, verdict="settle", reviewed=w.held, reason="So."
    ),
    "a_return_has_its_reason": lambda w: w.judgement(Review, verdict="return", reviewed=w.held),
    "one_assignment_a_labeler": lambda w: Assignment.objects.create(
        task=w.task,
        labeler=w.labeler,
        leased_until=timezone.now(),
        guideline_version=w.held.guideline_version,
    ),
    "never_assigned_beyond_overlap": lambda w: w.set_task(n_assigned=3),
    "submitted_only_if_assigned": lambda w: w.set_task(n_submitted=2),
    "open_only_with_room": lambda w: w.set_task(n_assigned=2, is_open=True),
    "a_review_has_its_subject": lambda w: make_task(make_prompt(w.project), "review"),
    "one_task_a_prompt_kind_and_variant": lambda w: make_task(w.task.prompt, "comparison"),
    "one_candidate_a_position": lambda w: Candidate.objects.create(
        task=w.task,
        position=0,
        response=Response.objects.create(prompt=w.task.prompt, origin="imported", text="Three."),
    ),
    "a_response_once_a_task": lambda w: Candidate.objects.create(
        task=w.task, position=9, response=w.row.response_a
    ),
    "a_candidate_has_its_source": lambda w: Candidate.objects.create(task=w.task, position=9),
    "one_lane_each": lambda w: Lane.objects.create(project=w.project, kind="comparison"),
    "one_cursor_each": lambda w: [
        QueueCursor.objects.create(user=w.labeler, lane=w.task.lane) for _ in range(2)
    ],
    "one_criterion_a_key": lambda w: [
        Criterion.objects.create(project=w.project, key="style", name="Style") for _ in range(2)
    ],
    "one_labeler_each": lambda w: [
        Labeler.objects.create(project=w.project, user=w.labeler) for _ in range(2)
    ],
    "rankings_of_two_to_nine": lambda w: make_rules(w.project, ranking_size=10),
    "percent_are_at_most_a_hundred": lambda w: make_rules(w.project, review_percent=101),
    "a_score_from_0_to_1": lambda w: GoldResult.objects.create(
        gold=written(w.project, w.owner), assignment=w.held, labeler=w.labeler, score=1.1
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_refused(project: Project, owner: User, labeler: User, name: str) -> None:
    world = World(project, owner, labeler)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BROKEN[name](world)


def test_no_constraint_is_left_out() -> None:
    models = (
        Assignment, Candidate, Comparison, Criterion, GoldResult, Labeler, Lane, QueueCursor,
        Ranking, Review, Task, WorkRules,
    )  # fmt: skip
    named = {constraint.name for model in models for constraint in model._meta.constraints}
    # Every kind of judgement has the same one; a second review is refused as a second ranking is.
    assert named - {"one_review_an_assignment"} <= BROKEN.keys()

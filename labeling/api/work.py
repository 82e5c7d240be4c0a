"""The work over the API: the same domain functions as the pages."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import (
    AssignmentSerializer,
    DraftSerializer,
    FlagSerializer,
    JudgementSerializer,
    KindSerializer,
    PulseSerializer,
    ReasonSerializer,
    SubmittedAndNextSerializer,
    SubmittedSerializer,
)
from labeling.assigning import flags, queue
from labeling.assigning.gates import NotNow
from labeling.judging import activity, correcting, submissions
from labeling.models import Assignment, Submission, Task
from labeling.reviewing.verdicts import submit_review
from projects.access import person
from projects.direct import asking, direct
from projects.errors import InvalidInput
from projects.models import User

ACTIVITY = ("active_seconds", "evidence")
SUBMIT: dict[str, tuple[Callable[..., Submission], dict[str, Any]]] = {
    Task.Kind.DEMONSTRATION.value: (
        submissions.submit_demonstration,
        {"text": "", "turns": None, "spans": None, "turn_spans": None},
    ),
    Task.Kind.COMPARISON.value: (
        submissions.submit_comparison,
        {
            "preference": None,
            "both_bad": False,
            "justification": "",
            "marks": None,
            "flags": None,
        },
    ),
    Task.Kind.RANKING.value: (
        submissions.submit_ranking,
        {"tiers": None, "all_bad": False, "justification": "", "flags": None},
    ),
    Task.Kind.REVIEW.value: (
        submit_review,
        {"verdict": "", "reason": "", "clauses": (), "fix": None},
    ),
}
"""How each kind is submitted, and its fields with what stands for one that is not sent."""


@extend_schema(
    operation_id="tasks_next",
    request=KindSerializer,
    responses={200: AssignmentSerializer, 204: None},
)
@direct
@api_view(["POST"])
def next_task(request: Request, slug: str) -> Response:
    """Lease the next task of a kind, or answer 204 when there is none for me."""
    kind = _object(request).get("kind", "")
    found = queue.claim_next_at(slug, by=asking(request), kind=kind)
    if found is None:
        return Response(status=204)
    return Response(AssignmentSerializer(found).data)


@extend_schema(
    operation_id="assignments_submit",
    request=JudgementSerializer,
    parameters=[
        OpenApiParameter("next", str, enum=["1"], description="Lease the next of this kind too.")
    ],
    responses=PolymorphicProxySerializer(
        component_name="SubmittedOrAndNext",
        serializers=[SubmittedSerializer, SubmittedAndNextSerializer],
        resource_type_field_name=None,
    ),
)
@direct
@api_view(["POST"])
def submit(request: Request, pk: int) -> Response:
    """Submit a task's judgement. The same again gives the same answer.

    With `?next=1` the answer holds it as `submitted`, and under `next` the task that follows.
    """
    found = queue.assignment_for(asking(request), pk)
    user = found.labeler
    given = _object(request)
    verb, defaults = SUBMIT[found.task.kind]
    fields = {name: given.get(name, default) for name, default in defaults.items()}
    sent = {name: given[name] for name in ACTIVITY if name in given}
    row = verb(by=user, assignment=found, activity=sent, **fields)
    submitted = SubmittedSerializer(row).data
    if request.query_params.get("next") != "1":
        return Response(submitted)
    return Response({"submitted": submitted, **_following(user, found)})


@extend_schema(
    operation_id="assignments_draft", request=DraftSerializer, responses=AssignmentSerializer
)
@api_view(["PUT"])
def draft(request: Request, pk: int) -> Response:
    """Keep an unfinished judgement and renew the lease."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    kept = submissions.save_draft(by=user, assignment=found, draft=_object(request))
    return Response(AssignmentSerializer(kept).data)


@extend_schema(
    operation_id="assignments_pulse", request=PulseSerializer, responses=AssignmentSerializer
)
@api_view(["POST"])
def pulse(request: Request, pk: int) -> Response:
    """Say that I am still at work: renews the lease, counts active time, keeps the evidence."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    given = _object(request)
    held = activity.pulse(
        by=user,
        assignment=found,
        active_seconds=given.get("active_seconds"),
        evidence=given.get("evidence"),
    )
    return Response(AssignmentSerializer(held).data)


@extend_schema(operation_id="assignments_skip", request=ReasonSerializer, responses={204: None})
@api_view(["POST"])
def skip(request: Request, pk: int) -> Response:
    """Give the task back for others."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    queue.skip(by=user, assignment=found, reason=_object(request).get("reason", ""))
    return Response(status=204)


@extend_schema(operation_id="assignments_flag", request=FlagSerializer, responses={204: None})
@api_view(["POST"])
def flag(request: Request, pk: int) -> Response:
    """Say that the task is not as it should be; it waits for the project's staff."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    given = _object(request)
    flags.flag(
        by=user,
        assignment=found,
        reason=given.get("reason", ""),
        note=given.get("note", ""),
    )
    return Response(status=204)


@extend_schema(operation_id="assignments_undo", request=None, responses=AssignmentSerializer)
@api_view(["POST"])
def undo(request: Request, pk: int) -> Response:
    """Take back what I submitted within the last minute; its draft is filled as it was.

    What was submitted stands until I submit again.
    """
    user = person(request)
    held = correcting.undo(by=user, assignment=queue.assignment_for(user, pk))
    return Response(AssignmentSerializer(held).data)


@extend_schema(operation_id="assignments_leave", request=None, responses=AssignmentSerializer)
@api_view(["POST"])
def leave(request: Request, pk: int) -> Response:
    """End a correction without a new judgement: what was submitted stands."""
    user = person(request)
    held = correcting.leave_as_it_was(by=user, assignment=queue.assignment_for(user, pk))
    return Response(AssignmentSerializer(held).data)


def _following(user: User, done: Assignment) -> dict[str, Any]:
    """What comes next. A closed gate is no fault of the submission, which is in already."""
    try:
        found = queue.claim_next(by=user, project=done.task.project, kind=done.task.kind)
    except NotNow as error:
        return {"next": None, "barrier": str(error)}
    return {"next": found and AssignmentSerializer(found).data, "barrier": ""}


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return request.data

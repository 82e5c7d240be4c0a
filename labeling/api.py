"""Prompts in, tasks out, judgements in: the same domain functions as the pages."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import models, queue, submissions
from labeling.prompts import KINDS, add_prompts
from projects.access import STAFF, membership, person, project_for
from projects.errors import InvalidInput
from projects.paging import page, page_of


class MessageSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=["system", "user", "assistant"])
    content = serializers.CharField()


class PromptSerializer(serializers.ModelSerializer[models.Prompt]):
    messages = MessageSerializer(many=True, read_only=True)

    class Meta:
        model = models.Prompt
        fields = ["id", "external_id", "messages", "tags", "source", "created_at"]
        read_only_fields = fields


class NewPromptSerializer(serializers.Serializer[Any]):
    """Either `prompt` or `messages`."""

    prompt = serializers.CharField(required=False)
    messages = MessageSerializer(many=True, required=False)
    external_id = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment]


class ImportedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    tasks = serializers.IntegerField()


class NextSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=models.Task.Kind.choices)


class SideSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=["a", "b"])
    text = serializers.CharField()


class AssignmentSerializer(serializers.Serializer[models.Assignment]):
    """Who wrote the candidates is not told."""

    id = serializers.IntegerField()
    kind = serializers.CharField(source="task.kind")
    state = serializers.ChoiceField(choices=models.Assignment.State.choices)
    prompt = PromptSerializer(source="task.prompt")
    candidates = serializers.SerializerMethodField()
    guideline_version = serializers.IntegerField(source="guideline_version.number")
    draft = serializers.DictField()
    leased_until = serializers.DateTimeField()

    @extend_schema_field(SideSerializer(many=True))
    def get_candidates(self, assignment: models.Assignment) -> list[dict[str, str]]:
        texts = models.Response.objects.in_bulk(assignment.presented)
        return [
            {"side": side, "text": texts[pk].text}
            for side, pk in zip("ab", assignment.presented, strict=False)
        ]


class DraftSerializer(serializers.Serializer[Any]):
    """`text` for a demonstration; `preference` and `justification` for a comparison."""

    text = serializers.CharField(required=False)
    preference = serializers.ChoiceField(choices=submissions.CHOICES, required=False)
    justification = serializers.CharField(required=False)


class JudgementSerializer(serializers.Serializer[Any]):
    """`text` for a demonstration; the rest for a comparison, -3 being A and 3 being B."""

    text = serializers.CharField(required=False)
    preference = serializers.IntegerField(
        min_value=-3, max_value=3, required=False, allow_null=True
    )
    both_bad = serializers.BooleanField(required=False)
    justification = serializers.CharField(required=False)


class SkipSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False)


class SubmittedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField(source="assignment.task.kind")
    assignment = serializers.IntegerField(source="assignment_id")
    guideline_version = serializers.IntegerField(source="guideline_version.number")
    seconds = serializers.FloatField()
    created_at = serializers.DateTimeField()


@extend_schema(
    methods=["POST"],
    operation_id="prompts_create",
    request=NewPromptSerializer(many=True),
    responses={201: ImportedSerializer},
    parameters=[
        OpenApiParameter("kinds", str, description="Which tasks to make, separated by commas.")
    ],
)
@extend_schema(methods=["GET"], operation_id="prompts_list", responses=page_of(PromptSerializer))
@api_view(["GET", "POST"])
def prompts(request: Request, slug: str) -> Response:
    """The project's prompts; POST adds a list of them, all or none."""
    user = person(request)
    if request.method != "POST":
        project = project_for(user, slug, roles=STAFF)
        return page(request, project.prompts.all(), PromptSerializer, ordering=("-pk",))
    member = membership(user, slug)
    kinds = request.query_params.get("kinds", ",".join(KINDS)).split(",")
    report = add_prompts(by=user, project=member.project, items=request.data, kinds=kinds)
    return Response(ImportedSerializer(report).data, status=201)


@extend_schema(
    operation_id="tasks_next",
    request=NextSerializer,
    responses={200: AssignmentSerializer, 204: None},
)
@api_view(["POST"])
def next_task(request: Request, slug: str) -> Response:
    """Lease the next task of a kind, or answer 204 when there is none for me."""
    member = membership(person(request), slug)
    kind = _object(request).get("kind", "")
    found = queue.claim_next(by=member.user, project=member.project, kind=kind)
    if found is None:
        return Response(status=204)
    return Response(AssignmentSerializer(found).data)


@extend_schema(
    operation_id="assignments_submit",
    request=JudgementSerializer,
    responses={200: SubmittedSerializer},
)
@api_view(["POST"])
def submit(request: Request, pk: int) -> Response:
    """Submit a task's judgement. The same again gives the same answer."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    given = _object(request)
    if found.task.kind == models.Task.Kind.DEMONSTRATION:
        row: models.Submission = submissions.submit_demonstration(
            by=user, assignment=found, text=given.get("text", "")
        )
    else:
        row = submissions.submit_comparison(
            by=user,
            assignment=found,
            preference=given.get("preference"),
            both_bad=given.get("both_bad", False),
            justification=given.get("justification", ""),
        )
    return Response(SubmittedSerializer(row).data)


@extend_schema(
    operation_id="assignments_draft", request=DraftSerializer, responses=AssignmentSerializer
)
@api_view(["PUT"])
def draft(request: Request, pk: int) -> Response:
    """Keep an unfinished answer and renew the lease."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    kept = submissions.save_draft(by=user, assignment=found, draft=_object(request))
    return Response(AssignmentSerializer(kept).data)


@extend_schema(operation_id="assignments_skip", request=SkipSerializer, responses={204: None})
@api_view(["POST"])
def skip(request: Request, pk: int) -> Response:
    """Give the task back for others."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    queue.skip(by=user, assignment=found, reason=_object(request).get("reason", ""))
    return Response(status=204)


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return request.data

"""Prompts over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import MessageSerializer, PromptSerializer
from labeling.intake.prompt_files import PRIORITIES
from labeling.intake.prompts import KINDS, USUAL_KINDS, add_prompts
from projects.access import STAFF, membership, person, project_for
from projects.paging import page, page_of


class NewPromptSerializer(serializers.Serializer[Any]):
    """Either `prompt` or `messages`."""

    prompt = serializers.CharField(required=False)
    messages = MessageSerializer(many=True, required=False)
    external_id = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    language = serializers.CharField(required=False)
    priority = serializers.CharField(
        required=False, help_text=f"One of {', '.join(PRIORITIES)}; normal where it is not given."
    )
    skills = serializers.ListField(child=serializers.CharField(), required=False)
    overlap = serializers.IntegerField(
        min_value=1,
        max_value=20,
        required=False,
        help_text="How many labelers; else the project's.",
    )
    source = serializers.CharField(required=False)  # type: ignore[assignment]


class ImportedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    tasks = serializers.IntegerField()


@extend_schema(
    methods=["POST"],
    operation_id="prompts_create",
    request=NewPromptSerializer(many=True),
    responses={201: ImportedSerializer},
    parameters=[
        OpenApiParameter(
            "kinds",
            str,
            description=f"Which tasks to make, separated by commas: {', '.join(KINDS)}.",
        )
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
    kinds = request.query_params.get("kinds", ",".join(USUAL_KINDS)).split(",")
    report = add_prompts(by=user, project=member.project, items=request.data, kinds=kinds)
    return Response(ImportedSerializer(report).data, status=201)

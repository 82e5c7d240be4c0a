"""The guideline that counts, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from instructions.clauses import TAGS
from instructions.models import Clause, GuidelineVersion
from instructions.publish import current_version
from projects.access import person, project_for
from projects.errors import NotFound


class ClauseSerializer(serializers.ModelSerializer[Clause]):
    tags = serializers.ListField(child=serializers.ChoiceField(choices=TAGS), read_only=True)

    class Meta:
        model = Clause
        fields = ["number", "anchor", "title", "level", "tags", "body"]
        read_only_fields = fields


class GuidelineSerializer(serializers.ModelSerializer[GuidelineVersion]):
    published_by = serializers.CharField(source="published_by.username", read_only=True)
    clauses = ClauseSerializer(many=True, read_only=True, source="clauses_in_order")

    class Meta:
        model = GuidelineVersion
        fields = ["number", "text", "change_note", "published_at", "published_by", "clauses"]
        read_only_fields = fields


@extend_schema(operation_id="guideline_retrieve", responses=GuidelineSerializer)
@api_view(["GET"])
def guideline(request: Request, slug: str) -> Response:
    """The current version of the project's guideline, with its clauses in order."""
    version = current_version(project_for(person(request), slug))
    if version is None:
        raise NotFound("This project has no published guideline yet.")
    return Response(GuidelineSerializer(version).data)

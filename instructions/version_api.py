"""Versions of the guideline over the API: their list, one of them, what changed, search."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from instructions.api import GuidelineSerializer
from instructions.clauses import TAGS, ClauseText
from instructions.diff import KINDS, ClauseChange
from instructions.models import GuidelineVersion
from instructions.publish import current_version, version_numbered, versions_of
from instructions.query import number_in
from instructions.search import MOST_HITS, search
from instructions.versions import compare
from projects.access import person, project_for
from projects.errors import InvalidInput, NotFound
from projects.paging import page, page_of


class VersionSerializer(serializers.ModelSerializer[GuidelineVersion]):
    published_by = serializers.CharField(source="published_by.username", read_only=True)

    class Meta:
        model = GuidelineVersion
        fields = ["number", "change_note", "published_at", "published_by"]
        read_only_fields = fields


class ClauseAsWrittenSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    anchor = serializers.CharField(help_text="Both are empty for what stands before clause one.")
    title = serializers.CharField()
    tags = serializers.ListField(child=serializers.ChoiceField(choices=TAGS))
    body = serializers.CharField()


class ClauseChangeSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    before = ClauseAsWrittenSerializer(allow_null=True)
    after = ClauseAsWrittenSerializer(allow_null=True)


class GuidelineDiffSerializer(serializers.Serializer[Any]):
    since = serializers.IntegerField(help_text="The older version's number.")
    to = serializers.IntegerField(help_text="The newer version's number.")
    summary = serializers.CharField(help_text="In words: 3 clauses changed, 1 added.")
    same = serializers.IntegerField(help_text="Clauses that stayed as they were.")
    changes = ClauseChangeSerializer(many=True)


class RunSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    is_hit = serializers.BooleanField(help_text="Whether it is what was looked for.")


class HitSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    anchor = serializers.CharField()
    tags = serializers.ListField(child=serializers.ChoiceField(choices=TAGS))
    title = RunSerializer(many=True)
    excerpt = RunSerializer(many=True)


class FoundSerializer(serializers.Serializer[Any]):
    query = serializers.CharField()
    n_all = serializers.IntegerField(help_text=f"At most {MOST_HITS} of them are in `hits`.")
    hits = HitSerializer(many=True)


NUMBER_HELP = "The number of a version."


@extend_schema(operation_id="guideline_versions_list", responses=page_of(VersionSerializer))
@api_view(["GET"])
def versions(request: Request, slug: str) -> Response:
    """The published versions, newest first."""
    rows = versions_of(project_for(person(request), slug))
    return page(request, rows, VersionSerializer, ordering=("-number", "-pk"))


@extend_schema(operation_id="guideline_version_retrieve", responses=GuidelineSerializer)
@api_view(["GET"])
def version(request: Request, slug: str, number: int) -> Response:
    """One version, with its clauses in order."""
    found = version_numbered(project_for(person(request), slug), number)
    return Response(GuidelineSerializer(found).data)


@extend_schema(
    operation_id="guideline_diff",
    parameters=[
        OpenApiParameter("from", int, required=True, description=NUMBER_HELP),
        OpenApiParameter("to", int, required=True, description=NUMBER_HELP),
    ],
    responses=GuidelineDiffSerializer,
)
@api_view(["GET"])
def diff(request: Request, slug: str) -> Response:
    """What changed from one version to another, clause by clause."""
    project = project_for(person(request), slug)
    numbers = {name: number_in(request.query_params, name) for name in ("from", "to")}
    for name, number in numbers.items():
        if number is None:
            raise InvalidInput.field(name, "is missing")
    before, after = (version_numbered(project, number or 0) for number in numbers.values())
    found = compare(before, after)
    answer = {
        "since": before.number,
        "to": after.number,
        "summary": found.summary,
        "same": found.n_same,
        "changes": [_change(change) for change in found.changes],
    }
    return Response(answer)


@extend_schema(
    operation_id="guideline_search",
    parameters=[
        OpenApiParameter("q", str, required=True, description='Words, "a phrase", or, -without.'),
        OpenApiParameter("version", int, description=f"{NUMBER_HELP} The current one by default."),
    ],
    responses=FoundSerializer,
)
@api_view(["GET"])
def search_guideline(request: Request, slug: str) -> Response:
    """Full-text search in one version, the best hits first."""
    project = project_for(person(request), slug)
    number = number_in(request.query_params, "version")
    found = current_version(project) if number is None else version_numbered(project, number)
    if found is None:
        raise NotFound("This project has no published guideline yet.")
    return Response(asdict(search(found, request.query_params.get("q", ""))))


def _change(change: ClauseChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "before": _clause(change.before),
        "after": _clause(change.after),
    }


def _clause(clause: ClauseText | None) -> dict[str, Any] | None:
    if clause is None:
        return None
    return {
        "number": clause.number,
        "anchor": clause.anchor,
        "title": clause.title,
        "tags": list(clause.tags),
        "body": clause.body,
    }

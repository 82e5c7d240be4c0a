"""Exports over the API."""

from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.building import request_export
from exports.models import Export
from exports.pages.access import export_for
from exports.pages.files import file_response
from projects.access import STAFF, person, project_for
from projects.paging import page, page_of


class ExportSerializer(serializers.ModelSerializer[Export]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Export
        fields = [
            "id",
            "kind",
            "source",
            "with_machine",
            "state",
            "n_rows",
            "sha256",
            "manifest",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class ExportRequestSerializer(serializers.ModelSerializer[Export]):
    class Meta:
        model = Export
        fields = ["kind", "source", "with_machine"]


@extend_schema(
    methods=["POST"],
    operation_id="exports_create",
    request=ExportRequestSerializer,
    responses={202: ExportSerializer},
)
@extend_schema(methods=["GET"], operation_id="exports_list", responses=page_of(ExportSerializer))
@api_view(["GET", "POST"])
def exports(request: Request, slug: str) -> Response:
    """The project's exports, newest first; POST asks for a new one."""
    project = project_for(person(request), slug, roles=STAFF)
    if request.method == "POST":
        asked = ExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        export = request_export(by=person(request), project=project, **asked.validated_data)
        return Response(ExportSerializer(export).data, status=202)
    newest_first = ("-created_at", "-pk")
    return page(request, project.exports.all(), ExportSerializer, ordering=newest_first)


@extend_schema(operation_id="exports_retrieve", responses=ExportSerializer)
@api_view(["GET"])
def export(request: Request, public_id: UUID) -> Response:
    """One export, with its manifest once it is done."""
    return Response(ExportSerializer(export_for(person(request), public_id)).data)


@extend_schema(
    operation_id="exports_file",
    responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="The file.")},
)
@api_view(["GET"])
def export_file(request: Request, public_id: UUID, name: str) -> FileResponse:
    """data.jsonl, provenance.jsonl, README.md or manifest.json of a finished export."""
    return file_response(export_for(person(request), public_id), name)

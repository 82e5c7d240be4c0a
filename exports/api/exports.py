"""Exports over the API."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api.asking import recipe_from
from exports.api.describing import recipe_schema
from exports.formats import possible
from exports.models import Export
from exports.pages.access import export_for
from exports.pages.files import archive_response, file_response
from exports.poisoning.deciding import held_among
from exports.recipe import KINDS, everything
from exports.snapshots.making import recipe_for
from exports.snapshots.requests import cancel, request_export
from projects.access import STAFF, person, project_for
from projects.errors import InvalidInput
from projects.paging import page, page_of

PLAIN = ("kind", "source", "with_machine")
FILE = OpenApiResponse(OpenApiTypes.BINARY, description="The file.")


@extend_schema_field(recipe_schema())
class RecipeField(serializers.JSONField):
    """Read by `exports.recipe`, which names every field that breaks a rule."""


class ExportSerializer(serializers.ModelSerializer[Export]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    recipe = serializers.SerializerMethodField(help_text="Every field of it, defaults too.")
    warnings = serializers.SerializerMethodField(
        help_text="What a trainer would refuse or stumble over, once it is done; also in the "
        "manifest."
    )
    seconds_left = serializers.FloatField(
        read_only=True, allow_null=True, help_text="By the pace of the last moments."
    )

    is_held = serializers.SerializerMethodField(
        help_text="Finished, but of its files only the manifest goes out before its findings "
        "are signed off."
    )

    class Meta:
        model = Export
        fields = [
            *("id", "kind", "source", "with_machine", "recipe", "state", "is_held", "phase"),
            *("n_read", "n_expected", "rows_per_second", "seconds_left", "n_rows"),
            *("sha256", "address", "warnings", "manifest", "error", "created_at", "finished_at"),
        ]
        read_only_fields = fields

    @cached_property
    def _held(self) -> set[int]:
        """Of all that are told of together, at once."""
        told: Any = self.parent.instance if self.parent else [self.instance]
        return held_among(each for each in told if each.is_done)

    def get_is_held(self, export: Export) -> bool:
        return export.pk in self._held

    def get_warnings(self, export: Export) -> list[str]:
        return list(export.manifest.get("warnings", []))

    @extend_schema_field(recipe_schema())
    def get_recipe(self, export: Export) -> dict[str, Any]:
        return everything(recipe_for(export))


class ExportRequestSerializer(serializers.ModelSerializer[Export]):
    """A recipe; or a kind and a source alone for all there is, as TRL reads it."""

    recipe = RecipeField(required=False)

    class Meta:
        model = Export
        fields = ["recipe", *PLAIN]
        extra_kwargs = {"kind": {"required": False}}


class FormatSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="format.name")
    title = serializers.CharField(source="format.title")
    about = serializers.CharField(source="format.about")
    kinds = serializers.SerializerMethodField()
    file_types = serializers.ListField(child=serializers.CharField(), source="format.file_types")

    def get_kinds(self, row: Any) -> list[str]:
        return [kind for kind, can_say in zip(KINDS, row.kinds, strict=True) if can_say]


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
        export = request_export(by=person(request), project=project, **_asked(request.data))
        return Response(ExportSerializer(export).data, status=202)
    newest_first = ("-created_at", "-pk")
    return page(request, project.exports.all(), ExportSerializer, ordering=newest_first)


@extend_schema(operation_id="exports_retrieve", responses=ExportSerializer)
@api_view(["GET"])
def export(request: Request, public_id: UUID) -> Response:
    """One export: how far it is, and its manifest once it is done."""
    return Response(ExportSerializer(export_for(person(request), public_id)).data)


@extend_schema(operation_id="exports_cancel", request=None, responses=ExportSerializer)
@api_view(["POST"])
def export_cancel(request: Request, public_id: UUID) -> Response:
    """Stop an export that is not finished; what is written of it goes."""
    user = person(request)
    found = cancel(by=user, export=export_for(user, public_id))
    return Response(ExportSerializer(found).data)


@extend_schema(operation_id="exports_file", responses={200: FILE})
@api_view(["GET"])
def export_file(request: Request, public_id: UUID, name: str) -> HttpResponseBase:
    """A file of a finished export; its manifest names them all. 409 while it is held, but for the
    manifest."""
    return file_response(request._request, export_for(person(request), public_id), name)


@extend_schema(operation_id="exports_archive", responses={200: FILE})
@api_view(["GET"])
def export_archive(request: Request, public_id: UUID) -> HttpResponseBase:
    """All files of a finished export as one tar file. 409 while it is held."""
    return archive_response(export_for(person(request), public_id))


@extend_schema(operation_id="exports_formats", responses=FormatSerializer(many=True))
@api_view(["GET"])
def formats(request: Request) -> Response:
    """Every format, with the kinds of export that it can say and its types of files."""
    return Response(FormatSerializer(possible(), many=True).data)


def _asked(given: Any) -> dict[str, Any]:
    """What `request_export` takes: a recipe, or a kind and source as before there were recipes."""
    if isinstance(given, dict) and (unknown := given.keys() - {"recipe", *PLAIN}):
        raise InvalidInput.field(str(min(unknown)), "is not known here, but perhaps in the recipe")
    if not (isinstance(given, dict) and "recipe" in given):
        asked = ExportRequestSerializer(data=given)
        asked.is_valid(raise_exception=True)
        if "kind" not in asked.validated_data:
            raise InvalidInput.field("kind", "must be given, or a recipe")
        return dict(asked.validated_data)
    if beside := [name for name in PLAIN if name in given]:
        raise InvalidInput.field(beside[0], "is part of the recipe, where one is given")
    return {"recipe": recipe_from(given["recipe"])}

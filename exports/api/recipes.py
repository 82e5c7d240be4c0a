"""Saved recipes over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api.asking import recipe_from
from exports.api.describing import recipe_schema
from exports.api.exports import ExportSerializer, RecipeField
from exports.models import SavedRecipe, Schedule
from exports.recipe import everything
from exports.scheduling import remove_schedule, set_schedule
from exports.selecting.saved import (
    change_recipe,
    delete_recipe,
    read_saved,
    recipe_for,
    rename_recipe,
    save_recipe,
)
from exports.snapshots.requests import request_export
from projects.access import STAFF, person, project_for
from projects.checks import an_object
from projects.errors import InvalidInput
from projects.paging import page, page_of


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    class Meta:
        model = Schedule
        fields = ["every", "weekday", "hour", "is_on", "next_at", "problem"]
        read_only_fields = ["next_at", "problem"]


class SavedRecipeSerializer(serializers.ModelSerializer[SavedRecipe]):
    recipe = serializers.SerializerMethodField(help_text="Every field of it, defaults too.")
    by = serializers.CharField(source="by.username", read_only=True)
    schedule = serializers.SerializerMethodField()

    class Meta:
        model = SavedRecipe
        fields = ["id", "name", "recipe", "by", "schedule", "created_at", "changed_at"]
        read_only_fields = fields

    @extend_schema_field(recipe_schema())
    def get_recipe(self, saved: SavedRecipe) -> dict[str, Any]:
        return everything(read_saved(saved))

    @extend_schema_field(ScheduleSerializer(allow_null=True))
    def get_schedule(self, saved: SavedRecipe) -> dict[str, Any] | None:
        found = getattr(saved, "schedule", None)
        return None if found is None else dict(ScheduleSerializer(found).data)


class NewRecipeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    recipe = RecipeField()


class RecipeChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays."""

    name = serializers.CharField(required=False)
    recipe = RecipeField(required=False)


@extend_schema(
    methods=["POST"],
    operation_id="export_recipes_create",
    request=NewRecipeSerializer,
    responses={201: SavedRecipeSerializer},
)
@extend_schema(
    methods=["GET"], operation_id="export_recipes_list", responses=page_of(SavedRecipeSerializer)
)
@api_view(["GET", "POST"])
def recipes(request: Request, slug: str) -> Response:
    """The project's saved recipes; POST keeps another."""
    user = person(request)
    project = project_for(user, slug, roles=STAFF)
    if request.method == "POST":
        given = an_object(request.data, field="request")
        data = recipe_from(given.get("recipe")).as_dict()
        saved = save_recipe(by=user, project=project, name=given.get("name"), data=data)
        return Response(SavedRecipeSerializer(saved).data, status=201)
    rows = project.saved_recipes.select_related("by", "schedule")
    return page(request, rows, SavedRecipeSerializer, ordering=("pk",))


@extend_schema(
    methods=["PATCH"],
    operation_id="export_recipes_change",
    request=RecipeChangeSerializer,
    responses=SavedRecipeSerializer,
)
@extend_schema(methods=["DELETE"], operation_id="export_recipes_delete", responses={204: None})
@extend_schema(
    methods=["GET"], operation_id="export_recipes_retrieve", responses=SavedRecipeSerializer
)
@api_view(["GET", "PATCH", "DELETE"])
def recipe(request: Request, pk: int) -> Response:
    """One saved recipe. Exports made by it keep the recipe they were made by."""
    user = person(request)
    saved = recipe_for(user, pk)
    if request.method == "DELETE":
        delete_recipe(by=user, saved=saved)
        return Response(status=204)
    if request.method == "PATCH":
        given = an_object(request.data, field="request")
        if not given.keys() & {"name", "recipe"}:
            raise InvalidInput.field("request", "must hold name, recipe or both")
        asked = recipe_from(given["recipe"]) if "recipe" in given else None
        if "name" in given:
            rename_recipe(by=user, saved=saved, name=given["name"])
        if asked is not None:
            change_recipe(by=user, saved=saved, data=asked.as_dict())
        saved = recipe_for(user, pk)
    return Response(SavedRecipeSerializer(saved).data)


@extend_schema(
    operation_id="export_recipes_export", request=None, responses={202: ExportSerializer}
)
@api_view(["POST"])
def recipe_export(request: Request, pk: int) -> Response:
    """Export by it now."""
    user = person(request)
    saved = recipe_for(user, pk)
    made = request_export(by=user, project=saved.project, recipe=read_saved(saved), recipe_of=saved)
    return Response(ExportSerializer(made).data, status=202)


@extend_schema(
    methods=["PUT"],
    operation_id="export_recipes_schedule",
    request=ScheduleSerializer,
    responses=ScheduleSerializer,
)
@extend_schema(methods=["DELETE"], operation_id="export_recipes_unschedule", responses={204: None})
@api_view(["PUT", "DELETE"])
def recipe_schedule(request: Request, pk: int) -> Response:
    """Export by it by itself: at an hour UTC of every day, of one day of the week (0 is Monday),
    or of the first of every month."""
    user = person(request)
    saved = recipe_for(user, pk)
    if request.method == "DELETE":
        remove_schedule(by=user, saved=saved)
        return Response(status=204)
    given = an_object(request.data, field="request")
    told = {name: given[name] for name in ("weekday", "hour", "is_on") if name in given}
    schedule = set_schedule(by=user, saved=saved, every=given.get("every"), **told)
    return Response(ScheduleSerializer(schedule).data)

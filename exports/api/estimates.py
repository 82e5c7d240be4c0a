"""What a recipe comes to, and how its rows look, before anything is exported."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api.asking import recipe_from
from exports.api.exports import RecipeField
from exports.selecting.estimating import estimate, preview
from projects.access import STAFF, person, project_for
from projects.checks import an_object, number_from

MOST_PREVIEWED = 20
USUAL_PREVIEWED = 3


class EstimateRequestSerializer(serializers.Serializer[Any]):
    recipe = RecipeField()


class LostSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    number = serializers.IntegerField()
    is_about = serializers.BooleanField(help_text="Reckoned from a sample.")
    of_format = serializers.BooleanField(
        help_text="Chosen, but the format has no word for it; otherwise not chosen at all, "
        "unless `of_hygiene`."
    )
    of_hygiene = serializers.BooleanField(
        help_text="Chosen, but left out by a scan of its texts, or by splits."
    )


class ExportEstimateSerializer(serializers.Serializer[Any]):
    """Judgements are counted to the last; rows too, unless `is_sample`. Duplicates and other
    hygiene are in it if `has_hygiene`; of many texts they are found while an export is made."""

    rows = serializers.IntegerField()
    is_sample = serializers.BooleanField()
    has_hygiene = serializers.BooleanField()
    n_judgements = serializers.IntegerField()
    n_selected = serializers.IntegerField()
    n_looked_at = serializers.IntegerField()
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What a trainer would refuse or stumble over, as far as rows were looked at.",
    )
    dropped = LostSerializer(
        many=True,
        help_text="Each under its first reason alone: judgements that are not chosen, and of those "
        "that are each pair or answer that has no row.",
    )


class PreviewRequestSerializer(serializers.Serializer[Any]):
    recipe = RecipeField()
    limit = serializers.IntegerField(min_value=1, max_value=MOST_PREVIEWED, required=False)


class PreviewSerializer(serializers.Serializer[Any]):
    rows = serializers.ListField(child=serializers.DictField(), help_text="As they are written.")


@extend_schema(
    operation_id="exports_estimate",
    request=EstimateRequestSerializer,
    responses=ExportEstimateSerializer,
)
@api_view(["POST"])
def export_estimate(request: Request, slug: str) -> Response:
    """How many rows a recipe comes to, and why other judgements drop out. Nothing is written."""
    project = project_for(person(request), slug, roles=STAFF)
    given = an_object(request.data, field="request")
    found = estimate(project, recipe_from(given.get("recipe")))
    return Response(ExportEstimateSerializer(found).data)


@extend_schema(
    operation_id="exports_preview",
    request=PreviewRequestSerializer,
    responses=PreviewSerializer,
)
@api_view(["POST"])
def export_preview(request: Request, slug: str) -> Response:
    """The first real rows of a recipe in its format, of each source in turn."""
    project = project_for(person(request), slug, roles=STAFF)
    given = an_object(request.data, field="request")
    limit = number_from(given.get("limit", USUAL_PREVIEWED), 1, MOST_PREVIEWED, field="limit")
    rows = preview(project, recipe_from(given.get("recipe")), limit)
    return Response({"rows": rows})

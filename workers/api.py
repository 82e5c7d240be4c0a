"""The language models over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from projects.paging import page, page_of
from workers.models import LanguageModel


class LanguageModelSerializer(serializers.ModelSerializer[LanguageModel]):
    class Meta:
        model = LanguageModel
        fields = ["name", "organisation", "licence", "weights", "is_open"]
        read_only_fields = fields


@extend_schema(operation_id="models_list", responses=page_of(LanguageModelSerializer))
@api_view(["GET"])
def models(request: Request) -> Response:
    """The language models that text can be drawn from. Two with the same `weights` differ only in
    their parameters."""
    rows = LanguageModel.objects.drawable()
    return page(request, rows, LanguageModelSerializer, ordering=("name", "pk"))

"""What differs between two exports, over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.pages.access import export_for
from exports.pages.comparing import difference_of
from projects.access import person
from projects.errors import NotFound


class ChangedRowSerializer(serializers.Serializer[Any]):
    """`corrects`: the id that the same labeler's judgement had before, where it is another."""

    id = serializers.CharField()
    split = serializers.CharField()
    corrects = serializers.CharField(allow_blank=True)
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    label_before = serializers.DictField(allow_null=True)
    label_after = serializers.DictField(allow_null=True)


class ExportDifferenceSerializer(serializers.Serializer[Any]):
    """Rows by what became of them; judged otherwise and saying something else, one counts twice.
    A row's samples are the first few, by the name of the change."""

    rows_before = serializers.IntegerField()
    rows_after = serializers.IntegerField()
    same = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    label = serializers.IntegerField()  # type: ignore[assignment]
    text = serializers.IntegerField()
    moved = serializers.IntegerField()
    samples = serializers.DictField(child=ChangedRowSerializer(many=True))


@extend_schema(operation_id="exports_diff", responses=ExportDifferenceSerializer)
@api_view(["GET"])
def export_diff(request: Request, public_id: UUID, other: UUID) -> Response:
    """What came, went and changed from this export to another of the same project. 409 while
    either is held."""
    user = person(request)
    before, after = export_for(user, public_id), export_for(user, other)
    if before.project_id != after.project_id:
        raise NotFound("There is no such export in this project.")
    return Response(difference_of(before, after).as_dict())

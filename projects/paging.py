"""Lists in the API: by cursor, so that a page costs the same however long the list is."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


def page_of(serializer: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """What a page of these looks like, for the API's description."""
    return inline_serializer(
        f"PageOf{serializer.__name__.removesuffix('Serializer')}",
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": serializer(many=True),
        },
    )


def page(
    request: Request,
    rows: QuerySet[Any],
    serializer: type[serializers.BaseSerializer[Any]],
    *,
    ordering: tuple[str, ...],
) -> Response:
    """One page of `rows`; `ordering` ends in the primary key."""
    pages = CursorPagination()
    pages.ordering = ordering
    found = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(serializer(found, many=True).data)

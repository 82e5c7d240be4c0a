"""Lists in the API: by cursor, so that a page costs the same however long the list is."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
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


class Pages(CursorPagination):
    def __init__(self, rows: QuerySet[Any], ordering: tuple[str, ...]) -> None:
        self.ordering = ordering
        name = ordering[0].removeprefix("-")
        meta = rows.model._meta
        self._field = meta.pk if name == "pk" else meta.get_field(name)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """A cursor whose position is no value of the column would be a fault in the database."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                self._field.to_python(cursor.position)
            except ValidationError:
                raise NotFound(self.invalid_cursor_message) from None
            if "\0" in str(cursor.position):
                raise NotFound(self.invalid_cursor_message)
        return cursor


def page(
    request: Request,
    rows: QuerySet[Any],
    serializer: type[serializers.BaseSerializer[Any]],
    *,
    ordering: tuple[str, ...],
) -> Response:
    """One page of `rows`; `ordering` ends in the primary key."""
    pages = Pages(rows, ordering)
    found = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(serializer(found, many=True).data)

"""JSON from outside, bounded and without its ambiguities."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from projects.errors import TooLarge

MEGABYTE = 1024 * 1024


class StrictJSON(BaseParser):
    """How the API reads every request's body."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(f"A request has at most {limit // MEGABYTE} MB.")
        try:
            return parse_json(data.decode())
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except ValueError as error:
            raise ParseError(f"The body {error}.") from error


def parse_json(text: str) -> Any:
    """JSON without its ambiguities; every fault is a ValueError with a sentence."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("has the same key twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is not JSON")

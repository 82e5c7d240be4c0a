"""Reading what a task's form and script send along."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict

from projects.errors import InvalidInput, TooLarge
from projects.strict_json import parse_json


def activity_of(post: QueryDict) -> dict[str, Any]:
    """The last `active_seconds` and `evidence` of a form; empty where no script counted them."""
    sent = str(post.get("activity", ""))
    if not sent:
        return {}
    try:
        activity = parse_json(sent)
    except ValueError as error:
        raise InvalidInput.field("activity", str(error)) from error
    if not isinstance(activity, dict):
        raise InvalidInput.field("activity", "must be an object")
    return activity


def json_of(request: HttpRequest, field: str) -> Any:
    """The body, which must be JSON; `field` is what to call it where it is not."""
    if request.content_type != "application/json":
        raise InvalidInput.field(field, "must be sent as application/json")
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge("That is longer than anything kept here.")
    try:
        return parse_json(request.body.decode())
    except UnicodeDecodeError:
        raise InvalidInput.field(field, "must be UTF-8") from None
    except ValueError as error:
        raise InvalidInput.field(field, str(error)) from error

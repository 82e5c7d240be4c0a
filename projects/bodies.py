"""Bodies of requests that cannot be read as a form."""

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http.multipartparser import MultiPartParserError

from projects.errors import InvalidInput, TooLarge, TouchstoneError
from projects.strict_json import MEGABYTE


def unreadable(error: Exception) -> TouchstoneError | None:
    """What to say of a request that Django refused to read; None where nothing is to be said."""
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE
        return TooLarge(f"A form has at most {most} MB. Nothing was stored.")
    if isinstance(error, TooManyFieldsSent | TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return InvalidInput.field("body", f"must hold at most {most} fields")
    if isinstance(error, MultiPartParserError):
        return InvalidInput.field("body", "is not a whole multipart form")
    if isinstance(error, BadRequest):
        return InvalidInput.field("body", "must be a form in UTF-8")
    return None

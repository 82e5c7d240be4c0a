"""The busiest calls of the API, without what Django REST framework does around each call.

Choosing versions, parsers, renderers, permissions and throttles takes it longer than a labeler's
next task takes PostgreSQL, and comes out the same each time. What is not the plain case, an
unknown token for one, still goes the whole way.
"""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import person
from projects.errors import TouchstoneError
from projects.models import User
from projects.problems import exception_handler
from projects.strict_json import StrictJSON
from projects.tokens import Bearer, bearer

JSON = "application/json"
ANYTHING = ("", "*/*", JSON)

View = Callable[..., HttpResponseBase]


class Direct:
    """What views read of the framework's request, and nothing more."""

    def __init__(self, http: HttpRequest, by: Bearer) -> None:
        self._http, self.bearer = http, by

    @cached_property
    def user(self) -> User:
        return self.bearer.token().user

    @cached_property
    def data(self) -> Any:
        is_empty = self._http.META.get("CONTENT_LENGTH", "") in ("", "0")
        return {} if is_empty else StrictJSON().parse(self._http)

    @property
    def query_params(self) -> QueryDict:
        return self._http.GET


def direct(view: View) -> View:
    """A view made by `@api_view(["POST"])`, called without detours where a request is plain.

    It asks for `asking(request)` first, and looks that up before it does anything.
    """
    answer = view.cls.post  # type: ignore[attr-defined] # how DRF keeps the function

    @wraps(view)
    def shorter(http: HttpRequest, **values: Any) -> HttpResponseBase:
        request = _plain(http)
        if request is None:
            return view(http, **values)
        try:
            response = answer(None, request, **values)
        except (TouchstoneError, APIException, Http404, PermissionDenied) as error:
            if not _is_known(request):
                return view(http, **values)
            refusal = exception_handler(error, {})
            if refusal is None:
                raise
            response = refusal
        return _ready(response)

    return shorter


def asking(request: Request | Direct) -> User | Bearer:
    """Who asks; where nobody has looked that up so far, whoever has the token."""
    return request.bearer if isinstance(request, Direct) else person(request)


def _is_known(request: Direct) -> bool:
    try:
        return bool(request.user)
    except APIException:
        return False


def _plain(http: HttpRequest) -> Direct | None:
    """The request, if it is JSON both ways and comes with a token."""
    is_plain = (
        http.method == "POST"
        and http.content_type == JSON
        and http.META.get("HTTP_ACCEPT", "") in ANYTHING
        and "format" not in http.GET
    )
    if not is_plain:
        return None
    try:
        found = bearer(http)
    except APIException:
        return None
    return None if found is None else Direct(http, found)


def _ready(response: Response) -> Response:
    """The response as the framework's renderer would leave it."""
    response.content = _written(response.data)
    response["Allow"] = "POST, OPTIONS"
    if response.content:
        response["Content-Type"] = response.content_type or JSON
    else:
        del response["Content-Type"]
    return response


def _written(data: Any) -> bytes:
    if data is None:
        return b""
    try:
        written = orjson.dumps(data, option=orjson.OPT_PASSTHROUGH_DATETIME)
        # Ends of lines to JavaScript, which the framework escapes too.
        return written.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
    except orjson.JSONEncodeError:
        # What it does not know, such as half a character that was quoted, the framework may.
        rendered: bytes = JSONRenderer().render(data)
        return rendered

"""The busiest calls of the API, without what Django REST framework does around each call.

Choosing versions, parsers, renderers, permissions and throttles takes it longer than a labeler's
next task takes PostgreSQL, and comes out the same each time. What is not the plain case, an
unknown token for one, still goes the whole way.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from projects.errors import TouchstoneError
from projects.problems import exception_handler
from projects.strict_json import StrictJSON
from projects.tokens import TokenAuthentication

JSON = "application/json"
ANYTHING = ("", "*/*", JSON)

View = Callable[..., HttpResponseBase]


def direct(view: View) -> View:
    """A view made by `@api_view(["POST"])`, called without detours where a request is plain."""
    answer = view.cls.post  # type: ignore[attr-defined] # how DRF keeps the function

    @wraps(view)
    def shorter(http: HttpRequest, **values: Any) -> HttpResponseBase:
        request = _plain(http)
        if request is None:
            return view(http, **values)
        try:
            response = answer(None, request, **values)
        except (TouchstoneError, APIException, Http404, PermissionDenied) as error:
            refusal = exception_handler(error, {})
            if refusal is None:
                raise
            response = refusal
        return _sent(response)

    return shorter


def _plain(http: HttpRequest) -> Request | None:
    """The request with whoever asks, if it is JSON both ways and the token is known."""
    is_plain = (
        http.method == "POST"
        and http.content_type == JSON
        and http.META.get("HTTP_ACCEPT", "") in ANYTHING
        and "format" not in http.GET
    )
    if not is_plain:
        return None
    request = Request(http, parsers=[StrictJSON()], negotiator=DefaultContentNegotiation())
    try:
        found = TokenAuthentication().authenticate(request)
    except APIException:
        return None
    if found is None:
        return None
    request.user, request.auth = found
    return request


def _sent(response: Response) -> HttpResponse:
    content_type = response.content_type or JSON
    sent = HttpResponse(
        JSONRenderer().render(response.data), status=response.status_code, content_type=content_type
    )
    sent["Allow"] = "POST, OPTIONS"
    for name, value in response.headers.items():
        sent.setdefault(name, value)
    if not sent.content:
        del sent["Content-Type"]
    return sent

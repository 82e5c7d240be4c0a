"""What holds of every answer, so that no view repeats it."""

from collections.abc import Callable
from functools import cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from projects.errors import TouchstoneError

Answering = Callable[[HttpRequest], HttpResponse]


class Policy(CSPMiddleware):
    """The Content-Security-Policy, built once: only a view that says so has another.

    Building it anew for each answer takes as long as some of the answers.
    """

    OWN = ("_csp_exempt", "_csp_config", "_csp_update", "_csp_replace")

    def process_request(self, request: HttpRequest) -> None:
        """No nonce: no page of ours has a script in it."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if settings.DEBUG or any(hasattr(response, name) for name in self.OWN):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return str(build_policy())


class PersonalAnswers:
    """An answer to somebody who is signed in, or came with a token, is for them alone.

    Views that say how long theirs may be kept have said so. To the others this is added, so that
    no cache on the way, nor the next person at the same browser, shows it unasked.
    """

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_session or "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class DomainErrors:
    """Domain errors become pages."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TouchstoneError):
            return None
        return render(request, "errors/refused.html", {"error": error}, status=error.status)

"""The API's calls with a token, spared what only browsers need.

A program that comes with a token and no cookie has no session, no form to protect and no message
to be shown, and asks for no file. All that holds of every answer, its headers for one, is still
done by the same middleware, in the same order.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.utils.module_loading import import_string

API = "/api/v1/"
KEYWORDS = ("bearer ", "token ")
FOR_BROWSERS = frozenset(
    {
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    }
)


class Calls(WSGIHandler):
    """Django's application without the middleware for browsers."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler: Any = convert_exception_to_response(
            self._get_response  # type: ignore[attr-defined] # the stubs leave it out
        )
        for path in reversed(settings.MIDDLEWARE):
            if path in FOR_BROWSERS:
                continue
            middleware = import_string(path)(handler)
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, middleware.process_view)
            if hasattr(middleware, "process_template_response"):
                self._template_response_middleware.append(middleware.process_template_response)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            handler = convert_exception_to_response(middleware)
        self._middleware_chain = handler


class CallsApart:
    """A WSGI application: `calls` for the API with a token, `pages` for everything else."""

    def __init__(self, pages: Any, calls: Any) -> None:
        self._pages, self._calls = pages, calls

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        chosen = self._calls if is_call(environ) else self._pages
        answer: Iterable[bytes] = chosen(environ, start)
        return answer


def is_call(environ: dict[str, Any]) -> bool:
    """Whether this is a program's call. Who brings a cookie may be a browser, whatever else."""
    return (
        environ["PATH_INFO"].startswith(API)
        and environ.get("HTTP_AUTHORIZATION", "").lower().startswith(KEYWORDS)
        and "HTTP_COOKIE" not in environ
    )

"""A call with a token is answered alike with and without the middleware for browsers."""

import io
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from config.calls import FOR_BROWSERS, Calls, CallsApart, is_call
from projects import tokens
from projects.models import Project, User

pytestmark = pytest.mark.django_db

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def token(labeler: User) -> str:
    return tokens.create(by=labeler, name="test")[1]


def environ(path: str, method: str = "GET", body: bytes = b"", **headers: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "10.0.0.7",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **headers,
    }


def answered(application: Any, given: dict[str, Any]) -> Answer:
    """Past the application's edge, where the test's own transaction would be ended."""
    response = application.get_response(WSGIRequest(given))
    return response.status_code, dict(response.headers), response.content


ASKED = [
    ("GET", "/api/v1/projects/{slug}/rules", b""),
    ("GET", "/api/v1/projects/{slug}/tasks", b""),
    ("GET", "/api/v1/projects/another/rules", b""),
    ("GET", "/api/v1/projects/{slug}/next", b""),
    ("GET", "/api/v1/nowhere", b""),
    ("POST", "/api/v1/projects/{slug}/next", b'{"kind": "demonstration"}'),
    ("POST", "/api/v1/projects/{slug}/next", b'{"kind": "nonsense"}'),
    ("POST", "/api/v1/projects/{slug}/next", b"{"),
    ("POST", "/api/v1/assignments/1/submit", b"{}"),
    ("OPTIONS", "/api/v1/assignments/1/submit", b""),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_both_ways_give_the_same(
    project: Project, token: str, method: str, path: str, body: bytes
) -> None:
    both = []
    for application in (get_wsgi_application(), Calls()):
        authorized: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
        asked = environ(path.format(slug=project.slug), method, body, **authorized)
        status, headers, content = answered(application, asked)
        # DRF takes them out of a set, in whatever order.
        headers["Allow"] = ", ".join(sorted(headers.get("Allow", "").split(", ")))
        both.append((status, headers, content))
    assert both[0] == both[1]
    assert "default-src 'none'" in both[0][1]["Content-Security-Policy"]


@pytest.mark.parametrize("given", ["Bearer ts_unknown", "Bearer two words", "Basic YTpi"])
def test_both_ways_refuse_the_same(project: Project, given: str) -> None:
    path = f"/api/v1/projects/{project.slug}/next"
    both = [
        answered(application, environ(path, "POST", b"{}", HTTP_AUTHORIZATION=given))
        for application in (get_wsgi_application(), Calls())
    ]
    assert both[0] == both[1]
    assert both[0][0] == 401


def test_a_name_that_is_not_ours_is_refused_both_ways(project: Project, token: str) -> None:
    given: dict[str, Any] = {
        "HTTP_HOST": "elsewhere.example",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
    }
    path = f"/api/v1/projects/{project.slug}/rules"
    both = [
        answered(application, environ(path, **given))[0]
        for application in (get_wsgi_application(), Calls())
    ]
    assert both == [400, 400]


def test_only_the_api_with_a_token_and_no_cookie_is_a_call() -> None:
    path = "/api/v1/projects/x/next"
    bearer: dict[str, Any] = {"HTTP_AUTHORIZATION": "Bearer ts_1"}
    assert is_call(environ(path, **bearer))
    assert is_call(environ(path, HTTP_AUTHORIZATION="token ts_1"))
    assert not is_call(environ(path))
    assert not is_call(environ(path, HTTP_AUTHORIZATION="Basic YTpi"))
    assert not is_call(environ(path, HTTP_COOKIE="sessionid=abc", **bearer))
    assert not is_call(environ("/projects/x/", **bearer))


def test_each_goes_its_way() -> None:
    def telling(name: bytes) -> Any:
        return lambda environ, start: [name]

    apart = CallsApart(pages=telling(b"pages"), calls=telling(b"calls"))
    bearer: dict[str, Any] = {"HTTP_AUTHORIZATION": "Bearer ts_1"}
    assert list(apart(environ("/api/v1/projects/x/next", **bearer), None)) == [b"calls"]
    assert list(apart(environ("/api/v1/projects/x/next"), None)) == [b"pages"]


def test_what_is_left_out_is_there_for_browsers() -> None:
    assert set(settings.MIDDLEWARE) >= FOR_BROWSERS

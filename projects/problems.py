"""RFC 9457 problem details: how the API says no."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from projects.errors import InvalidInput, TouchstoneError

CONTENT_TYPE = "application/problem+json"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler: every refusal as `application/problem+json`."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, TouchstoneError):
        set_rollback()
        return problem(
            status=error.status, title=error.title, detail=str(error), errors=_problems(error)
        )
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    errors = _flatten(error.detail) if isinstance(error, exceptions.ValidationError) else []
    title = "Some of the input breaks a rule." if errors else str(error.default_detail)
    detail = "; ".join(f"{e['field']}: {e['rule']}" for e in errors) or str(error.detail)
    return problem(
        status=error.status_code, title=title, detail=detail, errors=errors, headers=headers
    )


def problem(
    *,
    status: int,
    title: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": _writable(detail),
    }
    if errors:
        body["errors"] = [{**e, "rule": _writable(e["rule"])} for e in errors]
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _writable(text: str) -> str:
    """What was refused may be quoted, and may be what UTF-8 cannot hold."""
    return text.encode(errors="backslashreplace").decode()


def _problems(error: TouchstoneError) -> list[dict[str, Any]]:
    if not isinstance(error, InvalidInput):
        return []
    return [
        {"field": p.field, "rule": p.rule} | ({} if p.line is None else {"line": p.line})
        for p in error.problems
    ]


def _flatten(detail: Any, path: str = "") -> list[dict[str, Any]]:
    """DRF's nested error detail as a list of field and rule."""
    if isinstance(detail, dict):
        return [
            row
            for key, value in detail.items()
            for row in _flatten(value, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(detail, list):
        nested = [item for item in detail if isinstance(item, dict | list)]
        if nested:
            return [row for i, item in enumerate(detail) for row in _flatten(item, f"{path}[{i}]")]
        return [{"field": path, "rule": str(item)} for item in detail]
    return [{"field": path, "rule": str(detail)}]

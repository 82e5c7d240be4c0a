"""The page of a task, whatever its kind."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from instructions.templatetags.rendering import markdown
from labeling import overview
from labeling.models import Assignment
from labeling.rules import rules_of
from labeling.screens import screen_of
from projects.errors import InvalidInput


def task_page(
    request: HttpRequest,
    found: Assignment,
    values: dict[str, Any],
    *,
    status: int = 200,
    refused: InvalidInput | None = None,
    is_preview: bool = False,
) -> HttpResponse:
    """`values` is the draft to show; `refused` says why a submission was not taken."""
    project, version = found.task.project, found.guideline_version
    screen = screen_of(found.task.kind)
    context = {
        "assignment": found,
        "task": found.task,
        "project": project,
        "rules": rules_of(project),
        "version": version,
        "clauses": version.clauses_in_order(),
        "messages_rendered": rendered(found.task.prompt.messages),
        "values": values,
        "refused": refused,
        "is_preview": is_preview,
        "done_today": overview.done_today(found.labeler),
    }
    context |= screen.context(found, values)
    return render(request, screen.TEMPLATE, context, status=status)


def rendered(messages: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"role": each["role"], "html": markdown(each["content"])} for each in messages]

"""The page of a task, whatever its kind."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from instructions.models import Clause
from instructions.templatetags.rendering import markdown
from labeling.gold import results as gold
from labeling.judging.correcting import UNDO_SECONDS, last_undoable
from labeling.judging.rules import rules_of
from labeling.models import Assignment, Flag
from labeling.quality import overview
from labeling.reviewing.verdicts import ReturnedNote, returned_note
from labeling.screens import screen_of
from projects.errors import InvalidInput, Problem
from projects.models import User

SKIP_REASONS = (
    "Outside of what I know",
    "Too long or too hard just now",
    "I would rather not read this",
)

# What labelers know a field by; of other fields the name itself is a word.
NAMES = {
    "text": "Your answer",
    "turn_user": "The user's next turn",
    "turn_reply": "Your reply",
    "justification": "Your justification",
}


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
    note = returned_note(found)
    rules = rules_of(project)
    context = {
        "assignment": found,
        "task": found.task,
        "project": project,
        "rules": rules,
        "waits": gold.may_tell(rules),
        "version": version,
        "messages_rendered": rendered(found.task.prompt.messages),
        "values": values,
        "refused": [told(problem) for problem in refused.problems] if refused else [],
        "is_preview": is_preview,
        "is_correction": found.state == Assignment.State.REOPENED,
        "returned": note,
        "returned_clauses": clauses_named(found, note),
        "done_today": overview.done_today(found.labeler),
        "flag_reasons": Flag.Reason.choices,
        "skip_reasons": SKIP_REASONS,
        # A page fetched ahead is shown later, when this would be about something else.
        "undoable": None if is_ahead(request) else undoable(found.labeler),
    }
    context |= screen.context(found, values)
    return render(request, screen.TEMPLATE, context, status=status)


def told(problem: Problem) -> str:
    """What is wrong with a form, in a sentence to its labeler."""
    name = NAMES.get(problem.field)
    is_said_of_it = problem.rule.startswith(("must ", "is ", "are "))
    return f"{name} {problem.rule}." if name and is_said_of_it else f"{problem}."


def rendered(messages: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"role": each["role"], "html": markdown(each["content"])} for each in messages]


def clauses_named(found: Assignment, note: ReturnedNote | None) -> list[Clause]:
    """The clauses a reviewer cited, by the version that was shown."""
    if note is None or not note.clauses:
        return []
    named = found.guideline_version.clauses.filter(anchor__in=note.clauses)
    return list(named.order_by("position", "pk").only("anchor", "number", "title"))


def undoable(user: User) -> dict[str, Any] | None:
    """What was submitted last and for how many seconds it can be taken back."""
    last = last_undoable(user)
    if last is None or last.ended_at is None:
        return None
    passed = (timezone.now() - last.ended_at).total_seconds()
    return {"pk": last.pk, "seconds": max(1, round(UNDO_SECONDS - passed))}


def is_ahead(request: HttpRequest) -> bool:
    """Whether a script fetches this page to hold it ready."""
    return request.method in ("GET", "HEAD") and "X-Ahead" in request.headers


def kept_texts(draft: dict[str, Any]) -> list[tuple[str, str]]:
    """What was written in a draft of any kind, as (title, text)."""
    texts = [("Your answer", draft.get("text")), ("Your justification", draft.get("justification"))]
    for turn in draft.get("turns") or []:
        title = "The user's next turn" if turn["role"] == "user" else "Your reply"
        texts.append((title, turn["content"]))
    return [(title, text) for title, text in texts if text]

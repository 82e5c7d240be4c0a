"""What was set aside: tasks that were flagged, skipped too often or could not be drawn."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.assigning import flags
from labeling.assigning.candidates import DRAWN_KINDS, why_failed
from labeling.models import Assignment, Candidate, Flag, Task
from projects.access import STAFF, membership, person

PAGE_SIZE = 25
FILTERS = (
    ("", "All"),
    *Flag.Reason.choices,
    (flags.SKIPPED, "Skipped often"),
    (flags.FAILED, "Not drawn"),
)
SETTLED = {
    Flag.Outcome.QUEUED: "The task is back in the queue.",
    Flag.Outcome.DRAWN_AGAIN: "Its candidates are drawn again; then it comes back to the queue.",
    Flag.Outcome.RETIRED: "The task is retired. What was judged before stands.",
}


@login_required
@never_cache
@require_safe
def flag_list(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    chosen = _filter(request.GET.get("only", ""))
    found = flags.waiting(member.project, only=chosen).select_related("prompt")
    page = Paginator(_with_reasons(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "page": page,
        "rows": [_row(task) for task in page],
        "filters": FILTERS,
        "chosen": chosen,
        "query": f"&only={chosen}" if chosen else "",
    }
    return render(request, "labeling/flags.html", context)


@login_required
@require_POST
def flag_settle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One of the three buttons of a task."""
    member = membership(person(request), slug, roles=STAFF)
    task = flags.waiting_task(member.user, member.project, pk)
    outcome = request.POST.get("outcome", "")
    flags.settle(by=member.user, task=task, outcome=outcome)
    messages.success(request, SETTLED[Flag.Outcome(outcome)])
    chosen = _filter(request.POST.get("only", ""))
    query = f"?{urlencode({'only': chosen})}" if chosen else ""
    return redirect(reverse("flags", args=[slug]) + query)


def _filter(value: str) -> str:
    return value if value in flags.FILTERS else ""


def _with_reasons(tasks: Any) -> Any:
    open_flags = Flag.objects.filter(resolved_at=None).select_related("by").order_by("pk")
    skips = Assignment.objects.filter(state=Assignment.State.SKIPPED).select_related("labeler")
    return tasks.prefetch_related(
        Prefetch("raised_flags", open_flags, to_attr="open_flags"),
        Prefetch("assignments", skips.order_by("pk"), to_attr="skips"),
        Prefetch("candidates", Candidate.objects.select_related("generation", "response")),
    )


def _row(task: Any) -> dict[str, Any]:
    is_failed = task.state == Task.State.FAILED
    can_wait = task.state in (Task.State.SET_ASIDE, Task.State.FAILED)
    return {
        "task": task,
        "messages": task.prompt.messages,
        "flags": task.open_flags,
        "skips": task.skips,
        "failure": why_failed(list(task.candidates.all())) if is_failed else "",
        "can_queue": not is_failed,
        "can_draw": task.kind in DRAWN_KINDS and can_wait and not task.variant.startswith("gold-"),
    }

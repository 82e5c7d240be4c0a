"""Pages about reviews: what waits and what was decided, for staff; their feedback, for labelers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.judging.rules import rules_of, shows_names
from labeling.models import Review, Task
from labeling.reviewing import feedback
from labeling.reviewing import lists as review_lists
from labeling.reviewing.asking import ask_adjudication, ask_review
from labeling.reviewing.lists import JUDGED, Filters
from labeling.reviewing.reviewers import measures
from projects.access import STAFF, membership, person
from projects.errors import InvalidInput
from projects.models import Role, User

PAGE = 25
SHOWN = {
    "waiting": "Waiting",
    "done": "Done",
    "work": "Submitted work",
    "disputed": "Disputed",
    "reviewers": "Reviewers",
}


@login_required
@never_cache
@require_safe
def review_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Reviews that wait and that are done, work to send to review, and the reviewers' figures."""
    member = membership(person(request), slug, roles=STAFF)
    labelers = User.objects.filter(memberships__project=member.project).order_by("username")
    filters = Filters.read(request.GET, labelers)
    has_names = shows_names(member)
    if not has_names:
        filters = Filters(kind=filters.kind, cause=filters.cause, verdict=filters.verdict)
    here = request.GET.get("show", "waiting")
    here = here if here in SHOWN else "waiting"
    context = {
        "project": member.project,
        "member": member,
        "here": here,
        "shown": SHOWN.items(),
        "filters": filters,
        "labelers": labelers if has_names else [],
        "shows_names": has_names,
        "kinds": [(kind.value, kind.label) for kind in JUDGED],
        "causes": Task.Cause.choices,
        "verdicts": Review.Verdict.choices,
        "n_waiting": review_lists.waiting(member.project, Filters()).count(),
        "query": _query(request),
    }
    if here == "reviewers":
        own = member.role != Role.OWNER
        found = measures(member.project)
        context["measures"] = [m for m in found if not own or m.user == member.user]
    else:
        rows = getattr(review_lists, "submitted" if here == "work" else here)
        paginator = Paginator(rows(member.project, filters), PAGE)
        context["page"] = paginator.get_page(request.GET.get("page"))
    return render(request, "labeling/reviews.html", context)


@login_required
@require_POST
def review_ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the picked submissions to review, or the picked disputed tasks to be settled."""
    member = membership(person(request), slug, roles=STAFF)
    picks, is_disputed = request.POST.getlist("pick"), request.POST.get("show") == "disputed"
    back = "disputed" if is_disputed else "work"
    try:
        if is_disputed:
            tasks = review_lists.picked_tasks(member.project, picks)
            made = [ask_adjudication(by=member.user, task=task) for task in tasks]
            number = len([task for task in made if task is not None])
        else:
            found = review_lists.picked(member.project, picks)
            number = ask_review(by=member.user, project=member.project, assignments=found)
    except InvalidInput as error:
        if request.POST.get("show") not in ("work", "disputed"):
            raise
        messages.error(request, f"Nothing was sent to review. {error}")
        return redirect(f"{reverse('review-list', args=[slug])}?show={back}")
    sent = "1 review was" if number == 1 else f"{number} reviews were"
    messages.success(request, f"{sent} added to the queue.")
    return redirect(f"{reverse('review-list', args=[slug])}?show={back}")


@login_required
@never_cache
@require_safe
def my_feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """What reviewers said of my own work."""
    member = membership(person(request), slug)
    paginator = Paginator(feedback.verdicts_on(member.user, member.project), PAGE)
    page = paginator.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "project": member.project,
        "member": member,
        "page": page,
        "verdicts": [feedback.told(review) for review in page],
        "shows_names": rules_of(member.project).review_shows_names,
    }
    return render(request, "labeling/feedback.html", context)


def _query(request: HttpRequest) -> str:
    """The other parameters, ready to follow the page's number."""
    kept = {name: str(value) for name, value in request.GET.items() if name != "page" and value}
    return f"&{urlencode(kept)}" if kept else ""

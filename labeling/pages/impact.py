"""What a changed clause touches of the work done, and sending it back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from instructions.publish import versions_of
from labeling.quality import impact as domain
from projects.access import OWNERS, membership, person
from projects.errors import InvalidInput
from projects.models import Membership

MOST_DIGITS = 9


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def impact(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    given = request.POST if request.method == "POST" else request.GET
    try:
        numbers = _numbers(given, member, is_named=request.method == "POST")
        if numbers is None:
            return _page(request, member, None)
        before, after = numbers
        if request.method != "POST":
            found = domain.impact_of(member.project, before=before, after=after)
            return _page(request, member, found)
    except InvalidInput as error:
        return _page(request, member, None, refused=error)
    return _send_back(request, member, before, after)


def _send_back(request: HttpRequest, member: Membership, before: int, after: int) -> HttpResponse:
    post = request.POST
    try:
        n_added = domain.send_back(
            by=member.user,
            project=member.project,
            before=before,
            after=after,
            keys=post.getlist("clauses"),
            among=post.get("among", ""),
            amount=post.get("amount", ""),
            number=_number(post.get("number", "")) if post.get("amount") == domain.SAMPLE else 0,
        )
    except InvalidInput as error:
        found = domain.impact_of(member.project, before=before, after=after)
        return _page(request, member, found, refused=error)
    if n_added:
        words = "judgement waits" if n_added == 1 else "judgements wait"
        messages.success(request, f"{n_added:,} {words} for review now.")
    else:
        messages.info(request, "Nothing was sent back: none fits, or all wait for review already.")
    where = reverse("guideline-impact", args=[member.project.slug])
    return redirect(f"{where}?from={before}&to={after}")


def _numbers(given: Any, member: Membership, *, is_named: bool) -> tuple[int, int] | None:
    """The two versions asked for; the last two where none are. None: there is only one."""
    if is_named or "from" in given or "to" in given:
        return _number(given.get("from", ""), "from"), _number(given.get("to", ""), "to")
    latest = list(versions_of(member.project).values_list("number", flat=True)[:2])
    return (latest[1], latest[0]) if len(latest) == 2 else None


def _number(text: str, field: str = "number") -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise InvalidInput.field(field, "must be a whole number")
    return int(text)


def _page(
    request: HttpRequest,
    member: Membership,
    found: domain.Impact | None,
    *,
    refused: InvalidInput | None = None,
) -> HttpResponse:
    context = {
        "project": member.project,
        "member": member,
        "impact": found,
        "refused": refused,
        "versions": versions_of(member.project),
        "chosen": request.POST.getlist("clauses"),
        "amount": request.POST.get("amount", domain.ALL),
        "among": request.POST.get("among", domain.CITING),
    }
    status = 400 if refused else 200
    return render(request, "labeling/impact.html", context, status=status)

"""Scorecards: everybody's own, and for owners those of all."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.gold import results as gold
from labeling.models import Labeler
from labeling.quality import scorecards
from projects.access import OWNERS, membership, person
from projects.errors import InvalidInput, NotFound
from projects.models import Membership, User


@login_required
@never_cache
@require_safe
def my_scorecard(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug)
    return _page(request, member, member.user)


@login_required
@never_cache
@require_safe
def scorecard(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A labeler's scorecard for the project's owners; `pk` is the person's."""
    member = membership(person(request), slug, roles=OWNERS)
    return _page(request, member, _labeler(member, pk))


@login_required
@require_POST
def labeler_resume(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Lift a pause; `pk` is the person's."""
    member = membership(person(request), slug, roles=OWNERS)
    labeler = Labeler.objects.filter(project=member.project, user=pk).first()
    if labeler is None:
        raise NotFound("There is no such labeler in this project.")
    if "note" not in request.POST:
        raise InvalidInput.field("note", "is missing; it may be empty")
    gold.resume(by=member.user, labeler=labeler, note=request.POST["note"])
    messages.success(request, "The pause is lifted. Gold tasks count anew from now on.")
    return redirect("scorecard", slug, pk)


def _labeler(member: Membership, pk: int) -> User:
    """Somebody who is a member or has worked here."""
    people = User.objects.filter(memberships__project=member.project) | User.objects.filter(
        assignments__task__project=member.project
    )
    found = people.filter(pk=pk).distinct().first()
    if found is None:
        raise NotFound("There is no such labeler in this project.")
    return found


def _page(request: HttpRequest, member: Membership, user: User) -> HttpResponse:
    is_own = user == member.user
    context = {
        "project": member.project,
        "member": member,
        "is_own": is_own,
        "card": scorecards.scorecard(member.project, user, is_own=is_own),
    }
    return render(request, "labeling/scorecard.html", context)

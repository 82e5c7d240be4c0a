"""All tasks of a project: the list, and what is done with those that were chosen in it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from labeling.assigning import listing
from labeling.assigning.changing import MOST_CHANGED, Done, change_tasks
from labeling.assigning.listing import Filters, filters_from, number_from, task_for
from labeling.intake.prompt_files import PRIORITIES
from labeling.judging.rules import shows_names
from labeling.models import Task
from labeling.pages.one_task import actions_for, page_of
from labeling.quality.overview import bounded
from projects.access import STAFF, membership, person
from projects.errors import InvalidInput, TouchstoneError
from projects.models import Membership, Role, User

PAGE = 50
MATCHING = "matching"
"""Instead of those picked: all that match, from where the page begins."""


@login_required
@never_cache
@require_safe
def tasks(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    try:
        filters, before = _asked_for(request, member)
    except InvalidInput as error:
        return _page(request, member, Filters(), None, refused=error)
    return _page(request, member, filters, before)


@login_required
@never_cache
@require_POST
def tasks_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Do something with the chosen tasks; the address holds what the list is narrowed to.

    With `then=task` it is about the one task whose page sent it.
    """
    member = membership(person(request), slug, roles=STAFF)
    post, following = request.POST, None
    filters, before = Filters(), None
    try:
        filters, before = _asked_for(request, member)
        if post.get("which") == MATCHING:
            found = listing.find(member.project, filters, most=MOST_CHANGED, before=before)
            pks, following = found.pks, found.following
        else:
            pks = _picked(member, post.getlist("pick"))
        done = change_tasks(
            by=member.user,
            project=member.project,
            action=post.get("action", ""),
            value=post.get("value", ""),
            tasks=pks,
        )
    except InvalidInput as error:
        if post.get("then") == "task" and _is_one(post.getlist("pick")):
            task = task_for(member, int(post["pick"]))
            return page_of(request, member, task, refused=error)
        return _page(request, member, filters, before, refused=error)
    _tell(request, done, is_more=following is not None)
    if post.get("then") == "task" and len(pks) == 1:
        return redirect("task", slug, pks[0])
    return redirect(_address(slug, filters, following or before))


def _tell(request: HttpRequest, done: Done, *, is_more: bool) -> None:
    what = "1 task" if done.number == 1 else f"{done.number:,} tasks"
    if done.said == "sent to review":
        what = "1 judgement" if done.number == 1 else f"{done.number:,} judgements"
    told = f"{what} {done.said}."
    if done.number < done.of and "judgement" not in what:
        n_left = done.of - done.number
        told += f" {n_left:,} stayed as {'it was' if n_left == 1 else 'they were'}."
    if is_more:
        told += " More match: they begin on this page, and the same can be done with them."
    (messages.success if done.number else messages.info)(request, told)


def _asked_for(request: HttpRequest, member: Membership) -> tuple[Filters, int | None]:
    filters = filters_from(request.GET)
    if filters.labeler is not None and not shows_names(member):
        raise InvalidInput.field("labeler", "is not shown to reviewers in this project")
    return filters, number_from(request.GET, "before")


def _picked(member: Membership, picks: list[str]) -> list[int]:
    """The picked tasks of this project that this person may see."""
    if not picks:
        raise InvalidInput.field("pick", "choose at least one task")
    if len(picks) > MOST_CHANGED or not all(map(_is_key, picks)):
        raise InvalidInput.field("pick", "must be tasks of the list")
    found = Task.objects.filter(project=member.project, pk__in=[int(pick) for pick in picks])
    if member.role != Role.OWNER:
        found = found.filter(lane__is_gold=False)
    return list(found.order_by("pk").values_list("pk", flat=True))


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _is_one(picks: list[str]) -> bool:
    return len(picks) == 1 and _is_key(picks[0])


def _page(
    request: HttpRequest,
    member: Membership,
    filters: Filters,
    before: int | None,
    *,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    project, is_owner = member.project, member.role == Role.OWNER
    found = listing.find(project, filters, most=PAGE, before=before, with_gold=is_owner)
    context = _choices(member, filters) | {
        "project": project,
        "member": member,
        "is_owner": is_owner,
        "refused": refused,
        "rows": listing.in_order(found.pks),
        "filters": filters,
        "is_filtered": filters != Filters(),
        "count": _count(member, filters),
        "is_cut": found.is_cut,
        "looked_through": listing.LOOKED_THROUGH,
        "older": found.following and _address(project.slug, filters, found.following),
        "newest": _address(project.slug, filters, None) if before else "",
        "change": f"{reverse('tasks-change', args=[project.slug])}?{_query(filters, before)}",
        "most_changed": MOST_CHANGED,
    }
    status = refused.status if refused else 200
    return render(request, "labeling/tasks.html", context, status=status)


def _choices(member: Membership, filters: Filters) -> dict[str, Any]:
    """What each filter and the form can be set to."""
    languages, skills = listing.abilities(member.project)
    people = User.objects.filter(memberships__project=member.project).order_by("username")
    given = {
        "kind": ("Kind", Task.Kind.choices),
        "state": ("State", Task.State.choices),
        "priority": ("Priority", [(name, name.capitalize()) for name in reversed(PRIORITIES)]),
        "language": ("Language", [(each, each) for each in languages]),
        "skill": ("Skill", [(each, each) for each in skills]),
    }
    if shows_names(member):
        given["labeler"] = ("Labeler", [(str(each.pk), each.username) for each in people])
    chosen = filters.query
    return {
        "selects": [
            (name, label, options, chosen.get(name, ""))
            for name, (label, options) in given.items()
            if options
        ],
        "actions": actions_for(member),
    }


def _count(member: Membership, filters: Filters) -> str:
    """How many there are, as far as they are counted; empty where counting would read prompts."""
    if filters.asks_prompts:
        return ""
    number = listing.counted(member.project, filters, with_gold=member.role == Role.OWNER)
    return bounded(number, listing.COUNTED)


def _query(filters: Filters, before: int | None) -> str:
    return urlencode(filters.query | ({"before": str(before)} if before else {}))


def _address(slug: str, filters: Filters, before: int | None) -> str:
    query = _query(filters, before)
    return reverse("tasks", args=[slug]) + (f"?{query}" if query else "")

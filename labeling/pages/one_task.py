"""One task for its project's staff: where to find out why something is as it is."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labeling.assigning.changing import ACTIONS
from labeling.assigning.listing import task_for
from labeling.gold.told import expected_said
from labeling.judging.rules import shows_names
from labeling.machine import on_tasks
from labeling.models import Flag, Gold, Review, Task
from labeling.pages.task_page import rendered
from labeling.quality import task_history, task_judgements
from projects.access import STAFF, membership, person
from projects.errors import TouchstoneError
from projects.models import Membership, Role


@login_required
@never_cache
@require_safe
def one_task(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=STAFF)
    task = task_for(member, pk)
    subject = task.reviewed.task_id if task.reviewed else task.about_id
    if subject is not None:
        return redirect("task", slug, subject)
    return page_of(request, member, task)


def page_of(
    request: HttpRequest,
    member: Membership,
    task: Task,
    *,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    status = refused.status if refused else 200
    context = _shown(member, task) | {"refused": refused}
    return render(request, "labeling/one_task.html", context, status=status)


def actions_for(member: Membership) -> list[tuple[str, str]]:
    is_owner = member.role == Role.OWNER
    return [
        (key, action.label)
        for key, action in ACTIONS.items()
        if is_owner or not action.is_for_owners
    ]


def _shown(member: Membership, task: Task) -> dict[str, Any]:
    is_owner = member.role == Role.OWNER
    by_assignment = task_judgements.rows_of(task)
    rows = [row for of_one in by_assignment.values() for row in of_one]
    settled = task_judgements.settlements_of(task)
    answers = task_judgements.answers_of(task, [*rows, *settled])
    order = {each.pk: each.label for each in answers if each.pk is not None}
    names = task_history.names_of(task, shows_names=shows_names(member))
    cards = task_judgements.cards_of(
        task, by_assignment, answers, project=member.project, names=names, with_gold=is_owner
    )
    settlements = Review.objects.filter(about=task).order_by("pk")
    tells_judges = is_owner and on_tasks.may_be_told(member.user, task)
    return {
        "project": member.project,
        "member": member,
        "is_owner": is_owner,
        "task": task,
        "why": task_history.why(task),
        "messages_rendered": rendered(task.prompt.messages),
        "answers": answers,
        "cards": cards,
        "judges_said": on_tasks.said_of(task, order) if tells_judges else [],
        "why_proposed": on_tasks.why_proposed(task) if is_owner else "",
        "n_hidden": task.assignments.count() - len(cards),
        "settled": [task_judgements.told(row, order) for row in settled],
        "settlements": settlements,
        "flags": Flag.objects.filter(task=task).select_related("by").order_by("pk"),
        "gold": _gold(task) if is_owner else None,
        "can_be_gold": is_owner and _can_be_gold(task),
        "history": task_history.history(task, rows, names),
        "actions": actions_for(member),
    }


def _can_be_gold(task: Task) -> bool:
    kinds = (Task.Kind.COMPARISON, Task.Kind.RANKING)
    return task.kind in kinds and task.n_submitted > 0 and not task.lane.is_gold


def _gold(task: Task) -> dict[str, Any] | None:
    gold = Gold.objects.filter(task=task).first()
    if gold is None:
        return None
    order = list(task.candidates.order_by("position").values_list("response_id", flat=True))
    places = [pk for pk in order if pk is not None]
    return {"gold": gold, "expected": expected_said(task.kind, gold.expected, places)}

"""The event stream of what models write for a labeler at work; see `workers.watching.following`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.views.decorators.http import require_GET

from labeling.assigning.queue import assignment_for
from labeling.drafting.draws import UNFINISHED, drawn_for, end_overdue
from labeling.drafting.rules import drafting_rules_of
from labeling.models import Assignment
from projects.access import person
from projects.sending import EventStream
from workers.watching import following


@dataclass(frozen=True)
class Followed:
    """What a labeler waits for."""

    assignment: Assignment
    generations: tuple[int, ...]
    most_seconds: int


@login_required
@require_GET
async def draft_stream(request: HttpRequest, pk: int) -> EventStream:
    followed = await sync_to_async(_admit)(request, pk)
    return EventStream(events(followed))


def events(followed: Followed) -> AsyncIterator[str]:
    async def end_overdue_draws() -> None:
        await sync_to_async(_end_overdue)(followed.assignment)

    return following.followed(
        followed.generations,
        most_seconds=followed.most_seconds,
        when_overdue=end_overdue_draws,
    )


def _admit(request: HttpRequest, pk: int) -> Followed:
    try:
        found = assignment_for(person(request), pk)
        rows = drawn_for(found).filter(state__in=UNFINISHED) if found.n_draws else None
        pks = tuple(rows.order_by("pk").values_list("pk", flat=True)) if rows is not None else ()
        return Followed(found, pks, drafting_rules_of(found.task.project).most_seconds)
    finally:
        following.give_back_connection()


def _end_overdue(assignment: Assignment) -> None:
    try:
        end_overdue(assignment, drafting_rules_of(assignment.task.project))
    finally:
        following.give_back_connection()

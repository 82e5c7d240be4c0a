"""Drafts that models write for a labeler to pick from."""

from typing import Any

from django.db import transaction

from labeling.assigning.queue import hold
from labeling.drafting.draws import (
    UNFINISHED,
    Shown,
    ask,
    conversation,
    end_overdue,
    require_at_work,
    shown,
)
from labeling.drafting.rules import drafting_rules_of
from labeling.models import Assignment, ModelDraft
from projects.errors import Conflict
from projects.models import User

NOT_HERE = "This project gives no drafts. Its owner can switch them on."


def draw_drafts(*, by: User, assignment: Assignment, before: Any = None) -> list[ModelDraft]:
    """Ask for as many drafts as the project gives at a time; those that are being written, where
    some are.

    `before` are the messages after the prompt that the reply follows (see draws.conversation).
    Raises Conflict where the project has none, TooMany past its cap, Unavailable with no model up.
    """
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        rules = drafting_rules_of(held.task.project)
        if not rules.n_drafts:
            raise Conflict(NOT_HERE)
        require_at_work(held)
        messages = conversation(held, before)
        rows = ModelDraft.objects.filter(assignment=held).select_related("generation")
        known = list(rows.order_by("number"))
        turn = (len(messages) - len(held.task.prompt.messages)) // 2
        waiting = [row for row in known if row.turn == turn and not row.generation.is_finished]
        if waiting:
            return waiting
        generations = ask(held, rules, messages, number=rules.n_drafts)
        return ModelDraft.objects.bulk_create(
            ModelDraft(assignment=held, number=number, turn=turn, generation=generation)
            for number, generation in enumerate(generations, start=len(known) + 1)
        )


def drafts_of(assignment: Assignment) -> list[Shown]:
    """The drafts drawn for this assignment, as its labeler sees them, in order."""
    if not assignment.n_draws:
        return []
    rows = ModelDraft.objects.filter(assignment=assignment).select_related("generation")
    if any(row.generation.state in UNFINISHED for row in rows):
        end_overdue(assignment, drafting_rules_of(assignment.task.project))
    return [shown(row) for row in rows.order_by("number")]

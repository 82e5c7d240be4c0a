"""What people do with a batch: start it, pause it, go on, give it up, try again."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.batches import choosing
from labeling.batches.planning import LARGEST_SEED, Estimate, Plan, estimate
from labeling.models import Batch, BatchItem
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict
from projects.models import Project, User
from workers.holding import let_go

MOST_OPEN = 20
OPEN = (Batch.State.RUNNING, Batch.State.PAUSED, Batch.State.CANCELLING)
ENDED_WITHOUT_TEXT = (BatchItem.State.FAILED, BatchItem.State.CANCELLED)


def start(*, by: User, project: Project, plan: Plan) -> tuple[Batch, Estimate]:
    """Begin to draw. What fits the plan now is drawn; prompts that come later are not."""
    membership(by, project.slug, roles=OWNERS)
    counted = estimate(project, plan)
    if Batch.objects.filter(project=project, state__in=OPEN).count() >= MOST_OPEN:
        raise Conflict(f"The project has {MOST_OPEN} unfinished batches; end one of them first.")
    with transaction.atomic():
        batch = Batch.objects.create(
            project=project,
            by=by,
            name=plan.name,
            filters=choosing.kept(plan.filters),
            samples=plan.samples,
            temperature_from=plan.temperature_from,
            temperature_to=plan.temperature_to,
            max_tokens=plan.max_tokens,
            system_prompts=list(plan.system_prompts),
            seed=secrets.randbelow(LARGEST_SEED) if plan.seed is None else plan.seed,
            makes=plan.makes,
            last_prompt=counted.last_prompt,
            n_expected=counted.draws,
        )
        batch.language_models.set(plan.models)
        audit.record(
            verb="batch.started",
            by=by,
            project=project,
            subject=batch,
            name=batch.name,
            draws=counted.draws,
            models=[model.name for model in plan.models],
        )
    return batch, counted


def pause(*, by: User, batch: Batch) -> Batch:
    """Let what is being written end and begin nothing more. Repeatable."""
    with transaction.atomic():
        held = _held(by, batch)
        if held.state == Batch.State.PAUSED:
            return held
        _require(held, Batch.State.RUNNING, "Only a batch that is drawing can be paused.")
        _turn(held, by, Batch.State.PAUSED, "batch.paused")
    return held


def resume(*, by: User, batch: Batch) -> Batch:
    """Go on with a paused or a cancelled batch from where it was; what was cancelled is drawn."""
    with transaction.atomic():
        held = _held(by, batch)
        if held.state == Batch.State.RUNNING:
            return held
        if held.state not in (Batch.State.PAUSED, Batch.State.CANCELLED):
            raise Conflict("Only a paused or cancelled batch can go on.")
        again = _again(held, [BatchItem.State.CANCELLED])
        held.n_cancelled -= again
        let_go(_asked(held).values_list("generation_id", flat=True))
        _turn(held, by, Batch.State.RUNNING, "batch.resumed", draws_again=again)
    return held


def cancel(*, by: User, batch: Batch) -> Batch:
    """Draw no more. What is done stays; what is being written is stopped. Repeatable."""
    with transaction.atomic():
        held = _held(by, batch)
        if held.state in (Batch.State.CANCELLING, Batch.State.CANCELLED):
            return held
        if held.state == Batch.State.DONE:
            raise Conflict("This batch is done.")
        _turn(held, by, Batch.State.CANCELLING, "batch.cancelled")
    return held


def try_failed_again(*, by: User, batch: Batch) -> int:
    """Draw what failed once more, with another seed; returns how many draws that is."""
    with transaction.atomic():
        held = _held(by, batch)
        if held.state in (Batch.State.CANCELLING, Batch.State.CANCELLED):
            raise Conflict("This batch was cancelled; let it go on first.")
        again = _again(held, [BatchItem.State.FAILED])
        if not again:
            raise Conflict("No draw of this batch has failed.")
        held.n_failed -= again
        state = Batch.State.RUNNING if held.state == Batch.State.DONE else held.state
        _turn(held, by, state, "batch.retried", draws=again)
    return again


def _held(by: User, batch: Batch) -> Batch:
    membership(by, batch.project.slug, roles=OWNERS)
    return Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def _require(held: Batch, state: str, otherwise: str) -> None:
    if held.state != state:
        raise Conflict(otherwise)


def _turn(held: Batch, by: User, state: str, verb: str, **detail: Any) -> None:
    held.state, held.note, held.finished_at, held.marks = state, "", None, []
    held.save()
    audit.record(verb=verb, by=by, project=held.project, subject=held, **detail)


def _again(held: Batch, states: list[BatchItem.State]) -> int:
    ended = BatchItem.objects.filter(batch=held, state__in=states)
    return ended.update(state=BatchItem.State.WAITING)


def _asked(held: Batch) -> "QuerySet[BatchItem]":
    return BatchItem.objects.filter(batch=held, state=BatchItem.State.ASKED)

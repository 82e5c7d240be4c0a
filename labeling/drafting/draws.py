"""What is common to drafts and rewritings: who may ask for one, how many, for how long, and how
what was drawn is shown. Who wrote it is never told to the labeler.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from labeling.drafting.rules import writers_of
from labeling.judging.activity import stay
from labeling.judging.drafts import LONGEST_ANSWER, MOST_TURNS
from labeling.judging.rules import rules_of
from labeling.judging.standing import require_unfinished
from labeling.models import Assignment, DraftingRules, ModelDraft, Repair, Task
from projects.checks import an_object
from projects.errors import Conflict, InvalidInput, TooMany, Unavailable
from projects.text import clean_text
from workers import drawing
from workers.drawing import Draw, Message, request_draws
from workers.models import Generation

LARGEST_SEED = 2**31
UNFINISHED = (Generation.State.QUEUED, Generation.State.RUNNING)
CUT_SHORT = "length"
NONE_UP = "No model is up just now, so none can write. The answer can be written without one."
NO_MORE = "All {} draws that this project gives a task are made. The drafts so far stay here."


@dataclass(frozen=True)
class Shown:
    """One draw as its labeler sees it. `text` is there once it is done, and cannot change then."""

    number: int
    turn: int
    generation: int
    state: str
    text: str
    note: str

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "failed")


def text_of(generation: Generation) -> str:
    """Its output with line ends as an editor has them; what spans are counted in."""
    return plain(generation.output)


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def shown(row: ModelDraft | Repair) -> Shown:
    generation, text = row.generation, text_of(row.generation)
    state, note = _state(generation, text)
    return Shown(
        number=row.number,
        turn=row.turn,
        generation=generation.pk,
        state=state,
        text=text if state == "done" else "",
        note=note,
    )


def _state(generation: Generation, text: str) -> tuple[str, str]:
    """Never the error's own words: they may name a model or its endpoint."""
    if not generation.is_finished:
        return ("writing" if generation.state == Generation.State.RUNNING else "waiting"), ""
    if generation.state == Generation.State.FAILED:
        return "failed", "Nothing could be drawn this time."
    if not text.strip():
        return "failed", "Nothing came in the time there was."
    if generation.finish_reason == drawing.STOPPED:
        return "done", "Stopped at the time limit."
    return "done", "Cut short at its longest." if generation.finish_reason == CUT_SHORT else ""


def require_at_work(held: Assignment) -> None:
    """That this is a demonstration somebody works on; keeps their lease. The row is held."""
    if held.task.kind != Task.Kind.DEMONSTRATION:
        raise InvalidInput.field("kind", f"this task is a {held.task.kind}")
    require_unfinished(held)
    stay(held)


def ask(
    held: Assignment, rules: DraftingRules, messages: list[Message], *, number: int
) -> list[Generation]:
    """Ask models for up to `number` draws, counted on the assignment, which the caller holds.

    Each draw has a seed of its own; models take turns in an order of chance.
    """
    left = draws_left(held, rules)
    if left < 1:
        raise TooMany(NO_MORE.format(rules.most_draws))
    writers = writers_of(rules)
    if not writers:
        raise Unavailable(NONE_UP)
    number = min(number, left)
    order = secrets.SystemRandom().sample(writers, k=len(writers))
    draws = [
        Draw(order[at % len(order)], messages, {"seed": secrets.randbelow(LARGEST_SEED)})
        for at in range(number)
    ]
    queue = Generation.Queue.INTERACTIVE
    generations = request_draws(project=held.task.project, draws=draws, queue=queue)
    Assignment.objects.filter(pk=held.pk).update(n_draws=F("n_draws") + number)
    held.n_draws += number
    return generations


def draws_left(assignment: Assignment, rules: DraftingRules) -> int:
    return max(0, rules.most_draws - assignment.n_draws)


def end_overdue(assignment: Assignment, rules: DraftingRules) -> None:
    """Let draws that take longer than the project allows end with what there is."""
    oldest = timezone.now() - timedelta(seconds=rules.most_seconds)
    rows = drawn_for(assignment).filter(state__in=UNFINISHED, created_at__lt=oldest)
    overdue = list(rows.filter(stop_asked_at=None).values_list("pk", flat=True))
    if overdue:
        drawing.ask_to_stop(generation_ids=overdue)


def drawn_for(assignment: Assignment) -> QuerySet[Generation]:
    """Every generation that was drawn for this assignment."""
    drafts = ModelDraft.objects.filter(assignment=assignment).values("generation")
    repairs = Repair.objects.filter(assignment=assignment).values("generation")
    return Generation.objects.filter(Q(pk__in=drafts) | Q(pk__in=repairs))


def conversation(held: Assignment, before: Any) -> list[Message]:
    """What a reply is asked for: the prompt, and how the labeler went on so far.

    `before` are the messages after the prompt, from the first reply to a user's.
    """
    if before is None:
        before = []
    if not isinstance(before, list) or len(before) > MOST_TURNS or len(before) % 2:
        rule = f"must be an even number of messages, at most {MOST_TURNS}, ending with user"
        raise InvalidInput.field("before", rule)
    if before and not rules_of(held.task.project).demonstrations_go_on:
        raise Conflict("Conversations are not gone on with in this project.")
    prompt: Sequence[Message] = held.task.prompt.messages
    return [*prompt, *(_message(each, at) for at, each in enumerate(before))]


def _message(value: Any, at: int) -> Message:
    content = clean_text(
        an_object(value, field=f"before.{at}").get("content"),
        field=f"before.{at}.content",
        limit=LONGEST_ANSWER,
    )
    return {"role": "user" if at % 2 else "assistant", "content": content}

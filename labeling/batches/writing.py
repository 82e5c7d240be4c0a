"""Items and their generations, asked for in the transaction that moves the batch on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labeling.batches import choosing
from labeling.batches.planning import temperature_of
from labeling.models import Batch, BatchItem, Prompt, Response
from projects.errors import Unavailable
from workers.drawing import Draw, Message, request_draws
from workers.models import Generation, LanguageModel

WRITTEN_AT_ONCE = 250
"""The first of many are drawn while the next are written."""


@dataclass(frozen=True)
class _Wish:
    """An item that is not written yet, or is to be drawn again."""

    prompt: Prompt
    model: LanguageModel
    sample: int
    item: BatchItem | None = None


def ask(batch: Batch, *, most_waiting: int) -> bool:
    """Ask for as many draws as there is room for; whether that brought it any further.

    First what is drawn again, then prompts that have no items yet. The caller holds the batch.
    """
    waiting = BatchItem.objects.filter(batch=batch, state=BatchItem.State.ASKED).count()
    room = min(most_waiting - waiting, WRITTEN_AT_ONCE)
    if room <= 0:
        return False
    batch.note, before = "", batch.written_to
    wishes = _again(batch, room)
    if not wishes and not batch.is_written:
        wishes = _following(batch, room)
    is_asked = bool(wishes) and _request(batch, wishes)
    return is_asked or batch.written_to != before


def _request(batch: Batch, wishes: Sequence[_Wish]) -> bool:
    try:
        generations = request_draws(
            project=batch.project,
            draws=[_draw(batch, wish) for wish in wishes],
            queue=Generation.Queue.BATCH,
        )
    except Unavailable as error:
        # The models may be switched on again: the batch waits, and says for what.
        batch.note = str(error)
        return False
    pairs = list(zip(wishes, generations, strict=True))
    _keep_new(batch, [(wish, row) for wish, row in pairs if wish.item is None])
    _keep_again([(wish.item, row) for wish, row in pairs if wish.item is not None])
    if any(wish.item is None for wish in wishes):
        batch.written_to = wishes[-1].prompt.pk
    return True


def _keep_new(batch: Batch, pairs: Sequence[tuple[_Wish, Generation]]) -> None:
    BatchItem.objects.bulk_create(
        BatchItem(
            batch=batch,
            prompt=wish.prompt,
            model=wish.model,
            sample=wish.sample,
            generation=generation,
        )
        for wish, generation in pairs
    )
    batch.n_items += len(pairs)


def _keep_again(pairs: Sequence[tuple[BatchItem, Generation]]) -> None:
    for item, generation in pairs:
        item.generation, item.state, item.tries = generation, BatchItem.State.ASKED, item.tries + 1
    BatchItem.objects.bulk_update(
        [item for item, _ in pairs], ["generation", "state", "tries"], batch_size=500
    )


def _again(batch: Batch, room: int) -> list[_Wish]:
    items = (
        BatchItem.objects.filter(batch=batch, state=BatchItem.State.WAITING)
        .select_related("prompt", "model__endpoint")
        .order_by("pk")
    )
    return [_Wish(item.prompt, item.model, item.sample, item) for item in items[:room]]


def _following(batch: Batch, room: int) -> list[_Wish]:
    """The draws of the next prompts. Where there are none of those left, everything is written."""
    models = list(batch.language_models.select_related("endpoint").order_by("name", "pk"))
    samples = batch.samples * max(1, len(batch.system_prompts))
    filters = choosing.filters_of(batch.filters)
    prompts = list(
        choosing.prompts_for(batch.project, filters)
        .filter(pk__gt=batch.written_to, pk__lte=batch.last_prompt)
        .order_by("pk")[: max(1, room // (samples * len(models)))]
    )
    if not prompts:
        batch.is_written = True
        return []
    answered = _answered(prompts, models) if filters.unanswered else set()
    # One prompt's draws stand together, so that a server finds the prompt in its cache.
    wishes = [
        _Wish(prompt, model, sample)
        for prompt in prompts
        for model in models
        if (prompt.pk, model.pk) not in answered
        for sample in range(samples)
    ]
    if not wishes:
        batch.written_to = prompts[-1].pk
    return wishes


def _answered(prompts: Sequence[Prompt], models: Sequence[LanguageModel]) -> set[tuple[int, int]]:
    """Which of these models have answered which of these prompts, or are being asked to."""
    keys, of = [prompt.pk for prompt in prompts], [model.pk for model in models]
    responses = Response.objects.filter(prompt__in=keys, generation__model__in=of)
    pending = BatchItem.objects.filter(prompt__in=keys, model__in=of, state__in=choosing.PENDING)
    return {
        *responses.values_list("prompt_id", "generation__model_id"),
        *pending.values_list("prompt_id", "model_id"),
    }


def _draw(batch: Batch, wish: _Wish) -> Draw:
    tries = wish.item.tries + 1 if wish.item else 1
    parameters: dict[str, Any] = {
        "seed": seed_of(batch, wish.prompt, wish.model, wish.sample, tries)
    }
    temperature = temperature_of(batch, wish.sample)
    if temperature is not None:
        parameters["temperature"] = temperature
    if batch.max_tokens is not None:
        parameters["max_tokens"] = batch.max_tokens
    return Draw(wish.model, _messages(batch, wish), parameters)


def _messages(batch: Batch, wish: _Wish) -> list[Message]:
    """A conversation that begins with a system message keeps its own."""
    messages: list[Message] = list(wish.prompt.messages)
    if not batch.system_prompts or messages[0]["role"] == "system":
        return messages
    system = batch.system_prompts[wish.sample // batch.samples]
    return [{"role": "system", "content": system}, *messages]


def seed_of(batch: Batch, prompt: Prompt, model: LanguageModel, sample: int, tries: int) -> int:
    """Follows from the batch's seed and what is drawn: the same batch again, the same draws."""
    told = f"{batch.seed}:{prompt.content_hash}:{model.name}:{sample}:{tries}"
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4]) % 2**31

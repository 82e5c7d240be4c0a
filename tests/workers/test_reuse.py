"""Draws that need not be made again."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction

from projects.models import Project
from tests.factories import make_model, make_project
from workers import drawing
from workers.drawing import Draw, Drawn
from workers.models import Generation, LanguageModel
from workers.signals import generations_finished

ANSWER = Drawn("Good morning.", "stop", {"completion_tokens": 3}, "served", None, "r1", [1])


def request(
    project: Project, model: LanguageModel, *, may_reuse: bool = True, **parameters: Any
) -> Generation:
    draw = Draw(model, [{"role": "user", "content": "Hello"}], parameters)
    with transaction.atomic():
        return drawing.request_draws(
            project=project, draws=[draw], queue=Generation.Queue.BATCH, may_reuse=may_reuse
        )[0]


def drawn(project: Project, model: LanguageModel, **parameters: Any) -> Generation:
    row = request(project, model, **parameters)
    held = drawing.claim(row.pk)
    assert held is not None
    assert drawing.finish(held, ANSWER)
    return row


@pytest.mark.django_db(transaction=True)
def test_the_same_request_with_the_same_seed_is_a_finished_copy(project: Project) -> None:
    told: list[int] = []

    def listen(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
        told.extend(generation_ids)

    model = make_model()
    first = drawn(project, model, seed=7)
    generations_finished.connect(listen)
    try:
        copy = request(project, model, seed=7)
    finally:
        generations_finished.disconnect(listen)
    copy.refresh_from_db()
    assert copy.pk != first.pk
    assert (copy.state, copy.output, copy.finish_reason) == ("done", "Good morning.", "stop")
    assert (copy.revision, copy.logprobs, copy.endpoint) == ("r1", [1], model.endpoint)
    assert (copy.attempts, copy.usage) == (0, {})
    assert told == [copy.pk]


@pytest.mark.django_db
def test_only_what_is_the_same_in_everything_is_reused(project: Project) -> None:
    model = make_model()
    drawn(project, model, seed=7)
    others = [
        request(project, model, seed=8),
        request(project, model, seed=7, temperature=0.1),
        request(project, make_model("another"), seed=7),
        request(make_project("elsewhere"), model, seed=7),
        request(project, model, seed=7, may_reuse=False),
    ]
    assert {row.state for row in others} == {"queued"}


@pytest.mark.django_db
def test_a_seed_that_nobody_named_is_never_reused(project: Project) -> None:
    model = make_model()
    drawn(project, model)
    row = request(project, model)
    assert (row.state, row.cache_key) == ("queued", "")


@pytest.mark.django_db
def test_what_was_stopped_is_drawn_again(project: Project) -> None:
    model = make_model()
    row = request(project, model, seed=7)
    drawing.ask_to_stop(generation_ids=[row.pk])
    assert request(project, model, seed=7).state == "queued"

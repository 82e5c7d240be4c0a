"""The life of a generation, up to who may write to it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.errors import Unavailable
from projects.models import Project
from tests.factories import make_model
from tests.threads import in_threads
from workers import drawing
from workers.drawing import Draw, Drawn, Message
from workers.engine import leases, settling
from workers.engine.claiming import MOST_INTERRUPTIONS
from workers.models import Generation
from workers.signals import generations_finished

HELLO: list[Message] = [{"role": "user", "content": "Hello"}]
ANSWER = Drawn(
    output="Good morning.",
    finish_reason="stop",
    usage={"completion_tokens": 3},
    served_model="served",
    first_token_at=None,
)


def request_one(project: Project, **fields: Any) -> Generation:
    with transaction.atomic():
        draw = Draw(make_model(), HELLO, **fields)
        return drawing.request_draws(
            project=project, draws=[draw], queue=Generation.Queue.INTERACTIVE
        )[0]


def let_lapse(generation: Generation) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.filter(pk=generation.pk).update(leased_until=past)


def claimed(generation: Generation) -> Generation:
    held = drawing.claim(generation.pk)
    assert held is not None
    return held


@pytest.mark.django_db(transaction=True)
def test_draws_cannot_be_requested_outside_a_transaction(project: Project) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        drawing.request_draws(
            project=project, draws=[Draw(make_model(), HELLO)], queue=Generation.Queue.BATCH
        )
    assert Generation.objects.count() == 0


def test_parameters_of_the_draw_go_over_those_of_the_model(project: Project) -> None:
    model = make_model(sampling={"temperature": 0.2, "top_p": 0.9})
    draw = Draw(model, HELLO, {"temperature": 0.7})
    row = drawing.request_draws(project=project, draws=[draw], queue=Generation.Queue.BATCH)[0]
    row.refresh_from_db()
    seed = row.parameters.pop("seed")
    assert isinstance(seed, int)
    assert row.parameters == {"temperature": 0.7, "top_p": 0.9, "max_tokens": 1024}


def test_a_seed_that_was_named_is_kept(project: Project) -> None:
    assert request_one(project, parameters={"seed": 7}).parameters["seed"] == 7


def test_the_system_prompt_of_the_model_comes_first(project: Project) -> None:
    model = make_model(system_prompt="Be brief.")
    own: list[Message] = [{"role": "system", "content": "Be long."}, *HELLO]
    rows = drawing.request_draws(
        project=project,
        draws=[Draw(model, HELLO), Draw(model, own)],
        queue=Generation.Queue.BATCH,
    )
    assert [row.messages[0]["content"] for row in rows] == ["Be brief.", "Be long."]
    assert [len(row.messages) for row in rows] == [2, 2]


def test_nothing_is_drawn_from_a_model_that_is_switched_off(project: Project) -> None:
    draws = [Draw(make_model(), HELLO), Draw(make_model(is_active=False), HELLO)]
    with pytest.raises(Unavailable):
        drawing.request_draws(project=project, draws=draws, queue=Generation.Queue.BATCH)
    assert Generation.objects.count() == 0


def test_a_claimed_row_is_not_claimed_again(project: Project) -> None:
    row = request_one(project)
    held = claimed(row)
    assert (held.state, held.attempts, held.interruptions) == ("running", 1, 0)
    assert drawing.claim(row.pk) is None


def test_a_row_that_is_not_due_is_not_claimed(project: Project) -> None:
    row = request_one(project)
    later = timezone.now() + timedelta(seconds=5)
    Generation.objects.filter(pk=row.pk).update(not_before=later)
    assert drawing.claim(row.pk) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_wins(project: Project) -> None:
    row = request_one(project)
    held = [each for each in in_threads(drawing.claim, [row.pk] * 6) if each]
    row.refresh_from_db()
    assert [each.claim for each in held] == [row.claim]
    assert row.attempts == 1


def test_a_lapsed_lease_is_taken_over_and_counted(project: Project) -> None:
    row = request_one(project)
    claimed(row)
    let_lapse(row)
    held = claimed(row)
    assert (held.attempts, held.interruptions) == (2, 1)


def test_the_last_interruption_is_not_claimed(project: Project) -> None:
    row = request_one(project)
    for _ in range(MOST_INTERRUPTIONS):
        claimed(row)
        let_lapse(row)
    assert drawing.claim(row.pk) is None


def test_a_worker_that_lost_its_claim_cannot_write(project: Project) -> None:
    row = request_one(project)
    first = claimed(row)
    let_lapse(row)
    second = claimed(row)
    assert not drawing.finish(first, ANSWER)
    assert not drawing.fail(first, "no")
    assert settling.settle([settling.later(first, "no"), settling.put_back(first)]) == set()
    assert first.claim
    assert second.claim
    both = [(first.pk, first.claim), (second.pk, second.claim)]
    assert leases.renew(both).held == {second.claim}
    assert drawing.finish(second, ANSWER)
    row.refresh_from_db()
    assert (row.state, row.output, row.claim) == ("done", "Good morning.", None)


def test_a_finished_generation_never_changes(project: Project) -> None:
    row = request_one(project)
    drawing.finish(claimed(row), ANSWER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.filter(pk=row.pk).update(output="something else")


@pytest.mark.django_db(transaction=True)
def test_the_end_is_told_after_the_commit(project: Project) -> None:
    told: list[list[tuple[int, str]]] = []

    def listen(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
        rows = Generation.objects.filter(pk__in=generation_ids)
        told.append(list(rows.values_list("pk", "state")))

    generations_finished.connect(listen)
    try:
        done, failed = request_one(project), request_one(project)
        drawing.finish(claimed(done), ANSWER)
        drawing.fail(claimed(failed), "The endpoint refused.")
    finally:
        generations_finished.disconnect(listen)
    assert told == [[(done.pk, "done")], [(failed.pk, "failed")]]


def test_the_third_failure_is_the_last(project: Project) -> None:
    row = request_one(project)
    for _ in range(3):
        outcome = settling.later(claimed(row), "The endpoint is overloaded.", wait_seconds=0)
        assert settling.settle([outcome]) == {row.pk}
    row.refresh_from_db()
    assert row.state == "failed"
    assert row.error == "The endpoint is overloaded. Tried 3 times."
    assert [(each["attempt"], each["error"]) for each in row.errors] == [
        (1, "The endpoint is overloaded."),
        (2, "The endpoint is overloaded."),
        (3, "The endpoint is overloaded. Tried 3 times."),
    ]


def test_an_interactive_draw_waits_two_seconds_at_most(project: Project) -> None:
    row = request_one(project)
    settling.settle([settling.later(claimed(row), "Busy.", wait_seconds=300)])
    row.refresh_from_db()
    assert row.state == "queued"
    assert row.not_before - timezone.now() < timedelta(seconds=2)

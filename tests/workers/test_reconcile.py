"""What was forgotten is remembered."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from config.celery import app
from projects.models import Project
from tests.factories import make_endpoint, make_model
from workers import drawing
from workers.drawing import Draw
from workers.engine import nudges, reconcile
from workers.engine.claiming import MOST_INTERRUPTIONS
from workers.models import Endpoint, Generation
from workers.signals import generations_finished

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_queues() -> Iterator[None]:
    _purge()
    yield
    _purge()


def _purge() -> None:
    with app.connection_or_acquire() as connection, connection.channel() as channel:
        for queue in Generation.Queue.values:
            channel.queue_declare(queue=queue)
            channel.queue_purge(queue)


def request(
    project: Project,
    *,
    n: int = 1,
    queue: Generation.Queue = Generation.Queue.BATCH,
    health: str = Endpoint.Health.READY,
) -> list[Generation]:
    """Queued rows whose nudges were lost."""
    model = make_model(endpoint=make_endpoint(health=health))
    draw = Draw(model, [{"role": "user", "content": "Hello"}])
    with transaction.atomic():
        rows = drawing.request_draws(project=project, draws=[draw] * n, queue=queue)
    _purge()
    return rows


def age(**fields: Any) -> None:
    Generation.objects.update(not_before=timezone.now() - timedelta(seconds=10), **fields)


def test_draws_are_nudged_on_commit_to_their_own_queue(project: Project) -> None:
    draw = Draw(make_model(), [{"role": "user", "content": "Hello"}])
    for queue in Generation.Queue:
        with transaction.atomic():
            drawing.request_draws(project=project, draws=[draw, draw], queue=queue)
            assert nudges.waiting(queue) == 0
        assert nudges.waiting(queue) == 1


def test_what_was_queued_a_moment_ago_is_left_alone(project: Project) -> None:
    request(project)
    assert reconcile.reconcile() == 0
    assert nudges.waiting(Generation.Queue.BATCH) == 0


@pytest.mark.parametrize("queue", Generation.Queue)
def test_a_lost_nudge_is_made_up_for(project: Project, queue: Generation.Queue) -> None:
    request(project, n=3, queue=queue)
    age()
    assert reconcile.reconcile() == 3
    assert nudges.waiting(queue) == 1


def test_a_backlog_does_not_fill_the_broker(project: Project) -> None:
    request(project, n=250)
    age()
    assert reconcile.reconcile() == 200
    assert reconcile.reconcile() == 0
    assert nudges.waiting(Generation.Queue.BATCH) == 1


def test_many_draws_at_once_are_told_to_several_workers_in_few_words(project: Project) -> None:
    draw = Draw(make_model(), [{"role": "user", "content": "Hello"}])
    for n, n_messages in ((64, 1), (65, 2), (2000, 8)):
        with transaction.atomic():
            drawing.request_draws(project=project, draws=[draw] * n, queue=Generation.Queue.BATCH)
        assert nudges.waiting(Generation.Queue.BATCH) == n_messages
        _purge()


def test_a_lapsed_lease_is_nudged(project: Project) -> None:
    row = request(project)[0]
    drawing.claim(row.pk)
    assert reconcile.reconcile() == 0
    Generation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert reconcile.reconcile() == 1


def test_too_many_interruptions_are_the_end_and_are_told(project: Project) -> None:
    told: list[int] = []

    def listen(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
        told.extend(generation_ids)

    row = request(project)[0]
    for _ in range(MOST_INTERRUPTIONS):
        assert drawing.claim(row.pk)
        Generation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    generations_finished.connect(listen)
    try:
        assert reconcile.reconcile() == 1
        assert reconcile.reconcile() == 0
    finally:
        generations_finished.disconnect(listen)
    row.refresh_from_db()
    assert (row.state, row.interruptions) == ("failed", MOST_INTERRUPTIONS)
    assert row.error == reconcile.INTERRUPTED
    assert told == [row.pk]


def test_a_broker_that_is_away_stops_nobody(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    nowhere = f"redis+socket://{tmp_path}/nothing.sock"
    connect = app.connection_for_write
    monkeypatch.setattr(app, "connection_or_acquire", lambda: connect(nowhere))
    draw = Draw(make_model(), [{"role": "user", "content": "Hello"}])
    with transaction.atomic():
        drawing.request_draws(project=project, draws=[draw], queue=Generation.Queue.BATCH)
    age()
    assert reconcile.reconcile() == 0
    monkeypatch.undo()
    assert Generation.objects.filter(state="queued").count() == 1

"""Which draws begin: bounds of endpoints, kept places, turns of projects, several endpoints."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from projects.models import Project
from tests.factories import make_endpoint, make_model, make_project
from tests.plans import rows_met_by
from workers import drawing
from workers.drawing import Draw
from workers.engine import claiming, settling
from workers.engine.claiming import Claimed, claim_due
from workers.engine.sharing import Turns
from workers.models import Endpoint, Generation, LanguageModel, ModelReplica

INTERACTIVE, BATCH = Generation.Queue.INTERACTIVE, Generation.Queue.BATCH
DONE = drawing.Drawn("Yes.", "stop", {}, "served", None)


def request(
    project: Project, model: LanguageModel, n: int, queue: Generation.Queue = BATCH
) -> list[Generation]:
    draw = Draw(model, [{"role": "user", "content": "Hello"}])
    with transaction.atomic():
        return drawing.request_draws(project=project, draws=[draw] * n, queue=queue)


def bounded(**fields: Any) -> LanguageModel:
    fields = {"most_in_flight": 8, "kept_for_interactive": 2, **fields}
    return make_model(endpoint=make_endpoint(**fields), served_name="served")


def finish(claimed: Claimed) -> None:
    settling.settle([settling.done(taken.generation, DONE) for taken in claimed.taken])


@pytest.mark.django_db
def test_batch_draws_leave_the_kept_places_to_people(project: Project) -> None:
    model = bounded()
    request(project, model, 20)
    request(project, model, 20, INTERACTIVE)
    assert len(claim_due(queue=BATCH, most=50).taken) == 6
    assert len(claim_due(queue=INTERACTIVE, most=50).taken) == 2
    again = claim_due(queue=BATCH, most=50)
    assert (again.taken, again.is_more) == ([], True)


@pytest.mark.django_db
def test_people_may_have_every_place(project: Project) -> None:
    model = bounded()
    request(project, model, 20)
    request(project, model, 20, INTERACTIVE)
    assert len(claim_due(queue=INTERACTIVE, most=50).taken) == 8
    assert claim_due(queue=BATCH, most=50).taken == []


@pytest.mark.django_db
def test_a_place_comes_free_with_an_end_or_a_lapsed_lease(project: Project) -> None:
    model = bounded(most_in_flight=3, kept_for_interactive=0)
    request(project, model, 9)
    first = claim_due(queue=BATCH, most=2)
    assert len(first.taken) == 2
    assert len(claim_due(queue=BATCH, most=50).taken) == 1
    finish(first)
    assert len(claim_due(queue=BATCH, most=50).taken) == 2
    Generation.objects.filter(state="running").update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )
    taken = claim_due(queue=BATCH, most=50).taken
    assert [row.generation.interruptions for row in taken] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_the_bound_holds_for_many_that_claim_at_once(project: Project) -> None:
    model = bounded(most_in_flight=10, kept_for_interactive=3)
    request(project, model, 60)
    request(project, model, 60, INTERACTIVE)
    most: list[int] = []
    begin = threading.Barrier(6)

    def work(queue: Generation.Queue) -> None:
        begin.wait()
        for _ in range(6):
            claimed = claim_due(queue=queue, most=4)
            most.append(Generation.objects.filter(state="running").count())
            finish(claimed)
        connection.close()

    threads = [threading.Thread(target=work, args=(queue,)) for queue in (INTERACTIVE, BATCH) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < max(most) <= 10
    done = Generation.objects.filter(state="done")
    assert set(done.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
def test_who_comes_with_few_does_not_wait_behind_who_has_many(project: Project) -> None:
    model = bounded(most_in_flight=10, kept_for_interactive=0)
    other = make_project("other")
    turns = Turns()
    order: list[int] = []
    request(project, model, 300)
    for _ in range(3):
        finish(claim_due(queue=BATCH, most=10, turns=turns))
    few = {row.pk for row in request(other, model, 20)}
    while not few <= set(order):
        claimed = claim_due(queue=BATCH, most=10, turns=turns)
        order += [taken.generation.pk for taken in claimed.taken]
        finish(claimed)
    assert len(order) <= 40


@pytest.mark.django_db
def test_draws_of_one_prompt_stand_side_by_side(project: Project) -> None:
    model = bounded(most_in_flight=12, kept_for_interactive=0)
    other = make_project("other")
    mine, theirs = request(project, model, 4), request(other, model, 4)
    taken = claim_due(queue=BATCH, most=50).taken
    assert [row.generation.pk for row in taken] == [row.pk for row in [*mine, *theirs]]


@pytest.mark.django_db
def test_of_several_endpoints_the_one_with_least_to_do_is_asked(project: Project) -> None:
    model = bounded(most_in_flight=4, kept_for_interactive=0)
    second = make_endpoint(most_in_flight=100, kept_for_interactive=0)
    ModelReplica.objects.create(model=model, endpoint=second, served_name="elsewhere")
    request(project, model, 20)
    taken = claim_due(queue=BATCH, most=50).taken
    assert Counter(row.served_name for row in taken) == {"served": 4, "elsewhere": 16}
    assert Counter(row.served_name for row in taken[:8]) == {"served": 4, "elsewhere": 4}
    stored = Generation.objects.values_list("endpoint", flat=True)
    assert Counter(stored) == {model.endpoint_id: 4, second.pk: 16}


@pytest.mark.django_db
def test_an_endpoint_that_is_full_holds_up_no_other(project: Project) -> None:
    full, free = bounded(most_in_flight=1, kept_for_interactive=0), bounded()
    request(project, full, 50)
    claim_due(queue=BATCH, most=50)
    request(project, free, 3)
    taken = claim_due(queue=BATCH, most=50).taken
    assert [row.generation.model_id for row in taken] == [free.pk] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("intake", [Endpoint.Intake.DRAINING, Endpoint.Intake.PAUSED])
def test_nothing_begins_where_nothing_is_taken_in(project: Project, intake: str) -> None:
    model = bounded(intake=intake)
    request(project, model, 2)
    request(project, model, 2, INTERACTIVE)
    batch = claim_due(queue=BATCH, most=50)
    assert (batch.taken, batch.refused) == ([], [])
    said = [str(error) for _, error in claim_due(queue=INTERACTIVE, most=50).refused]
    assert said == ["The endpoint takes no draws at present."] * 2


@pytest.mark.django_db
def test_an_open_breaker_lets_one_probe_through_once_its_time_is_over(project: Project) -> None:
    model = bounded(n_failures=5, open_until=timezone.now() + timedelta(seconds=30))
    request(project, model, 9)
    assert claim_due(queue=BATCH, most=50).taken == []
    Endpoint.objects.update(open_until=timezone.now() - timedelta(seconds=1))
    assert len(claim_due(queue=BATCH, most=50).taken) == 1
    assert claim_due(queue=BATCH, most=50).taken == []


@pytest.mark.django_db
def test_a_claim_looks_at_few_rows_of_a_long_queue(project: Project) -> None:
    model = bounded(most_in_flight=64)
    request(project, model, 3000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE workers_generation")
    asked: dict[str, Any] = {
        "queue": "batch",
        "now": timezone.now(),
        "most": 64,
        "most_interruptions": 2,
        "models": [model.pk],
        "projects": [project.pk],
    }
    for sql in (claiming.LANES, claiming.DUE):
        # Those it takes, in each step of the plan; the line holds three thousand.
        assert rows_met_by(sql, asked) < 10 * 64

"""The breaker of an endpoint, as all processes see it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_endpoint
from tests.threads import in_threads
from workers.endpoints import breaker
from workers.endpoints.errors import (
    Broken,
    EndpointError,
    Overloaded,
    Refused,
    Stopped,
    TimedOut,
    Unreachable,
)
from workers.models import Endpoint

GONE = Unreachable("The endpoint cannot be reached.")


def opened(*, ago: timedelta = timedelta(seconds=1)) -> Endpoint:
    """Open, and its time was over `ago`."""
    endpoint = make_endpoint()
    for _ in range(breaker.MOST_FAILURES):
        breaker.note_failure(endpoint.pk, GONE)
    Endpoint.objects.filter(pk=endpoint.pk).update(open_until=timezone.now() - ago)
    return endpoint


def open_seconds(endpoint: Endpoint) -> float:
    endpoint.refresh_from_db()
    assert endpoint.open_until
    return round((endpoint.open_until - timezone.now()).total_seconds())


@pytest.mark.django_db
def test_it_stays_closed_while_failures_are_few() -> None:
    endpoint = make_endpoint()
    for _ in range(breaker.MOST_FAILURES - 1):
        breaker.note_failure(endpoint.pk, GONE)
    assert breaker.may_call(endpoint.pk)


@pytest.mark.django_db
def test_a_success_in_between_begins_the_count_anew() -> None:
    endpoint = make_endpoint()
    for _ in range(3):
        for _ in range(breaker.MOST_FAILURES - 1):
            breaker.note_failure(endpoint.pk, GONE)
        breaker.note_success(endpoint.pk)
    assert breaker.may_call(endpoint.pk)


@pytest.mark.django_db
def test_failures_in_a_row_open_it() -> None:
    endpoint = make_endpoint()
    for _ in range(breaker.MOST_FAILURES):
        breaker.note_failure(endpoint.pk, GONE)
    assert not breaker.may_call(endpoint.pk)
    assert open_seconds(endpoint) == breaker.OPEN_SECONDS


@pytest.mark.django_db
def test_what_was_in_flight_when_it_opened_does_not_prolong_it() -> None:
    endpoint = make_endpoint()
    for _ in range(64):
        breaker.note_failure(endpoint.pk, GONE)
    assert open_seconds(endpoint) == breaker.OPEN_SECONDS


@pytest.mark.django_db
def test_each_probe_that_fails_doubles_the_time_up_to_a_limit() -> None:
    endpoint = opened()
    waits = []
    for _ in range(7):
        assert breaker.may_call(endpoint.pk)
        breaker.note_failure(endpoint.pk, GONE)
        waits.append(open_seconds(endpoint))
        Endpoint.objects.filter(pk=endpoint.pk).update(open_until=timezone.now())
    assert waits == [20, 40, 80, 160, 300, 300, 300]


@pytest.mark.django_db
def test_a_probe_that_goes_well_closes_it() -> None:
    endpoint = opened()
    assert breaker.may_call(endpoint.pk)
    assert not breaker.may_call(endpoint.pk)
    breaker.note_success(endpoint.pk)
    assert breaker.may_call(endpoint.pk)
    assert breaker.may_call(endpoint.pk)


@pytest.mark.django_db
def test_a_probe_that_was_lost_is_followed_by_another() -> None:
    endpoint = opened()
    assert breaker.may_call(endpoint.pk)
    long_ago = timezone.now() - timedelta(seconds=1)
    Endpoint.objects.filter(pk=endpoint.pk).update(probing_until=long_ago)
    assert breaker.may_call(endpoint.pk)
    assert not breaker.may_call(endpoint.pk)


@pytest.mark.django_db
def test_a_probe_that_was_refused_for_its_own_fault_gives_its_turn_back() -> None:
    endpoint = opened()
    assert breaker.may_call(endpoint.pk)
    breaker.note_failure(endpoint.pk, Overloaded("Too many.", status=429))
    assert breaker.may_call(endpoint.pk)


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (GONE, True),
        (Broken("It failed (500)."), True),
        (TimedOut("Silent."), True),
        (Overloaded("No backend (503).", status=503), True),
        (Overloaded("Too many (429).", status=429), False),
        (Refused("No such model.", status=404), False),
        (Stopped("Stopped."), False),
    ],
)
def test_only_what_speaks_against_the_endpoint_is_counted(
    error: EndpointError, counts: bool
) -> None:
    assert breaker.is_against(error) is counts


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_may_probe() -> None:
    endpoint = opened()
    said = in_threads(breaker.may_call, [endpoint.pk] * 8)
    assert sorted(said) == [False] * 7 + [True]

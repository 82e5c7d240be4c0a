"""A lasting thread's connection is kept, until PostgreSQL hangs up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection

from config.lasting import lasting_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread
        # Looked up over there: each thread has its own.
        thread.submit(lambda: connection.close()).result()


def answered_by() -> int:
    """A request, of which all we know is which of PostgreSQL's processes answered."""
    close_old_connections()
    with lasting_connection(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    close_old_connections()
    return int(process)


def test_it_is_kept_from_one_request_to_the_next(page_thread: ThreadPoolExecutor) -> None:
    first, second = (page_thread.submit(answered_by).result() for _ in range(2))
    assert first == second


def test_another_one_is_taken_when_it_was_hung_up(page_thread: ThreadPoolExecutor) -> None:
    first = page_thread.submit(answered_by).result()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert page_thread.submit(answered_by).result() != first

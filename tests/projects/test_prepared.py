"""Prepared statements give what the driver's cursors give, alone and behind another."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from projects.models import User
from projects.prepared import Prepared
from tests.factories import make_user

VALUES = [
    ("smallint", 7),
    ("bigint", 2**40),
    ("text", "it's 100 % “so” \\"),
    ("text", None),
    ("boolean", True),
    ("double precision", 0.1),
    ("numeric", Decimal("12.50")),
    ("timestamptz", datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)),
    ("date", date(2026, 3, 29)),
    ("uuid", uuid.UUID(int=5)),
    ("bytea", b"\x00\xff"),
    ("bigint[]", [1, 2**40]),
    ("varchar[]", ["a", 'b"c', "", "{}"]),
    ("varchar[]", []),
    ("jsonb", '{"a": [1, null]}'),
]
LOCK = Prepared("SELECT pg_advisory_xact_lock(%(key)s)")
COUNT = Prepared("SELECT count(*) FROM projects_user WHERE %(key)s = 1")


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_goes_and_comes_as_through_a_cursor(kind: str, value: Any) -> None:
    statement = Prepared(f"SELECT %(value)s::{kind}, '%%', pg_typeof(%(value)s::{kind})::text")
    found = statement.rows({"value": value})
    with CaptureQueriesContext(connection) as seen:
        assert statement.rows({"value": value}) == found
    assert len(seen) == 1
    (row,) = found
    expected = bytes(value) if kind == "bytea" else value
    assert row[0] == expected or (kind == "jsonb" and row[0] == '{"a": [1, null]}')
    assert row[1:2] == ("%",)


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [(1, 2), (2**20, 1), (2**40, 2**50)])
def test_places_without_names_are_filled_in_order(numbers: Sequence[int]) -> None:
    statement = Prepared("SELECT %s::bigint - %s::bigint")
    assert statement.rows(numbers) == [(numbers[0] - numbers[1],)]


@pytest.mark.django_db
def test_a_statement_is_planned_once_and_outlives_a_rollback(labeler: User) -> None:
    statement = Prepared("SELECT username FROM projects_user WHERE id = %s AND 20260329 > 0")
    with transaction.atomic():
        statement.rows([labeler.pk])
        transaction.set_rollback(True)
    assert statement.rows([labeler.pk]) == [(labeler.username,)]
    counted = Prepared(
        "SELECT count(*), sum(generic_plans + custom_plans)::int FROM pg_prepared_statements"
        " WHERE statement LIKE '%%20260329%%' AND statement NOT LIKE '%%generic%%'"
    )
    assert counted.rows([]) == [(1, 2)]


@pytest.mark.django_db(transaction=True)
def test_an_error_is_django_s_and_leaves_nothing_behind() -> None:
    renamed = Prepared("UPDATE projects_user SET username = 'x' WHERE 1 = %(key)s RETURNING id")
    refused = Prepared("SELECT 1 / (%(key)s - 1)")
    make_user("one")
    for statement, behind in ((refused, renamed), (renamed, refused)):
        with pytest.raises(DatabaseError):
            statement.rows({"key": 1}, behind=behind)
        assert not User.objects.filter(username="x").exists()
    make_user("two")
    with pytest.raises(IntegrityError):
        renamed.rows({"key": 1})
    with transaction.atomic():
        assert COUNT.rows({"key": 1}, behind=LOCK) == [(2,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_behind", [True, False])
def test_what_waits_lets_others_go_on_and_then_sees_what_they_did(*, is_behind: bool) -> None:
    def count_when_free() -> int:
        with closing(connection):
            if is_behind:
                return int(COUNT.rows({"key": 1}, behind=LOCK)[0][0])
            with transaction.atomic():
                LOCK.rows({"key": 1})
                return int(COUNT.rows({"key": 1})[0][0])

    waiting = Prepared("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            LOCK.rows({"key": 1})
            counted = other.submit(count_when_free)
            while waiting.rows([]) == [(0,)]:
                assert not counted.done()
            make_user("late")
        assert counted.result(timeout=30) == 1
    assert COUNT.rows({"key": 1}, behind=LOCK) == [(1,)]
    assert Prepared("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").rows([]) == [(0,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("behind", [None, LOCK])
def test_a_lost_connection_is_told_as_such(behind: Prepared | None) -> None:
    def lose() -> int:
        with closing(connection):
            (process,) = COUNT.rows({"key": 1}) and Prepared("SELECT pg_backend_pid()").rows([])[0]
            ended.submit(
                lambda: Prepared("SELECT pg_terminate_backend(%s, 5000)").rows([process])
            ).result()
            with pytest.raises(OperationalError):
                COUNT.rows({"key": 1}, behind=behind)
        with closing(connection):
            return int(COUNT.rows({"key": 1}, behind=behind)[0][0])

    with ThreadPoolExecutor(1) as ended, ThreadPoolExecutor(1) as other:
        assert other.submit(lose).result() == 0
        ended.submit(lambda: connection.close()).result()

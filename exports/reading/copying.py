"""Rows in binary form, a few thousand primary keys at a time, as tuples of plain values."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import InterfaceError, connection, transaction
from django.db.models import QuerySet
from numpy.typing import NDArray
from psycopg import Cursor

Ints = NDArray[np.int64]
Row = tuple[Any, ...]

AT_ONCE = 1_000
"""Keys of one statement: what is held of them is a few megabytes of text."""
STREAMED_TIMES = 16
"""As many more where nothing is held of them: planning a statement takes as long as 250 rows, and
who works on them waits for it."""
TOGETHER = 32
"""Rows that are taken from the connection at once: each alone takes twice as long to read."""
_HEAD, _END = 19, 2
"""Bytes before and after the rows in PostgreSQL's binary form."""
_KEY = np.dtype([("n", ">i2"), ("length", ">i4"), ("key", ">i8")])
_PLANNING = {
    # Each key is looked up by its index, in order: nothing is sorted, hashed or read whole,
    # whatever the planner thinks of the tables. The order of the joins is the one written.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
    "join_collapse_limit": "1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
_PLANNED = "; ".join(f"SET LOCAL {name} TO {value}" for name, value in _PLANNING.items())
_AS_BEFORE = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _PLANNING)


def rows_of(
    sql: str, given: Mapping[str, Any], keys: Ints, *, is_streamed: bool = False
) -> Iterator[Row]:
    """The rows that a query has for these keys, its parameter `keys`.

    Streamed, PostgreSQL goes on while a row is worked on, and the connection is taken until
    the last; else some thousand rows are read whole before the first of them is given.
    """
    step = at_once(is_streamed=is_streamed)
    for first in range(0, len(keys), step):
        chunk = _streamed(sql, {**given, "keys": _array(keys[first : first + step])})
        yield from chunk if is_streamed else list(chunk)


def at_once(*, is_streamed: bool) -> int:
    return AT_ONCE * STREAMED_TIMES if is_streamed else AT_ONCE


def keys_of(rows: QuerySet[Any]) -> Ints:
    """The primary keys of these rows, in order: nine bytes a row while they are read."""
    try:
        sql, values = rows.order_by("pk").values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return np.empty(0, dtype=np.int64)
    return keys_by(sql, values)


def keys_by(sql: str, values: Any) -> Ints:
    """The keys that a query of one column of bigint gives."""
    with connection.cursor() as cursor:
        whole = cursor.mogrify(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)", values)
        with cursor.copy(whole) as copy:
            data = b"".join(bytes(part) for part in copy)
    count = (len(data) - _HEAD - _END) // _KEY.itemsize
    return np.frombuffer(data, _KEY, count, _HEAD)["key"].astype(np.int64)


def _array(keys: Ints) -> str:
    """As PostgreSQL writes arrays: as a list, psycopg takes ten times as long to write it."""
    return f"{{{','.join(map(str, keys.tolist()))}}}"


def _streamed(sql: str, values: dict[str, Any]) -> Iterator[Row]:
    with _planned(), connection.cursor() as cursor:
        # Written in, because a cursor that binds on the server takes no names.
        whole = cursor.mogrify(sql, values)
        rows = Cursor(connection.connection).stream(whole, binary=True, size=TOGETHER)
        first = list(islice(rows, 1))
        with _unlocked(), connection.execute_wrapper(_refuse):
            try:
                # Closing this closes no `rows`: a chain hands that on to nobody.
                yield from chain(first, rows)
            except GeneratorExit:
                # A statement left half read is cancelled, and the caller's transaction with it.
                for _ in rows:
                    pass


def _refuse(*_: Any) -> None:
    raise InterfaceError("Rows are being read on this connection.")


@contextmanager
def _unlocked() -> Iterator[None]:
    """psycopg holds a connection's lock while it streams: whoever works on the rows and fails would
    wait for ever to roll back. With another lock that is refused, and the connection closed."""
    taken = connection.connection
    held, taken.lock = taken.lock, threading.Lock()
    try:
        yield
    finally:
        taken.lock = held


@contextmanager
def _planned() -> Iterator[None]:
    is_inside = connection.in_atomic_block
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(_PLANNED)
        yield
        if is_inside and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_AS_BEFORE)

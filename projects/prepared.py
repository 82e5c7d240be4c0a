"""Statements that PostgreSQL plans once a connection, for the paths that every task takes.

They go past the driver's cursors, and Django's layers round those, to the connection below, as
each takes longer over such a statement than PostgreSQL does. Values are written and read by the
same adapters.
"""

import re
import select
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.datetime import TimestamptzLoader

Values = Mapping[str, Any] | Sequence[Any]
Row = tuple[Any, ...]

PLACE = re.compile(r"%%|%s|%\((\w+)\)s")
_numbers = count(1)


class _Known:
    """Of one connection: by what name it knows a text with values of these types, and what
    writes and reads values, which costs more to make than to use.
    """

    def __init__(self, driver: Any) -> None:
        self.names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        # Django's own reader of times gives the same, in Python and so more slowly.
        self.adapters = AdaptersMap(driver.adapters)
        self.adapters.register_loader("timestamptz", TimestamptzLoader)
        # Not the connection itself, which would then never be let go.
        self.connection = None
        self.adapting = Transformer(self)


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


def _of(driver: Any) -> _Known:
    known = _known.get(driver)
    if known is None:
        known = _known[driver] = _Known(driver)
    return known


class Prepared:
    """A statement with places for values, `%(name)s` each or `%s` each, as the driver has them."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._names: list[str] = []
        self._n_places = 0
        self._text = PLACE.sub(self._numbered, sql).encode()

    def rows(self, values: Values, *, behind: "Prepared | None" = None) -> list[Row]:
        """What it gives. `behind` another, with the same values, it is sent along with that one
        and sees what that one waited for; the two are one transaction where none is open.
        """
        # Not through `connection`, which looks for the thread's connection at every mention.
        django = connections[DEFAULT_DB_ALIAS]
        django.ensure_connection()
        django.validate_no_broken_transaction()
        statements = [self] if behind is None else [behind, self]
        if django.queries_logged or django.execute_wrappers:
            return _seen_by(django, statements, values)
        driver = django.connection
        with django.wrap_database_errors:
            known = _of(driver)
            bound = [each._bound(driver, known, values) for each in statements]
            return _sent(driver, known, bound)

    def _numbered(self, place: re.Match[str]) -> str:
        """The place as PostgreSQL counts it; the same name has the same number."""
        if place[0] == "%%":
            return "%"
        if place[0] == "%s":
            self._n_places += 1
            return f"${self._n_places}"
        if place[1] not in self._names:
            self._names.append(place[1])
        return f"${self._names.index(place[1]) + 1}"

    def _bound(self, driver: Any, known: _Known, values: Values) -> "_Bound":
        if isinstance(values, Mapping):
            values = [values[name] for name in self._names]
        return _Bound(driver, known, self._text, values)


class _Bound:
    """A statement that the connection knows by name, with values as they are sent."""

    def __init__(self, driver: Any, known: _Known, text: bytes, values: Sequence[Any]) -> None:
        adapting = known.adapting
        self.values = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        self.formats = adapting.formats
        types = adapting.types or ()
        name = known.names.get((text, types))
        if name is None:
            name = b"touchstone_%d" % next(_numbers)
            _begin(driver)
            _done(driver.pgconn.prepare(name, text, types))
            known.names[text, types] = name
        self.name = name


def _sent(driver: Any, known: _Known, statements: Sequence[_Bound]) -> list[Row]:
    """The last one's rows."""
    low: PGconn = driver.pgconn
    if len(statements) == 1:
        (only,) = statements
        _begin(driver)
        values: Any = only.values  # Its type there leaves out NULL, which it takes.
        result = _done(low.exec_prepared(only.name, values, only.formats))
    else:
        low.enter_pipeline_mode()
        if _is_to_begin(driver):
            low.send_query_params(b"BEGIN", None)
        for each in statements:
            low.send_query_prepared(each.name, each.values, each.formats)
        low.pipeline_sync()
        results = _received(low)
        low.exit_pipeline_mode()
        for result in results:
            _done(result)
    if not result.ntuples:
        return []
    known.adapting.set_pgresult(result)
    rows = known.adapting.load_rows(0, result.ntuples, tuple)
    known.adapting.set_pgresult(None)
    return rows


def _is_to_begin(driver: Any) -> bool:
    """Whether Django has begun a transaction that PostgreSQL has not been told of."""
    return not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE


def _begin(driver: Any) -> None:
    if _is_to_begin(driver):
        _done(driver.pgconn.exec_(b"BEGIN"))


def _received(low: PGconn) -> list[PGresult]:
    """All results until the end of what was sent together."""
    ready = select.poll()
    ready.register(low.socket, select.POLLIN | select.POLLOUT)
    while low.flush():
        ready.poll()
        low.consume_input()
    ready.modify(low.socket, select.POLLIN)
    results: list[PGresult] = []
    while not results or results[-1].status != ExecStatus.PIPELINE_SYNC:
        while low.is_busy():
            ready.poll()
            low.consume_input()
        # Nothing stands between one statement's result and the next one's.
        if result := low.get_result():
            results.append(result)
    return results[:-1]


def _done(result: PGresult) -> PGresult:
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        error = error_from_result(result)
        # Without a state it is not PostgreSQL that says so: the connection to it is lost.
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
    return result


class _Told(psycopg.Cursor[Any]):
    """A cursor that leaves what Django's log of statements reads."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        executed = super().execute(query, params, **options)
        self._query = self._convert_query(query, params)
        return executed


def _seen_by(django: Any, statements: Sequence[Prepared], values: Values) -> list[Row]:
    """The same through Django's cursor, for those who look on: its log, tests that count."""
    together = transaction.atomic(savepoint=False) if len(statements) > 1 else nullcontext()
    with together, django.cursor() as cursor:
        cursor.cursor = _Told(django.connection)
        for each in statements:
            cursor.execute(each.sql, values)
        rows: list[Row] = cursor.fetchall() if cursor.description else []
    return rows

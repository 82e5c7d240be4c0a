"""Querysets compiled once, for the few that every request of a labeler asks.

Django builds a queryset's SQL anew each time, which for these takes longer than PostgreSQL's
answer. The queryset stays the one place where the query is written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)
MARK = 7_300_000_000_000_000_000


class _Cursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        executed = super().execute(query, params, **options)
        if connection.queries_logged:
            # What Django's log of statements reads, and a prepared statement does not leave.
            self._query = self._convert_query(query, params)
        return executed


@contextmanager
def preparing() -> Iterator[CursorWrapper]:
    """A cursor whose statements PostgreSQL plans once a connection, and not at each call."""
    with connection.cursor() as cursor:
        driver = connection.connection
        # Django's own cursors put the values into the text, and leave nothing to prepare.
        cursor.cursor = _Cursor(driver)
        before, driver.prepare_threshold = driver.prepare_threshold, 0
        try:
            yield cursor
        finally:
            driver.prepare_threshold = before


class Compiled(Generic[Row]):
    """A queryset of model rows whose values are filled in at each call.

    `build` gets one stand-in for each of `values`, a name with int or str, and uses it where the
    value belongs. What it does may depend on nothing else.
    """

    def __init__(self, build: "Callable[..., models.QuerySet[Row]]", **values: type) -> None:
        self._build = build
        self._marks = {
            name: MARK + number if kind is int else f"\x02{name}\x03"
            for number, (name, kind) in enumerate(values.items())
        }
        self._compiler: Any = None

    def first(self, **values: int | str) -> Row | None:
        return next(self._rows(values), None)

    def all(self, **values: int | str) -> list[Row]:
        return list(self._rows(values))

    def _rows(self, values: dict[str, Any]) -> Iterator[Row]:
        if self._compiler is None:
            self._compile()
        parameters = [values[name] if name else given for name, given in self._parameters]
        with preparing() as cursor:
            cursor.execute(self._sql, parameters)
            rows = cursor.fetchall()
        for row in self._compiler.apply_converters(rows, self._converters):
            made = self._model.from_db("default", self._names, row[self._start : self._end])
            for populator in self._populators:
                populator.populate(row, made)
            for name, at in self._annotations:
                setattr(made, name, row[at])
            yield made

    def _compile(self) -> None:
        compiler = self._build(**self._marks).query.get_compiler("default")
        self._sql, parameters = compiler.as_sql()
        names = {mark: name for name, mark in self._marks.items()}
        self._parameters = [(names.get(given, ""), given) for given in parameters]
        missing = set(self._marks) - {name for name, _ in self._parameters}
        if missing:
            raise TypeError(f"the queryset does not use {', '.join(sorted(missing))}")
        select, info = compiler.select, compiler.klass_info
        self._model: type[Row] = info["model"]
        fields = info["select_fields"]
        self._start, self._end = fields[0], fields[-1] + 1
        self._names = [column[0].target.attname for column in select[self._start : self._end]]
        # The stubs describe a later Django, which takes one argument more.
        self._populators = get_related_populators(info, select, "default")  # type: ignore[call-arg]
        self._annotations = list(compiler.annotation_col_map.items())
        self._converters = compiler.get_converters([column[0] for column in select])
        # Last, so that another thread never sees it half done.
        self._compiler = compiler

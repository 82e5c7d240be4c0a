"""Querysets compiled once, for the few that every request of a labeler asks.

Django builds a queryset's SQL anew each time, which for these takes longer than PostgreSQL's
answer. The queryset stays the one place where the query is written.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from projects.prepared import Prepared

Row = TypeVar("Row", bound=models.Model)
MARK = 7_300_000_000_000_000_000


class _Part:
    """One model's columns in a row, and the parts that belong to it.

    Rows are made without the model's initialiser, which costs more than reading them. Nothing
    here overrides it or listens to its signals.
    """

    def __init__(self, info: dict[str, Any], select: list[Any]) -> None:
        fields = info["select_fields"]
        self.model: type[models.Model] = info["model"]
        self.columns = slice(fields[0], fields[-1] + 1)
        self.names = [column[0].target.attname for column in select[self.columns]]
        self.key = fields[0] + self.names.index(self.model._meta.pk.attname)
        self.link: Any = info.get("local_setter")
        self.link_back: Any = info.get("remote_setter")
        self.parts = [_Part(each, select) for each in info.get("related_klass_infos", ())]

    def make(self, row: Any) -> Any:
        made = self.model.__new__(self.model)
        made._state = ModelState()
        made._state.adding, made._state.db = False, "default"
        made.__dict__.update(zip(self.names, row[self.columns], strict=True))
        for part in self.parts:
            belonging = None if row[part.key] is None else part.make(row)
            part.link(made, belonging)
            if belonging is not None:
                part.link_back(belonging, made)
        return made


class Compiled(Generic[Row]):
    """A queryset of model rows whose values are filled in at each call.

    `build` gets one stand-in for each of `values`, a name with int or str, and uses it where the
    value belongs. What it does may depend on nothing else. `before` is SQL to stand before it,
    common table expressions with places by name for further values; `behind` as in
    `Prepared.rows`.
    """

    def __init__(self, build: "Callable[..., models.QuerySet[Row]]", **values: type) -> None:
        self._build = build
        self._marks = {
            name: MARK + number if kind is int else f"\x02{name}\x03"
            for number, (name, kind) in enumerate(values.items())
        }
        self._compiler: Any = None
        self._prepared: dict[str, Prepared] = {}

    def first(
        self, *, before: str = "", behind: Prepared | None = None, **values: Any
    ) -> Row | None:
        return next(self._rows(values, before, behind), None)

    def all(self, **values: Any) -> list[Row]:
        return list(self._rows(values))

    def _rows(
        self, values: dict[str, Any], before: str = "", behind: Prepared | None = None
    ) -> Iterator[Row]:
        if self._compiler is None:
            self._compile()
        statement = self._prepared.get(before)
        if statement is None:
            statement = self._prepared[before] = Prepared(before + self._sql)
        rows = statement.rows(self._constants | values, behind=behind)
        for row in self._compiler.apply_converters(rows, self._converters):
            made: Row = self._whole.make(row)
            for name, at in self._annotations:
                setattr(made, name, row[at])
            yield made

    def _compile(self) -> None:
        compiler = self._build(**self._marks).query.get_compiler("default")
        sql, parameters = compiler.as_sql()
        marks = {mark: name for name, mark in self._marks.items()}
        names = [marks.get(given, f"constant_{at}") for at, given in enumerate(parameters)]
        places = iter(names)
        # %% is a written percent sign, and stays one.
        self._sql = re.sub(
            "%%|%s", lambda it: it[0] if it[0] == "%%" else f"%({next(places)})s", sql
        )
        missing = self._marks.keys() - set(names)
        if missing:
            raise TypeError(f"the queryset does not use {', '.join(sorted(missing))}")
        self._constants = dict(zip(names, parameters, strict=True))
        select = compiler.select
        self._whole = _Part(compiler.klass_info, select)
        self._annotations = list(compiler.annotation_col_map.items())
        self._converters = compiler.get_converters([column[0] for column in select])
        # Last, so that another thread never sees it half done.
        self._compiler = compiler


class Inserted(Generic[Row]):
    """How new rows of a model are written, found out once.

    `given` names columns whose value is SQL of the statement around it, and `source`, such as
    FROM another part of that, makes a row of each that is there. What Django would do besides,
    signals and defaults of the database, it does not.
    """

    def __init__(self, model: type[Row], *, source: str = "", **given: str) -> None:
        meta = model._meta
        fields = [field for field in meta.concrete_fields if not field.primary_key]
        self._fields = [field for field in fields if field.attname not in given]
        self._table, self._key = meta.db_table, meta.pk.column
        self._names = ", ".join(f'"{field.column}"' for field in fields)
        places = ", ".join(given.get(field.attname, "%s") for field in fields)
        self.sql = f'INSERT INTO "{self._table}" ({self._names}) SELECT {places} {source}'

    def values(self, row: Row) -> list[Any]:
        """What stands for each %s, in order."""
        return [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for field in self._fields
        ]

    def copy(self, rows: Sequence[Row]) -> None:
        """Write many by COPY, which takes a third of the time of `bulk_create`; fills the keys."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [self._table, self._key, len(rows)],
            )
            keys = cursor.fetchall()
            sql = f'COPY "{self._table}" ("{self._key}", {self._names}) FROM STDIN'
            with cursor.copy(sql) as copy:
                for row, (key,) in zip(rows, keys, strict=True):
                    row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS
                    copy.write_row([key, *self.values(row)])

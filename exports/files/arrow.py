"""Columns as Arrow and Parquet know them."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa

from exports.columns import Column, ListOf, Struct, Type
from exports.files.lines import as_text

SCALARS = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "json": pa.string(),
}
Change = Callable[[Any], Any]


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    return pa.schema([pa.field(each.name, arrow_type(each.type)) for each in columns])


def arrow_type(kind: Type) -> pa.DataType:
    if isinstance(kind, ListOf):
        return pa.list_(arrow_type(kind.item))
    if isinstance(kind, Struct):
        return pa.struct([pa.field(each.name, arrow_type(each.type)) for each in kind.fields])
    return SCALARS[kind]


def flattened(columns: Sequence[Column]) -> Change | None:
    """What writes a row's `json` values as texts; None where there are none to write."""
    return _of_struct(Struct(tuple(columns)))


def _as_text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return as_text(value)


def _change(kind: Type) -> Change | None:
    if kind == "json":
        return lambda value: None if value is None else _as_text(value)
    if isinstance(kind, Struct):
        return _of_struct(kind)
    if isinstance(kind, ListOf) and (change := _change(kind.item)) is not None:
        item = change
        return lambda values: None if values is None else [item(each) for each in values]
    return None


def _of_struct(kind: Struct) -> Change | None:
    found = {each.name: _change(each.type) for each in kind.fields}
    changes = {name: change for name, change in found.items() if change is not None}
    if not changes:
        return None

    def changed(value: Any) -> Any:
        if value is None:
            return None
        return value | {name: do(value[name]) for name, do in changes.items() if name in value}

    return changed

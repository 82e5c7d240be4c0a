"""What a column of a dataset holds: for Parquet schemas, dataset cards and Croissant. Pure data.

One description serves every shard and split, so that no reader has to guess a type from values.
"""

from dataclasses import dataclass
from typing import Literal

Scalar = Literal["string", "int64", "float64", "bool", "json"]
"""json: any value; in JSONL it stands as it is, in Parquet as a text. Only for provenance."""


@dataclass(frozen=True)
class Column:
    name: str
    type: "Type"
    description: str = ""


@dataclass(frozen=True)
class ListOf:
    item: "Type"


@dataclass(frozen=True)
class Struct:
    fields: tuple[Column, ...]


Type = Scalar | ListOf | Struct

MESSAGES = ListOf(Struct((Column("role", "string"), Column("content", "string"))))
TEXTS = ListOf("string")

"""Records of whatever kind, for tests that know which."""

from collections.abc import Generator
from typing import Any

from exports.reading import read as read_records


def read(kind: str, *given: Any, **options: Any) -> Generator[Any, None, None]:
    yield from read_records(kind, *given, **options)

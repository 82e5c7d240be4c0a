"""Values from a query or a form that are not text."""

from collections.abc import Mapping

from projects.errors import InvalidInput


def number_in(values: Mapping[str, str], name: str) -> int | None:
    """The number of a version under `name`; None where nothing is written."""
    text = values.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput.field(name, "must be the number of a version")
    return int(text)

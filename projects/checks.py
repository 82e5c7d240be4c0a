"""Values from outside, checked one by one and refused all at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from projects.errors import InvalidInput, Problem


def check_all(checks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Run every check; raises one InvalidInput that names all the rules that were broken."""
    clean: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, check in checks.items():
        try:
            clean[name] = check()
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(*problems)
    return clean


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether it is a whole number in the range; true, 1.0 and "1" are not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def yes_or_no(value: Any, *, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput.field(field, "must be true or false")
    return value


def an_object(value: Any, *, field: str) -> Mapping[str, Any]:
    """A JSON object; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput.field(field, "must be an object")
    return value


def short(value: Any) -> str:
    """A stranger's word, cut so that it can be quoted in a refusal.

    Of what holds other values only the kind: writing it out may take for ever, or too deep.
    """
    is_plain = value is None or isinstance(value, str | int | float)
    return repr(value)[:60] if is_plain else f"a {type(value).__name__}"


def one_of(value: Any, choices: Sequence[str], *, field: str) -> str:
    if value not in choices:
        raise InvalidInput.field(field, f"must be one of {', '.join(choices)}")
    return str(value)


def number_from(value: Any, low: int, high: int, *, field: str) -> int:
    """A whole number, or the digits of one as a form sends them."""
    if isinstance(value, str):
        text = value.strip()
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
    if not is_whole(value, low, high):
        raise InvalidInput.field(field, f"must be a whole number from {low:,} to {high:,}")
    return int(value)


def decimal_from(value: Any, low: float, high: float, *, field: str) -> float:
    """A number in the range, or one written out as a form sends it."""
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text) if text.isascii() and len(text) <= 20 else None
        except ValueError:
            value = None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Comparing refuses what is not a number too, as that is in no range.
    if not is_number or not low <= value <= high:
        raise InvalidInput.field(field, f"must be a number from {low:g} to {high:g}")
    return float(value)

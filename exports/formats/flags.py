"""Control tokens in people's and models' texts: kept, since they may be what is talked about, and
counted, since a tokenizer that reads them as its own lets a text end its own turn."""

import re
from collections.abc import Iterator
from typing import Any

CONTROL = {
    "<": re.compile(
        r"<(?:\|[A-Za-z0-9_.\- ]{1,40}\|>"
        r"|｜[^｜<>]{1,40}｜>"
        r"|/?s>|(?:bos|eos|pad|unk)>"
        r"|(?:start|end)_of_(?:turn|image)>"
        r"|</?SYS>>)"
    ),
    "[": re.compile(r"\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"),
}
"""By the sign they begin with: going from sign to sign takes a tenth of the time of trying at
every letter."""


def control_tokens(text: str) -> list[str]:
    """Each control token in `text` once, in order."""
    found: dict[str, int] = {}
    for sign, shape in CONTROL.items():
        at = text.find(sign)
        while at >= 0:
            if match := shape.match(text, at):
                found.setdefault(match[0], at)
            at = text.find(sign, at + 1)
    return sorted(found, key=found.__getitem__) if found else []


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a row, whatever its format."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


def row_flags(row: Any) -> tuple[str, ...]:
    """The control tokens in a row, sorted."""
    found = {token for text in texts_of(row) for token in control_tokens(text)}
    return tuple(sorted(found))

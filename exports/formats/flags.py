"""Control tokens in people's and models' texts: kept, since they may be what is talked about, and
counted, since a tokenizer that reads them as its own lets a text end its own turn."""

import re
from collections.abc import Iterator
from typing import Any

CONTROL = re.compile(
    r"<\|[A-Za-z0-9_.\- ]{1,40}\|>"
    r"|<｜[^｜<>]{1,40}｜>"
    r"|</?s>|<(?:bos|eos|pad|unk)>"
    r"|<(?:start|end)_of_(?:turn|image)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>"
)
HINTS = ("<|", "<｜", "s>", "[INST", "[/INST", "_turn>", "_of_", "<</SYS", "<<SYS", "[SYS", "[/SYS",
         "[TOOL", "[AVAIL", "[/TOOL", "[/AVAIL", "<pad", "<unk")  # fmt: skip


def control_tokens(text: str) -> list[str]:
    """Each control token in `text` once, in order."""
    if "<" not in text and "[" not in text:
        return []
    if not any(hint in text for hint in HINTS):
        return []
    return list(dict.fromkeys(CONTROL.findall(text)))


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
    """The control tokens in a row, sorted; the export counts rows by each."""
    found = {token for text in texts_of(row) for token in control_tokens(text)}
    return tuple(sorted(found))

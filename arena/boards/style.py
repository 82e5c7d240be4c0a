"""What of an answer's looks is measured, so that boards can take it out of the ratings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

FEATURES: Mapping[str, str] = {
    "length": "Signs other than spaces.",
    "headers": "Markdown headings: lines that begin with # to ###### and a space.",
    "bold": "Passages between two pairs of asterisks or underscores on one line.",
    "lists": "Items of lists: lines that begin with -, * or +, or with a number and . or ).",
}
"""Their names, in the order of `features`, and how they are counted. All but the length leave
out what stands in fenced blocks of code."""

_HEADER = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
_BOLD = re.compile(r"\*\*[^\s*][^*]*\*\*|__[^\s_][^_]*__")
_LIST = re.compile(r"[ \t]{0,20}(?:[-*+]|\d{1,9}[.)])[ \t]")
_FENCE = re.compile(r"[ ]{0,3}(```|~~~)")


def features(text: str) -> tuple[float, ...]:
    """Measure one reply, or all replies of a side joined; in the order of FEATURES."""
    length = sum(map(len, text.split()))
    headers = bold = lists = 0
    for line in unfenced(text):
        headers += _HEADER.match(line) is not None
        lists += _LIST.match(line) is not None
        bold += sum(1 for _ in _BOLD.finditer(line))
    return float(length), float(headers), float(bold), float(lists)


def difference(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
    """(A − B) / (A + B + 1) of each feature, between −1 and 1; above 0 where A has more of it."""
    return tuple((x - y) / (x + y + 1.0) for x, y in zip(a, b, strict=True))


def unfenced(text: str) -> list[str]:
    """The lines outside fenced blocks of code. A block that is never closed runs to the end."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark is None:
            if not fence:
                lines.append(line)
        elif not fence:
            fence = mark[1]
        elif mark[1] == fence:
            fence = ""
    return lines

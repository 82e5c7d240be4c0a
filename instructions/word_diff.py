"""What changed between two texts, word by word.

Myers, "An O(ND) difference algorithm and its variations" (1986), bounded: past its budget of
steps the differing middle counts as replaced whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["same", "gone", "new"]

MOST_EDITS = 400
MOST_STEPS = 1_000_000

_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that both texts have, or only the older (gone), or only the newer (new)."""

    kind: Kind
    text: str


@dataclass(slots=True)
class Budget:
    """Steps left to a number of comparisons together, so that many stay as bounded as one."""

    steps: int = MOST_STEPS


def word_changes(old: str, new: str, *, budget: Budget | None = None) -> list[Piece]:
    """The pieces in order: same + gone make up `old`, same + new make up `new`."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    pieces = [("same", token) for token in a[:start]]
    pieces += _edits(middle_a, middle_b, budget or Budget())
    pieces += [("same", token) for token in a[len(a) - end :]]
    return _joined(pieces)


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    at = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        at += 1
    return at


def _edits(a: Sequence[str], b: Sequence[str], budget: Budget) -> list[tuple[str, str]]:
    trace = _trace(a, b, budget) if a and b else None
    if trace is None:
        return [("gone", token) for token in a] + [("new", token) for token in b]
    x, y = len(a), len(b)
    found: list[tuple[str, str]] = []
    for depth in range(len(trace) - 1, -1, -1):
        reach, k = trace[depth], x - y
        goes_down = k == -depth or (k != depth and reach.get(k - 1, -1) < reach.get(k + 1, -1))
        before_k = k + 1 if goes_down else k - 1
        before_x = reach.get(before_k, 0) if depth else 0
        before_y = before_x - before_k if depth else 0
        while x > before_x and y > before_y:
            x, y = x - 1, y - 1
            found.append(("same", a[x]))
        if not depth:
            break
        if goes_down:
            y -= 1
            found.append(("new", b[y]))
        else:
            x -= 1
            found.append(("gone", a[x]))
    return found[::-1]


def _trace(a: Sequence[str], b: Sequence[str], budget: Budget) -> list[dict[int, int]] | None:
    """How far each diagonal reached before each depth; None when the budget is spent."""
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    for depth in range(min(MOST_EDITS, len(a) + len(b)) + 1):
        trace.append(dict(reach))
        for k in range(-depth, depth + 1, 2):
            if k == -depth or (k != depth and reach.get(k - 1, -1) < reach.get(k + 1, -1)):
                x = reach.get(k + 1, 0)
            else:
                x = reach.get(k - 1, 0) + 1
            first = x
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            budget.steps -= 1 + x - first
            reach[k] = x
            if x >= len(a) and x - k >= len(b):
                return trace
        if budget.steps <= 0:
            return None
    return None


def _joined(pieces: Sequence[tuple[str, str]]) -> list[Piece]:
    """Neighbours of one kind as one piece; within a change what is gone stands before the new.

    A blank that both have between two changes belongs to them: a phrase reads better whole.
    """
    found: list[Piece] = []
    gone = new = same = ""
    for kind, text in pieces:
        if kind == "same":
            same += text
            continue
        if same and (same.strip() or not (gone or new)):
            found += _run(gone, new, same)
            gone = new = ""
        else:
            gone, new = gone + same, new + same
        same = ""
        if kind == "gone":
            gone += text
        else:
            new += text
    return [*found, *_run(gone, new, same)]


def _run(gone: str, new: str, same: str) -> list[Piece]:
    texts: tuple[tuple[Kind, str], ...] = (("gone", gone), ("new", new), ("same", same))
    return [Piece(kind, text) for kind, text in texts if text]

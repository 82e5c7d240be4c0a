"""Text that a reader does not see and a model does: invisible characters and encoded blobs. Pure.

Joiners between emoji and in scripts that need them, marks of direction in scripts that run from
right to left, one variation selector after a sign that has variants, and the tags of a flag are
honest; everything else of the kind is not.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

KINDS = ("zero width", "direction", "tag", "variation", "filler", "control", "encoded", "data url")
SHORTEST_BASE64 = 120
SHORTEST_HEX = 160
"""Longer than the 128 digits of a SHA-512."""
_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_NEEDS_JOINERS = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff]"
)
_SHAPES = {
    "zero width": "\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u034f\u180e\u206a-\u206f\ufff9-\ufffb",
    "direction": "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069",
    "tag": "\U000e0000-\U000e007f",
    "variation": "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f",
    "filler": "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5",
    "control": "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f",
}
_CONTROLS = bytes(n for n in range(128) if re.match(f"[{_SHAPES['control']}]", chr(n)))
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f"
_RUNS = re.compile(
    f"(?P<flag>{_FLAG})|" + "|".join(
        f"(?P<{kind.replace(' ', '_')}>[{signs}]+)" for kind, signs in _SHAPES.items()
    )
)  # fmt: skip
_DATA_URL = re.compile(
    r"data:[\w.+-]{0,60}/?[\w.+-]{0,60}(?:;[\w=.+-]{1,60}){0,4},[\w+/=%.~-]{16,}", re.I
)
_BASE64 = re.compile(
    rf"(?<![\w+/-])(?:[A-Za-z0-9+/_-]|(?<=[\w+/]{{40}})\r?\n(?=[\w+/]{{40}}|[\w+/]{{2,}}=)){{{SHORTEST_BASE64},}}={{0,2}}"
)
_HEX = re.compile(
    rf"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{{2}}){{{SHORTEST_HEX // 2},}}(?![0-9A-Za-z])"
)
_ESCAPES = re.compile(
    r"(?:%[0-9A-Fa-f]{2}){24,}|(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&#x?[0-9A-Fa-f]{2,6};){24,}"
)
_LONGEST_WORD = 64
"""A line of an encoded file has as many signs; hardly a word has."""
_EMOJI_JOINED = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u2640\u2642]")


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """What is hidden, in order, without overlaps."""
    found = _blobs(text) if _may_have_blobs(text) else []
    if _may_be_unseen(text):
        found += _unseen(text)
    if len(found) < 2:
        return found
    kept: list[Found] = []
    for each in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


class Cleaner:
    """Takes what cannot be seen away and puts [ENCODED_1] for a blob, the same for the same blob
    throughout a row."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cleaned(self, text: str) -> str:
        """Until nothing is found: what stood apart by something unseen may now be together."""
        while found := find(text):
            made, at = [], 0
            for each in found:
                made.append(text[at : each.start])
                if each.kind in ("encoded", "data url"):
                    made.append(self._mark(text[each.start : each.end]))
                at = each.end
            text = "".join((*made, text[at:]))
        return text

    def _mark(self, blob: str) -> str:
        number = self._numbers.setdefault(blob, len(self._numbers) + 1)
        return f"[ENCODED_{number}]"


def counted(found: list[Found]) -> Counter[str]:
    return Counter(each.kind for each in found)


def _may_be_unseen(text: str) -> bool:
    if text.isascii():
        data = text.encode()
        return len(data.translate(None, _CONTROLS)) != len(data)
    order = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
    return bool(_unseen_signs()[np.frombuffer(text.encode(order, "surrogatepass"), "u4")].any())


@cache
def _unseen_signs() -> NDArray[np.bool_]:
    table = np.zeros(0x110000, np.bool_)
    for first, last in re.findall("(.)(?:-(.))?", "".join(_SHAPES.values()), re.DOTALL):
        table[ord(first) : ord(last or first) + 1] = True
    return table


def _may_have_blobs(text: str) -> bool:
    """Whether any word, or run of words of a script without spaces, is long enough."""
    half = _LONGEST_WORD // 2
    for start in range(0, len(text) - half + 1, half):
        piece = text[start : start + half]
        if " " not in piece and "\n" not in piece and "\r" not in piece:
            return True
    return False


def _blobs(text: str) -> list[Found]:
    found = []
    if "data:" in text or "DATA:" in text:
        found += [Found("data url", *m.span()) for m in _DATA_URL.finditer(text)]
    found += [Found("encoded", *m.span()) for m in _HEX.finditer(text) if len(set(m[0])) > 1]
    found += [Found("encoded", *m.span()) for m in _ESCAPES.finditer(text)]
    found += [Found("encoded", *m.span()) for m in _BASE64.finditer(text) if _is_base64(m[0])]
    return found


def _is_base64(run: str) -> bool:
    """Of big and small letters and digits all mixed, as no path, name or word of a program is."""
    n = len(run)
    shares = (
        sum(c.isupper() for c in run) / n,
        sum(c.islower() for c in run) / n,
        sum(c.isdigit() for c in run) / n,
    )
    return shares[0] > 0.12 and shares[1] > 0.12 and 0.02 < shares[2] < 0.5


def _unseen(text: str) -> list[Found]:
    found: list[Found] = []
    has_rtl = None
    for run in _RUNS.finditer(text):
        kind = (run.lastgroup or "").replace("_", " ")
        start, end = run.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        if kind == "flag":
            continue
        if kind == "direction":
            if has_rtl is None:
                has_rtl = re.search(f"[{_RTL}]", text) is not None
            if has_rtl and "\u202d" not in run[0] and "\u202e" not in run[0]:
                continue
        if kind == "zero width" and _is_joining(run[0], before, after):
            continue
        if kind == "variation" and end - start == 1 and _has_variants(before, run[0]):
            continue
        if kind == "filler" and _is_at_home(run[0], before, after):
            continue
        found.append(Found(kind, start, end))
    return found


def _is_joining(run: str, before: str, after: str) -> bool:
    """One joiner between emoji, or within a word of a script that uses them."""
    if run not in ("\u200c", "\u200d") or not before or not after:
        return False
    if _NEEDS_JOINERS.match(before):
        return True
    is_emoji = _EMOJI_JOINED.match(before) or unicodedata.category(before) in ("So", "Sk")
    return run == "\u200d" and bool(is_emoji) and _EMOJI_JOINED.match(after) is not None


def _has_variants(before: str, selector: str) -> bool:
    """Emoji and symbols have a look as text and one in colour; ideographs have forms."""
    if not before:
        return False
    if selector >= "\U000e0100":
        return "\u3400" <= before <= "\u9fff" or "\U00020000" <= before <= "\U0003ffff"
    if "\u180b" <= selector <= "\u180f":
        return "\u1800" <= before <= "\u18af"
    return before in "#*0123456789" or unicodedata.category(before)[0] == "S" or (
        "\u2000" <= before <= "\u33ff"
    )  # fmt: skip


def _is_at_home(run: str, before: str, after: str) -> bool:
    """Fillers beside letters of their own script."""
    first = run[0]
    if first == "\u2800":
        beside = before or after
        return bool(beside) and "\u2801" <= beside <= "\u28ff"
    if first in "\u17b4\u17b5":
        return "\u1780" <= before <= "\u17ff"
    return first in "\u115f\u1160" and "\u1100" <= (after or before) <= "\u11ff"

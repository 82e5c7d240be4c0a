"""Who wrote which characters of a text. Pure; static/js/provenance.js is the same for the editor.

Spans cover a text from its first character to its last. A span is a person's, or it was taken
from a generation and stands verbatim in that one's output from `offset` on. Lengths and offsets
are counted in characters (code points), line ends being "\\n".

As JSON: [["person", 12], [517, 40, 3]] are twelve characters of a person's, and then forty of
generation 517 that begin at its fourth.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

PERSON = "person"
MOST_SPANS = 5_000
LARGEST = 2**63 - 1
SHORTEST_MATCH = 24
"""Characters that a text must have in common with a draft to be taken for a part of it."""

MOST_PLACES = 8
"""Places of a draft at which one run of characters is looked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """`generation` is empty for what a person wrote; `offset` is 0 there."""

    length: int
    generation: int | None = None
    offset: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.length

    def part(self, start: int, end: int) -> "Span":
        moved = self.offset + start if self.generation is not None else 0
        return Span(end - start, self.generation, moved)

    def goes_on_in(self, other: "Span") -> bool:
        """Whether both together are one span."""
        is_same = self.generation == other.generation
        return is_same and (self.generation is None or self.end == other.offset)


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """How many characters people and models wrote; together all of them."""

    person: int
    model: int

    @property
    def total(self) -> int:
        return self.person + self.model

    @property
    def person_percent(self) -> int:
        """Whole; 0 and 100 only where it is none and all. An empty text is its author's."""
        if not self.model or not self.person:
            return 0 if self.model else 100
        return min(99, max(1, round(100 * self.person / self.total)))

    @property
    def model_percent(self) -> int:
        return 100 - self.person_percent

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(self.person + other.person, self.model + other.model)


def persons(length: int) -> Spans:
    """A text that a person wrote."""
    return (Span(length),) if length else ()


def drawn(generation: int, length: int, offset: int = 0) -> Spans:
    """A text that was taken from a generation."""
    return (Span(length, generation, offset),) if length else ()


def normalised(spans: Iterable[Span]) -> Spans:
    """The same without empty spans, those that go on in each other joined."""
    joined: list[Span] = []
    for span in spans:
        if not span.length:
            continue
        if joined and joined[-1].goes_on_in(span):
            last = joined[-1]
            joined[-1] = Span(last.length + span.length, last.generation, last.offset)
        else:
            joined.append(span)
    return tuple(joined)


def length_of(spans: Sequence[Span]) -> int:
    return sum(span.length for span in spans)


def cut(spans: Sequence[Span], start: int, end: int) -> Spans:
    """The spans of the characters from `start` to before `end`."""
    parts, at = [], 0
    for span in spans:
        first, last = max(start - at, 0), min(end - at, span.length)
        if first < last:
            parts.append(span.part(first, last))
        at += span.length
    return normalised(parts)


def replace(spans: Sequence[Span], start: int, end: int, by: Sequence[Span]) -> Spans:
    """The spans after the characters from `start` to before `end` gave way to others."""
    return normalised([*cut(spans, 0, start), *by, *cut(spans, end, length_of(spans))])


def insert(spans: Sequence[Span], at: int, inserted: Sequence[Span]) -> Spans:
    return replace(spans, at, at, inserted)


def delete(spans: Sequence[Span], start: int, end: int) -> Spans:
    return replace(spans, start, end, ())


def edited(spans: Sequence[Span], before: str, after: str) -> Spans:
    """The spans after a person changed the text; what is new is theirs.

    What both begin and end with stays; the rest was replaced.
    """
    shortest = min(len(before), len(after))
    start = 0
    while start < shortest and before[start] == after[start]:
        start += 1
    end = 0
    while end < shortest - start and before[-1 - end] == after[-1 - end]:
        end += 1
    new = persons(len(after) - start - end)
    return replace(spans, start, len(before) - end, new)


def carried(spans: Sequence[Span], changes: Iterable[tuple[str, int]]) -> Spans:
    """The spans after changes told in order, as ("same" | "gone" | "new", characters)."""
    kept: list[Span] = []
    at = 0
    for kind, length in changes:
        if kind == "new":
            kept += persons(length)
            continue
        if kind == "same":
            kept += cut(spans, at, at + length)
        at += length
    return normalised(kept)


def shares(spans: Iterable[Span]) -> Shares:
    by_person = by_model = 0
    for span in spans:
        if span.generation is None:
            by_person += span.length
        else:
            by_model += span.length
    return Shares(by_person, by_model)


def are_true(spans: Sequence[Span], text: str, drafts: Mapping[int, str]) -> bool:
    """Whether they cover the text and what they say of drafts is so, to the character."""
    if length_of(spans) != len(text):
        return False
    at = 0
    for span in spans:
        if span.length < 1 or span.offset < 0:
            return False
        if span.generation is not None:
            draft = drafts.get(span.generation)
            if draft is None or draft[span.offset : span.end] != text[at : at + span.length]:
                return False
        at += span.length
    return True


def derived(text: str, drafts: Mapping[int, str]) -> Spans:
    """Spans found by looking: the longest runs that stand in a draft, the rest a person's.

    Greedy from the start of the text; time grows with the lengths of text and drafts alone.
    """
    places = _places(drafts)
    found: list[Span] = []
    at = 0
    while at < len(text):
        match = _longest(text, at, drafts, places)
        found.append(match)
        at += match.length
    return normalised(found)


def read(value: Any) -> Spans | None:
    """Spans from JSON; None where it holds anything else."""
    if not isinstance(value, list | tuple) or len(value) > MOST_SPANS:
        return None
    spans = [_read_one(each) for each in value]
    whole = [span for span in spans if span is not None]
    return normalised(whole) if len(whole) == len(spans) else None


def told(spans: Iterable[Span]) -> list[list[Any]]:
    """Spans as JSON."""
    return [
        [PERSON, span.length]
        if span.generation is None
        else [span.generation, span.length, span.offset]
        for span in spans
    ]


def pieces(spans: Sequence[Span], text: str) -> list[tuple[int | None, str]]:
    """The text in parts, each with the generation it was taken from."""
    ends = [0]
    for span in spans:
        ends.append(ends[-1] + span.length)
    return [
        (span.generation, text[start:end])
        for span, (start, end) in zip(spans, pairwise(ends), strict=True)
    ]


def _read_one(value: Any) -> Span | None:
    if not isinstance(value, list | tuple) or len(value) not in (2, 3):
        return None
    origin, length, offset = (*value, 0)[:3]
    if not _is_whole(length) or not _is_whole(offset):
        return None
    if origin == PERSON and isinstance(origin, str):
        return Span(length) if len(value) == 2 else None
    if _is_whole(origin) and len(value) == 3:
        return Span(length, origin, offset)
    return None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _places(drafts: Mapping[int, str]) -> dict[str, list[tuple[int, int]]]:
    """Where each run of SHORTEST_MATCH characters stands in the drafts."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for generation, draft in drafts.items():
        for offset in range(len(draft) - SHORTEST_MATCH + 1):
            known = places[draft[offset : offset + SHORTEST_MATCH]]
            if len(known) < MOST_PLACES:
                known.append((generation, offset))
    return places


def _longest(
    text: str,
    at: int,
    drafts: Mapping[int, str],
    places: Mapping[str, Sequence[tuple[int, int]]],
) -> Span:
    """The longest run of a draft that begins here, or one character of a person's."""
    best = Span(1)
    for generation, offset in places.get(text[at : at + SHORTEST_MATCH], ()):
        length = _common(text, at, drafts[generation], offset)
        if length > best.length:
            best = Span(length, generation, offset)
    return best


def _common(a: str, at: int, b: str, offset: int) -> int:
    length = SHORTEST_MATCH
    most = min(len(a) - at, len(b) - offset)
    while length < most and a[at + length] == b[offset + length]:
        length += 1
    return length

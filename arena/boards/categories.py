"""What a conversation is about and asks for, by rules that anybody can read and check.

Rules look at words and signs, never at meaning: they are cheap, the same for every vote, and
sometimes wrong. All of a rule is in CATEGORIES and the lists below it. Each takes time in
proportion to the text, whatever the text is; beyond LONGEST characters a message is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from arena.boards.category_words import (
    CODE_PHRASES,
    CODE_WORDS,
    EASTERN_WRITING,
    FORBIDDING,
    FORMATS,
    FORMS,
    HARD_VERBS,
    MATHS_PHRASES,
    MATHS_WORDS,
    NUMBER_WORDS,
    REFUSALS,
    UNITS,
    WRITING_VERBS,
)
from arena.boards.language import LANGUAGES, language_of
from arena.boards.style import unfenced

LONGEST = 20_000
LONG_QUERY = 2_000
HARD_POINTS = 3
REACH = 8
LANGUAGE_PREFIX = "language-"

TOPICS: Mapping[str, tuple[str, str]] = {
    "code": (
        "Code",
        "A message holds a fenced block of code, two lines that look like program code, or a"
        " word of programming (python, sql, regex, compiler …); or both replies hold a fenced"
        " block whose language is named.",
    ),
    "maths": (
        "Maths",
        "A message holds a LaTeX command or formula, a sum such as 3 * 4 or x^2, or a word of"
        " mathematics (equation, integral, probability …).",
    ),
    "creative-writing": (
        "Creative writing",
        "A message asks to write, tell or invent, and within eight words names a form: poem,"
        " story, song, slogan … Chinese and Japanese need both anywhere in the message.",
    ),
    "instruction-following": (
        "Instruction following",
        "A message sets a countable limit on the answer (in 100 words, exactly three items), or"
        " two other conditions: a format to answer in, or something to leave out.",
    ),
    "hard": (
        "Hard prompts",
        "At least three of: fifty words or more; code or maths; two conditions on the answer or a"
        " countable one; three numbers or more; three sentences or more of which one asks; a verb"
        " of reasoning (prove, design, debug, compare, optimise …).",
    ),
    "long-query": (
        "Long query",
        "A message has at least 2,000 characters, where a Chinese, Japanese or Korean sign"
        " counts as four.",
    ),
    "multi-turn": ("Multi-turn", "The visitor sent at least two messages."),
    "refusal": (
        "Refusal",
        "A reply says in its first 200 characters that it will not or cannot help (I can't help"
        " with, as an AI language model …).",
    ),
}
"""Code → (title, the rule in words), in the order in which they are shown."""

CATEGORIES: Mapping[str, tuple[str, str]] = {
    **TOPICS,
    **{
        LANGUAGE_PREFIX + code: (name, f"Most of the visitor's messages is in {name}.")
        for code, name in LANGUAGES.items()
    },
}

_WORD = re.compile(r"[^\W_]+(?:[+#'’-]+[^\W_]+|[+#]{1,2})*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_FENCE = re.compile(r"^[ ]{0,3}(?:```|~~~)", re.MULTILINE)
_NAMED_FENCE = re.compile(r"^[ ]{0,3}(?:```|~~~)[ ]?[A-Za-z]", re.MULTILINE)
_CODE_LINE = re.compile(
    r"[ \t]*(?:def \w+\(|class \w+[:({]|import \w|from \w+ import |#include\b|return\b.*;$"
    r"|(?:const|let|var) \w+ ?=|function ?\w*\(|(?:public|private|static) \w+ \w"
    r"|(?:SELECT|INSERT INTO|UPDATE|CREATE TABLE)\b|for ?\(|if ?\(|while ?\(|\}|</?\w+[ >/])"
)
_FORMULA = re.compile(
    r"\\(?:frac|sqrt|sum|int|lim|prod|begin|cdot|times|infty|alpha|beta|theta|pi|left|mathbb)\b"
    r"|\$\$|\\\(|\\\[|[∑∫√∞≤≥≠∂∇∈∀∃]"
    r"|\d[ ]?[*×÷^][ ]?\(?[\dA-Za-z]|[\d)][ ]?\+[ ]?\d|\d [-/] \d|\b[a-z]\^\d|\b[xyz] ?= ?-?\d"
    r"|\d[ ]?%[ ]of\b"
)
_SENTENCE_END = re.compile(r"[.!?。！？]+(?:\s|$)|[。！？]")
_EASTERN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def categories_of(messages: Sequence[str], replies: Sequence[tuple[str, str]]) -> list[str]:
    """The codes of a conversation's categories, in the order of CATEGORIES.

    `messages` are the visitor's, `replies` those of both sides to each; a direct chat's or an
    import's may be empty or fewer.
    """
    asked = [_Message(message[:LONGEST]) for message in messages]
    answered = [(a[:LONGEST], b[:LONGEST]) for a, b in replies]
    found = {
        "code": any(m.is_code for m in asked)
        or any(_NAMED_FENCE.search(a) and _NAMED_FENCE.search(b) for a, b in answered),
        "maths": any(m.is_maths for m in asked),
        "creative-writing": any(m.is_creative for m in asked),
        "instruction-following": any(m.is_demanding for m in asked),
        "hard": any(m.is_hard for m in asked),
        "long-query": any(m.is_long for m in asked),
        "multi-turn": len(messages) > 1,
        "refusal": any(_is_refusal(reply) for pair in answered for reply in pair),
    }
    language = language_of("\n".join(message[:LONGEST] for message in messages))
    return [code for code in TOPICS if found[code]] + (
        [LANGUAGE_PREFIX + language] if language else []
    )


@dataclass(frozen=True)
class _Message:
    text: str

    @cached_property
    def lower(self) -> str:
        return self.text.lower()

    @cached_property
    def words(self) -> list[str]:
        return _WORD.findall(self.lower)

    @cached_property
    def prose(self) -> str:
        return "\n".join(unfenced(self.text))

    @cached_property
    def is_code(self) -> bool:
        lines = sum(_CODE_LINE.match(line[:500]) is not None for line in self.text.split("\n"))
        return (
            lines >= 2
            or not CODE_WORDS.isdisjoint(self.words)
            or _FENCE.search(self.text) is not None
            or _holds(self.lower, CODE_PHRASES)
        )

    @cached_property
    def is_maths(self) -> bool:
        return (
            not MATHS_WORDS.isdisjoint(self.words)
            or _FORMULA.search(self.prose) is not None
            or _holds(self.lower, MATHS_PHRASES)
        )

    @cached_property
    def is_creative(self) -> bool:
        asked_at = -REACH - 1
        for position, word in enumerate(self.words):
            if word in WRITING_VERBS:
                asked_at = position
            elif word in FORMS and position - asked_at <= REACH:
                return True
        eastern = (_holds(self.lower, verbs) and _holds(self.lower, forms)
                   for verbs, forms in EASTERN_WRITING)  # fmt: skip
        return any(eastern)

    @cached_property
    def is_demanding(self) -> bool:
        return self._is_limited or self._n_conditions >= 2

    @cached_property
    def is_hard(self) -> bool:
        points = (
            len(self.words) + len(_EASTERN.findall(self.text)) // 2 >= 50,
            self.is_code or self.is_maths,
            self.is_demanding,
            sum(1 for _ in _NUMBER.finditer(self.prose)) >= 3,
            sum(1 for _ in _SENTENCE_END.finditer(self.prose)) >= 3
            and any(mark in self.text for mark in "?？"),
            not HARD_VERBS.isdisjoint(self.words),
        )
        return sum(points) >= HARD_POINTS

    @cached_property
    def is_long(self) -> bool:
        return len(self.text) + 3 * len(_EASTERN.findall(self.text)) >= LONG_QUERY

    @cached_property
    def _is_limited(self) -> bool:
        """A number stands before a unit of answers, with at most one word between."""
        number_at = -3
        for position, word in enumerate(self.words):
            if word in NUMBER_WORDS or word.isdecimal():
                number_at = position
            elif word in UNITS and position - number_at <= 2:
                return True
        return False

    @cached_property
    def _n_conditions(self) -> int:
        forbidden = sum(self.lower.count(phrase) for phrase in FORBIDDING)
        return forbidden + sum(phrase in self.lower for phrase in FORMATS)


def _holds(text: str, phrases: Sequence[str]) -> bool:
    return any(phrase in text for phrase in phrases)


def _is_refusal(reply: str) -> bool:
    return _holds(reply[:200].lower().replace("’", "'"), REFUSALS)

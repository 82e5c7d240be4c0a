"""Answers as a labeler reads them: rendered, as written, and where two of them differ.

Nothing in it tells where an answer came from: no id, no model, no time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from instructions.characters import reveal
from instructions.templatetags.rendering import markdown
from instructions.word_diff import Budget, Piece, word_changes
from labeling.models import Response

LONGEST_COMPARED = 20_000
"""Characters of each answer; longer ones are not compared word by word."""

ALIKE = 0.6
"""Share of their words that two answers have in common, from which on differences are worth it."""

NEARLY_THE_SAME = 0.8
COMPARING_STEPS = 80_000


@dataclass(frozen=True)
class Answer:
    """One answer on the page. `text` is empty where there is none to judge."""

    label: str
    text: str
    html: SafeString
    side: str = ""
    is_missing: bool = False
    pieces: Sequence[Piece] = ()

    @property
    def raw(self) -> str:
        return reveal(self.text)

    @property
    def length(self) -> str:
        n_words = len(self.text.split())
        return "1 word" if n_words == 1 else f"{n_words:,} words"


def answers_of(presented: Sequence[int], *, at_least: int = 2) -> list[Answer]:
    """The answers in the order they stand on the page, named by letters."""
    texts = dict(Response.objects.filter(pk__in=presented).values_list("pk", "text"))
    places = [*presented, *[0] * (at_least - len(presented))]
    return [
        _answer(letter, texts.get(pk, "")) for letter, pk in zip("ABCDEFGHI", places, strict=False)
    ]


def _answer(letter: str, text: str) -> Answer:
    return Answer(
        label=f"Answer {letter}",
        text=text,
        html=markdown(text),
        side=letter.lower(),
        is_missing=not text.strip(),
    )


@dataclass(frozen=True)
class Differences:
    """How much of two answers is the same, and the words that only one of them has."""

    percent_same: int
    in_a: list[Piece]
    in_b: list[Piece]

    @property
    def are_few(self) -> bool:
        return self.percent_same >= 100 * NEARLY_THE_SAME


def differences(a: str, b: str) -> Differences | None:
    """Where two answers differ; None when they are too long or have too little in common."""
    if max(len(a), len(b)) > LONGEST_COMPARED or _words_in_common(a, b) < ALIKE:
        return None
    pieces = word_changes(reveal(a), reveal(b), budget=Budget(COMPARING_STEPS))
    same = sum(len(piece.text) for piece in pieces if piece.kind == "same")
    total = sum(len(piece.text) for piece in pieces) + same
    share = 2 * same / total if total else 1.0
    if share < ALIKE:
        return None
    # Rounded down: two answers that differ are never called 100 % the same.
    percent = int(100 * share)
    return Differences(
        percent_same=percent,
        in_a=[piece for piece in pieces if piece.kind != "new"],
        in_b=[piece for piece in pieces if piece.kind != "gone"],
    )


def _words_in_common(a: str, b: str) -> float:
    """Share of the words, whatever their order: a cheap first look."""
    words_a, words_b = Counter(a.split()), Counter(b.split())
    total = words_a.total() + words_b.total()
    return 2 * (words_a & words_b).total() / total if total else 0.0

"""Words in a conversation that tell who the models are. No Django.

Words are compared without case, width, accents and signs that take no room, and whatever stands
between their letters and digits: "SmolLM2", "smol-lm 2" and "S m o l L M 2" are one.

A name that no ordinary sentence holds (of several words, or with a digit: "Command R", "Qwen2.5")
tells by itself. A word that might mean something else ("Falcon", "Mistral") tells only where
somebody says who they are: "I am Falcon", "made by Mistral", "are you Granite?".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arena.boards.spelling import folded

SHORTEST = 2
SHORTEST_FAMILY = 3
LONGEST_WORD = 80
NEAR = 40
"""How many letters and digits may lie between "I am" and the name."""

_INTRODUCED = tuple(
    re.sub("[^a-z0-9]", "", phrase)
    for phrase in (
        "I am", "I'm", "my name is", "call me", "known as", "named", "this is", "you are",
        "are you", "you're", "if you", "made by", "built by", "trained by", "developed by",
        "created by", "model by", "model from", "assistant from", "assistant by", "soy", "je suis",
        "je m'appelle", "ich bin", "ich heisse", "me llamo", "eu sou", "io sono", "sono",
    )
)  # fmt: skip
_NO_FAMILY = frozenset({
    "the", "model", "chat", "instruct", "base", "mini", "small", "large", "medium", "open",
    "assistant", "demo", "test", "new", "old", "version", "preview", "beta", "llm", "gguf", "vllm",
    "pro", "plus", "turbo", "lite", "tiny", "fine", "tuned", "our", "my", "team", "lab", "labs",
    "research", "university", "institute", "company", "inc", "community", "unknown", "none",
})  # fmt: skip


@dataclass(frozen=True)
class Word:
    """`letters` is what is looked for; `shown` how it is written; `tells` by itself or not."""

    letters: str
    shown: str
    tells: bool


@dataclass(frozen=True)
class Leak:
    word: str
    place: str


def words_of(
    names: Iterable[str], organisations: Iterable[str], extra: Iterable[str]
) -> tuple[Word, ...]:
    """What would tell, of models by these names and of these organisations; `extra` words of the
    owner's tell by themselves, whatever they are."""
    found: dict[str, Word] = {}

    def add(shown: str, tells: bool | None = None) -> None:
        letters = _squeezed(shown).letters
        if len(letters) < SHORTEST:
            return
        by_itself = _is_distinctive(shown, letters) if tells is None else tells
        if by_itself or letters not in found:
            found[letters] = Word(letters, shown.strip()[:LONGEST_WORD], by_itself)

    for name in names:
        last = name.rsplit("/", 1)[-1]
        add(last)
        family = re.match(r"[^\W\d_]+", folded(last))
        if family and len(family[0]) >= SHORTEST_FAMILY and family[0] not in _NO_FAMILY:
            add(family[0], False)
    for organisation in organisations:
        if _squeezed(organisation).letters not in _NO_FAMILY:
            add(organisation)
    for word in extra:
        add(word, True)
    return tuple(sorted(found.values(), key=lambda word: (-len(word.letters), word.letters)))


def find(words: Sequence[Word], texts: Iterable[tuple[str, str]]) -> Leak | None:
    """The first word that tells, in texts given as (place, text)."""
    for place, text in texts:
        squeezed = _squeezed(text)
        for word in words:
            if squeezed.holds(word):
                return Leak(word.shown, place)
    return None


@dataclass(frozen=True)
class _Squeezed:
    """A text's letters and digits with nothing between; `edges` holds a 1 where a word may begin
    or end, one more than there are letters."""

    letters: str
    edges: bytes

    def holds(self, word: Word) -> bool:
        at = self.letters.find(word.letters)
        while at >= 0:
            end = at + len(word.letters)
            if self.edges[at] and self.edges[end] and (word.tells or self._introduces(at)):
                return True
            at = self.letters.find(word.letters, at + 1)
        return False

    def _introduces(self, at: int) -> bool:
        begin = max(0, at - NEAR)
        before = self.letters[begin:at]
        return any(
            (found := before.rfind(phrase)) >= 0 and self.edges[begin + found]
            for phrase in _INTRODUCED
        )


def _squeezed(text: str) -> _Squeezed:
    letters: list[str] = []
    edges = bytearray()
    before = " "
    for sign in folded(text):
        if unicodedata.category(sign) == "Mn":
            continue
        if sign.isalnum():
            # A digit after a letter begins a word of its own: "llama3" holds "llama".
            edges.append(not before.isalnum() or before.isdigit() != sign.isdigit())
            letters.append(sign)
        before = sign
    edges.append(1)
    # A word's end is where the next one begins.
    return _Squeezed("".join(letters), bytes(edges))


def _is_distinctive(shown: str, letters: str) -> bool:
    has_digit = any(sign.isdigit() for sign in letters)
    has_letter = any(sign.isalpha() for sign in letters)
    return (
        has_letter and len(letters) >= 3 and (has_digit or len(shown.split()) > 1 or "-" in shown)
    )

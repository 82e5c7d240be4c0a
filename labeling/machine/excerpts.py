"""The part of a guideline that a judge reads. Pure.

Tokens are estimated, as every model counts its own: four ASCII characters are one, any other
character is one by itself.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W\d_]{3,}")
ASCII_A_TOKEN = 4


@dataclass(frozen=True)
class ClauseText:
    """One clause as it was published."""

    anchor: str
    number: str
    title: str
    body: str

    @property
    def text(self) -> str:
        return f"{self.number} {self.title}\n{self.body}".strip()


@dataclass(frozen=True)
class Excerpt:
    """`anchors` name the clauses that are in it, in the guideline's order."""

    text: str
    anchors: tuple[str, ...]
    is_whole: bool


def estimated_tokens(text: str) -> int:
    n_ascii = sum(character.isascii() for character in text)
    return math.ceil(n_ascii / ASCII_A_TOKEN) + len(text) - n_ascii


def whole(clauses: Sequence[ClauseText], *, token_budget: int) -> Excerpt:
    """From the beginning, as many whole clauses as the budget holds."""
    return _within(clauses, list(range(len(clauses))), token_budget)


def relevant(clauses: Sequence[ClauseText], *, prompt: str, token_budget: int) -> Excerpt:
    """Those that share the rarest words with the prompt before the others."""
    words = [Counter(_words(clause.text)) for clause in clauses]
    n_having: Counter[str] = Counter(word for of_one in words for word in of_one)
    asked = set(_words(prompt))

    def weight(place: int) -> float:
        shared = asked & words[place].keys()
        rarity = sum(math.log(1 + len(clauses) / n_having[word]) for word in shared)
        return rarity / math.sqrt(1 + words[place].total())

    order = sorted(range(len(clauses)), key=lambda place: (-weight(place), place))
    return _within(clauses, order, token_budget)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _within(clauses: Sequence[ClauseText], order: Sequence[int], token_budget: int) -> Excerpt:
    taken, left = [], token_budget
    for place in order:
        cost = estimated_tokens(clauses[place].text) + 1
        if cost <= left:
            taken.append(place)
            left -= cost
    if not taken and order and token_budget > 0:
        # One long clause: its beginning says more than nothing.
        first = clauses[order[0]]
        return Excerpt(_cut(first.text, token_budget), (first.anchor,), is_whole=False)
    kept = [clauses[place] for place in sorted(taken)]
    return Excerpt(
        "\n\n".join(clause.text for clause in kept),
        tuple(clause.anchor for clause in kept),
        is_whole=len(kept) == len(clauses),
    )


def _cut(text: str, token_budget: int) -> str:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimated_tokens(text[:middle]) <= token_budget:
            low = middle
        else:
            high = middle - 1
    return text[:low]

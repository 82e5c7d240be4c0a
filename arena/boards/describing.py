"""What a judged conversation is about, in what language, and how its answers differ in looks.

All of it follows from the texts by rules (`categories.py`, `language.py`, `style.py`) and from the
owner's tags, so it can be made anew whenever a rule changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from arena.boards import style
from arena.boards.categories import CATEGORIES, LANGUAGE_PREFIX, categories_of
from arena.boards.spelling import folded, prompt_key
from arena.models import PromptTag
from projects.models import Project

TAG_PREFIX = "tag:"
# In these scripts words stand without spaces between them.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
Texts = tuple[list[str], list[tuple[str, str]]]

# A battle's turns are a tree; what was judged are the whole turns on the way to the last.
_JUDGED = """
    WITH RECURSIVE path AS (
        (SELECT DISTINCT ON (turn.battle_id) vote.id AS vote_id, turn.*
            FROM arena_vote vote JOIN arena_turn turn ON turn.battle_id = vote.battle_id
            WHERE vote.id = ANY(%s) AND turn.state <> 'void'
            ORDER BY turn.battle_id, turn.number DESC)
        UNION ALL
        SELECT path.vote_id, turn.* FROM path JOIN arena_turn turn ON turn.id = path.parent_id
    )
    SELECT vote_id, message, reply_a, reply_b FROM path WHERE state = 'complete'
    ORDER BY vote_id, number
"""


@dataclass(frozen=True)
class Description:
    """`categories` are codes of CATEGORIES and of tags; `style` is None without replies."""

    categories: tuple[str, ...] = ()
    language: str = ""
    style: tuple[float, ...] | None = None
    prompt_key: str = ""


@dataclass(frozen=True)
class Tags:
    """An owner's tags: code → what its words look like in a folded message."""

    patterns: Mapping[str, re.Pattern[str]]

    def of(self, message: str) -> list[str]:
        plain = folded(message)
        return [code for code, pattern in self.patterns.items() if pattern.search(plain)]


def tags_of(project: Project) -> Tags:
    """The tags that new votes are given."""
    tags = PromptTag.objects.filter(project=project, retired_at=None).order_by("slug")
    rows = tags.values_list("slug", "words")
    patterns = {TAG_PREFIX + slug: _any_of(words) for slug, words in rows}
    return Tags({code: pattern for code, pattern in patterns.items() if pattern is not None})


def describe(
    *, messages: Sequence[str], replies: Sequence[tuple[str, str]], tags: Tags
) -> Description:
    """Describe a conversation by the visitor's messages and both sides' replies to them."""
    if not messages:
        return Description()
    found = categories_of(messages, replies)
    languages = [code for code in found if code.startswith(LANGUAGE_PREFIX)]
    return Description(
        categories=tuple(dict.fromkeys([*found, *tags.of(messages[0])])),
        language=languages[0].removeprefix(LANGUAGE_PREFIX) if languages else "",
        style=_style(replies),
        prompt_key=prompt_key(messages[0]),
    )


def texts_of(votes: Sequence[int]) -> dict[int, Texts]:
    """By vote: the messages and the replies that were judged; nothing where none are stored."""
    found: dict[int, Texts] = {}
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, [list(votes)])
        for vote, message, reply_a, reply_b in cursor.fetchall():
            messages, replies = found.setdefault(vote, ([], []))
            messages.append(message)
            replies.append((reply_a, reply_b))
    return found


def titles(*, project: Project) -> dict[str, tuple[str, str]]:
    """Every category a vote here can have: code → (title, rule in words). Retired tags stay."""
    tags = PromptTag.objects.filter(project=project).order_by("slug")
    rules = {TAG_PREFIX + tag.slug: (tag.name, _tag_rule(tag)) for tag in tags}
    return {**CATEGORIES, **rules}


def _style(replies: Sequence[tuple[str, str]]) -> tuple[float, ...] | None:
    if not any(a and b for a, b in replies):
        return None
    of_a, of_b = (style.features("\n".join(side)) for side in zip(*replies, strict=True))
    return style.difference(of_a, of_b)


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    plain = [word for word in (folded(word).strip() for word in words) if word]
    return re.compile("|".join(map(_as_pattern, plain))) if plain else None


def _as_pattern(word: str) -> str:
    before = "" if _UNSPACED.match(word[0]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(word[-1]) else r"(?!\w)"
    return before + re.escape(word).replace(r"\ ", r"\s+") + after


def _tag_rule(tag: PromptTag) -> str:
    return f"The first message holds one of: {', '.join(tag.words)}."

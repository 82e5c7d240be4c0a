"""Rules of conversations, told cheaply: they are asked of every record of an export."""

import re
import unicodedata
from collections.abc import Sequence

from exports.formats.meaning import Dropped
from exports.formats.reasons import BAD_PROMPT, NO_ANSWER, NOT_UNICODE
from exports.records import Message

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0]"
)
NO_INK = "\u180b-\u180d\u180f\u2800\ufe00-\ufe0f\U000e0000-\U000e0fff"
"""What shows nothing by itself: selectors of variants, tags, and the blank of Braille."""
VISIBLE = re.compile(rf"[^\s{NO_INK}{INVISIBLE.pattern[1:]}")
FIRST_WORDS = (2, 16)
FIRST_SIGNS = (16, 128)


def is_blank(text: str) -> bool:
    """Whether nothing of it shows: white space and invisible characters alone."""
    if not text or text.isspace():
        return True
    return not text.isascii() and VISIBLE.search(text) is None


def is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_same(first: str, second: str) -> bool:
    """Whether two answers look the same: one text but for white space, invisible characters and
    how its accents are spelled (NFC). Letter case is a difference."""
    if first == second:
        return True
    # Most pairs differ early; looking at both whole costs twenty times as much.
    if first.isascii() and second.isascii():
        for words in FIRST_WORDS:
            if first.split(None, words)[:words] != second.split(None, words)[:words]:
                return False
        return first.split() == second.split()
    for length in FIRST_SIGNS:
        one, other = first[:length].split(), second[:length].split()
        if one != other and _differ("".join(one), "".join(other)):
            return False
    return _shown(first).split() == _shown(second).split()


def _differ(one: str, other: str) -> bool:
    """Whether beginnings without white space look different. The last sign of either may go on in
    what was cut off, so a mark there leaves it open."""
    one, other = _shown(one), _shown(other)
    shared = min(len(one), len(other)) - 1
    if shared <= 0 or one[:shared] == other[:shared]:
        return False
    return not (unicodedata.combining(one[-1]) or unicodedata.combining(other[-1]))


def _shown(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text))


def check_answer(text: str) -> None:
    # Most texts are nothing out of the ordinary, and a call for each rule would take twice as long.
    if text.isascii() and text and not text.isspace():
        return
    if is_blank(text):
        raise Dropped(NO_ANSWER)
    if not is_unicode(text):
        raise Dropped(NOT_UNICODE)


def check_prompt(messages: Sequence[Message]) -> None:
    """System only first, then user and assistant in turn, the user last, no empty turn."""
    turns = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if len(turns) % 2 == 0:
        raise Dropped(BAD_PROMPT)
    for place, turn in enumerate(turns):
        if turn["role"] != ("assistant" if place % 2 else "user"):
            raise Dropped(BAD_PROMPT)
    for message in messages:
        text = message["content"]
        if text.isascii() and text and not text.isspace():
            continue
        if is_blank(text):
            raise Dropped(BAD_PROMPT)
        if not is_unicode(text):
            raise Dropped(NOT_UNICODE)


def merged(messages: list[Message]) -> list[Message]:
    """The same with its system message at the head of the user's first."""
    if not messages or messages[0]["role"] != "system":
        return messages
    system, first, *rest = messages
    joined = f"{system['content']}\n\n{first['content']}"
    return [{"role": "user", "content": joined}, *rest]

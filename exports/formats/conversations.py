"""Rules of conversations, told cheaply: they are asked of every record of an export."""

from collections.abc import Sequence

from exports.formats.meaning import Dropped
from exports.formats.reasons import BAD_PROMPT, NO_ANSWER, NOT_UNICODE
from exports.records import Message

INVISIBLE = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0") | {
    chr(code)
    for first, last in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
    for code in range(first, last + 1)
}
FIRST_WORDS = (2, 16)
LONGEST_BLANK = 64


def is_blank(text: str) -> bool:
    """Whether nothing of it shows: white space and invisible characters alone."""
    if not text or text.isspace():
        return True
    if len(text) > LONGEST_BLANK or text.isascii():
        return False
    return all(sign in INVISIBLE or sign.isspace() for sign in text)


def is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_same(first: str, second: str) -> bool:
    """Whether two answers are one text but for white space."""
    if first == second:
        return True
    # Most pairs differ early; splitting both whole costs fifty times as much.
    for words in FIRST_WORDS:
        if first.split(None, words)[:words] != second.split(None, words)[:words]:
            return False
    return first.split() == second.split()


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

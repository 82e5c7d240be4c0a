"""Prompts as texts, from outside: what is to be held out need be no prompt of the project."""

from __future__ import annotations

from typing import Any

from exports.hygiene.benchmarks import LONGEST_ITEM, item_text, read_lines
from exports.records import Message
from projects.errors import InvalidInput
from projects.text import clean_text

LISTS = ("messages", "prompt")
"""Where an object may hold messages, as in rows of exports."""
ROLES = ("system", "user", "assistant")


def prompts_in(data: bytes) -> list[list[Message]]:
    """A prompt a line: a text, or in JSONL a text or an object, of one of a benchmark's fields or
    with messages. Every broken rule is named with its line."""
    return read_lines(data, _prompt)


def _prompt(value: Any) -> list[Message]:
    for name in LISTS:
        if isinstance(value, dict) and isinstance(value.get(name), list):
            return _messages(value[name], name)
    return [{"role": "user", "content": item_text(value)}]


def _messages(given: list[Any], field: str) -> list[Message]:
    messages = [_message(each, f"{field}[{place}]") for place, each in enumerate(given)]
    if all(message["role"] != "user" for message in messages):
        raise InvalidInput.field(field, "must hold a message of the user")
    return messages


def _message(given: Any, field: str) -> Message:
    if not isinstance(given, dict) or given.get("role") not in ROLES:
        raise InvalidInput.field(field, f"must be an object with a role of {', '.join(ROLES)}")
    content = clean_text(given.get("content"), field=f"{field}.content", limit=LONGEST_ITEM)
    return {"role": given["role"], "content": content}

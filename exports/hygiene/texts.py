"""The texts of a record: all of them in order, those that make it what it is, and how to change
them. Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from exports.records import (
    Asked,
    Candidate,
    Conversation,
    Critique,
    Demonstration,
    Message,
    Preference,
    Ranked,
    Rated,
    Raw,
    Record,
    Unpaired,
)

Change = Callable[[str], str]
NOT_TEXT = ("id", "_at", "labeler", "annotator", "voter", "model", "sha256", "key", "kind", "by")
"""How the names of those values of a raw judgement end that nobody wrote as text."""


def texts_of(record: Record) -> list[str]:
    """Every text that somebody wrote, in a fixed order."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    for name, walk in _walks_of(record):
        walk(getattr(record, name), note)
    return found


def rewritten(record: Record, change: Change) -> Record:
    """A copy with every text as `change` makes it. Who wrote which character is no longer known
    of an answer that has changed."""
    new = copy.copy(record)
    for name, walk in _walks_of(record):
        held = getattr(record, name)
        made = walk(held, change)
        setattr(new, name, made)
        if name in ("answer", "turns") and made != held and isinstance(new, Demonstration):
            new.spans = ()
    return new


def _messages(messages: Iterable[Message], change: Change) -> Any:
    made = [{**message, "content": change(message["content"])} for message in messages]
    return tuple(made) if isinstance(messages, tuple) else made


def _candidate(candidate: Candidate | None, change: Change) -> Candidate | None:
    if candidate is None:
        return None
    text = change(candidate.text)
    if text == candidate.text:
        return candidate
    new = copy.copy(candidate)
    new.text = text
    return new


def _candidates(candidates: Iterable[Candidate], change: Change) -> list[Candidate | None]:
    return [_candidate(candidate, change) for candidate in candidates]


def _text(text: str, change: Change) -> str:
    return change(text) if text else text


def _json(value: Any, change: Change) -> Any:
    """Texts anywhere in a JSON value. What reads them nests a few levels; deeper is left alone."""
    return _json_at(value, change, 0)


def _json_at(value: Any, change: Change, depth: int) -> Any:
    if isinstance(value, str):
        return change(value)
    if depth > 20:
        return value
    if isinstance(value, list | tuple):
        return [_json_at(each, change, depth + 1) for each in value]
    if isinstance(value, dict):
        return {
            name: each if name.endswith(NOT_TEXT) else _json_at(each, change, depth + 1)
            for name, each in value.items()
        }
    return value


_WALKS: dict[str, Callable[[Any, Change], Any]] = {
    "prompt": _messages,
    "answer": _candidate,
    "turns": _messages,
    "first": _candidate,
    "second": _candidate,
    "answers": _candidates,
    "conversation_a": _messages,
    "conversation_b": _messages,
    "justification": _text,
    "critique": _text,
    "revision": _candidate,
    "judgement": _json,
}


Walks = tuple[tuple[str, Callable[[Any, Change], Any]], ...]
_known: dict[str, Walks] = {}


def _walks_of(record: Record) -> Walks:
    kind = type(record).__name__
    if kind not in _known:
        names = record.__struct_fields__
        _known[kind] = tuple((name, walk) for name, walk in _WALKS.items() if name in names)
    return _known[kind]


def parts_of(record: Record) -> tuple[str, ...]:
    """What a trainer reads of it: the prompt, then the answers, the better first. Nothing of a raw
    judgement, which is compared with none."""
    if isinstance(record, Preference):
        first, second = record.first.text, record.second.text
        if (record.strength or 0) > 0:
            first, second = second, first
        return said(record.prompt), first, second
    if isinstance(record, Raw):
        return ()
    if isinstance(record, Conversation):
        a, b = said(record.conversation_a), said(record.conversation_b)
        return (b, a) if record.winner == "model_b" else (a, b)
    return (said(record.prompt), *_answers(record))


def said(messages: Iterable[Message]) -> str:
    # A list, as joining a generator makes one and takes twice as long.
    return "\n\n".join([f"{message['role']}: {message['content']}" for message in messages])


def _answers(record: Record) -> tuple[str, ...]:
    match record:
        case Demonstration():
            return (said(record.turns) or record.answer.text,)
        case Ranked():
            return tuple(record.answers[place].text for tier in record.tiers for place in tier)
        case Unpaired() | Rated():
            return (record.answer.text,)
        case Critique():
            revision = record.revision.text if record.revision else ""
            return (record.answer.text, record.critique, revision)
        case _:
            return ()


def judgement_of(record: Record) -> tuple[Hashable, ...]:
    """What tells it from other judgements of the same texts: whose it is and what it says. Another
    person's judgement of the same answers is no repetition, and neither is one by nobody known."""
    match record:
        case Preference():
            strength = None if record.strength is None else abs(record.strength)
            return record.annotator or record.id, strength, record.n_turns
        case Unpaired():
            return record.annotator or record.id, record.is_desirable
        case Ranked():
            shape = tuple(len(tier) for tier in record.tiers)
            return record.annotator or record.id, shape, record.all_bad
        case Rated():
            ratings = tuple(sorted(record.ratings.items()))
            return record.annotator or record.id, ratings, tuple(sorted(record.flags))
        case Conversation():
            return record.voter or record.id, record.winner, record.degree
        case Raw():
            return (record.id,)
        case Asked() | Demonstration() | Critique():
            return ()

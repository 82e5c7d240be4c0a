"""A prompt's key and the split it says. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, cast

from exports.hygiene.duplicates import digest
from exports.hygiene.hidden import Cleaner
from exports.hygiene.personal import Masks
from exports.recipe import Splits
from exports.records import Conversation, Message, Raw, Record

Split = Literal["train", "validation", "test"]


def prompt_of(record: Record) -> Sequence[Message]:
    """The prompt a record is split by: of an arena conversation what was asked first."""
    if isinstance(record, Conversation):
        return [m for m in record.conversation_a if m["role"] == "user"][:1]
    if isinstance(record, Raw):
        return _prompt_in(record.judgement)
    return record.prompt


def _prompt_in(judgement: dict[str, Any]) -> Sequence[Message]:
    """Of a raw judgement, as exports/reading/raw.py spells it: a prompt, or a battle's turns."""
    if prompt := judgement.get("prompt"):
        return cast(Sequence[Message], prompt["messages"])
    asked = [turn["message"] for turn in judgement.get("turns") or () if turn["parent"] is None]
    return [{"role": "user", "content": message} for message in asked[:1]]


def views_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """The texts by which prompts are compared: what was asked first, and where it went on the
    whole conversation. Instructions to the system, which many prompts share, are left out, and
    personal data and hidden text taken away, so that an export that does so splits alike."""
    said = [m for m in messages if m["role"] != "system"]
    opening = next((m["content"] for m in said if m["role"] == "user"), "")
    texts = [opening]
    if len(said) > 1:
        texts.append("\n\n".join(m["content"] for m in said))
    return tuple(_plain(text) for text in texts)


def _plain(text: str) -> str:
    return Masks().masked(Cleaner().cleaned(text))


def key_of(views: Sequence[str]) -> str:
    """The same for prompts that differ in spaces alone."""
    return f"{digest(views[-1:]):016x}"


def split_of(key: str, splits: Splits) -> Split:
    """Train, validation or test, by the per mille of SHA-256 of the salt and the key. Test lies at
    the one end, validation at the other: where the share of either grows, it takes from train."""
    hashed = hashlib.sha256(f"{splits.salt}:{key}".encode()).digest()
    place = int.from_bytes(hashed[:8], "big") * 1000 >> 64
    if place < splits.test:
        return "test"
    return "validation" if place >= 1000 - splits.validation else "train"

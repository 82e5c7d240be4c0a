"""What stands for a row where two snapshots are compared: what it is about, says, and is judged."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from exports.formats import FORMATS
from exports.formats.meaning import Judged, Pair, Said, Talk, Unreadable
from exports.formats.shape import Shape

LABELS = frozenset(
    {
        "all_bad",
        "confirmed",
        "degree",
        "flags",
        "is_desirable",
        "margin",
        "ratings",
        "reasons",
        "strength",
        "tiers",
        "winner",
    }
)
WRITTEN_AS_JSON = frozenset({"ratings", "tiers"})
"""In Parquet these are texts."""
NOT_TEXT = frozenset(
    {
        "annotator",
        "created_at",
        "external_id",
        "from",
        "group",
        "id",
        "language",
        "model",
        "model_a",
        "model_b",
        "origin",
        "role",
        "source",
        "winner",
    }
)
JUDGED = frozenset(
    {
        "answer",
        "answers",
        "context",
        "messages",
        "prompt",
        "response",
        "response1",
        "response2",
        "response_a",
        "response_b",
    }
)
"""What was judged, in rows that say more than a trainer reads."""
WRITTEN = "demonstration"
"""Of these the answer is the judgement, and only the prompt what it is about."""
NO_SUBJECT = bytes(16)

Row = dict[str, Any]


def shape_in(manifest: Mapping[str, Any]) -> Shape:
    recipe = manifest.get("recipe", {})
    return FORMATS[recipe.get("format", "trl")].shapes[manifest["kind"]]


def label_in(origin: Mapping[str, Any]) -> Row:
    told = {name: origin[name] for name in LABELS & origin.keys() if origin[name] is not None}
    for name in WRITTEN_AS_JSON & told.keys():
        if isinstance(told[name], str):
            told[name] = orjson.loads(told[name])
    return told


def label_of(origin: Mapping[str, Any]) -> bytes:
    return digest(orjson.dumps(label_in(origin), option=orjson.OPT_SORT_KEYS))


def text_of(row: Row) -> bytes:
    """Of all texts in it, wherever they stand: with its answers changed round it says the same."""
    return digest(orjson.dumps(sorted(_texts(row))))


def subject_of(row: Row, origin: Mapping[str, Any], shape: Shape) -> tuple[bytes, bytes]:
    """Whose judgement of what the row is, which a correction by the same labeler keeps; and in
    which order the row names what was judged, which is all that tells one ranking from another."""
    annotator = origin.get("annotator")
    if not annotator:
        return NO_SUBJECT, b""
    source = str(origin["id"]).partition("-")[0]
    texts = list(_texts(_judged(row, shape, only_prompt=source == WRITTEN)))
    subject = digest(orjson.dumps([source, annotator, sorted(texts)]), 16)
    return subject, digest(orjson.dumps(texts))


def digest(data: bytes, size: int = 8) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


def _judged(row: Row, shape: Shape, *, only_prompt: bool) -> Any:
    if shape.read is None:
        names = JUDGED - {"answer"} if only_prompt else JUDGED
        return {name: row[name] for name in sorted(names & row.keys())}
    try:
        return _about(shape.read(row))
    except Unreadable:
        return row


def _about(said: Said) -> list[Any]:
    if isinstance(said, Talk):
        return list(said.messages[:-1])
    if isinstance(said, Pair):
        return [*said.prompt, said.chosen, said.rejected]
    if isinstance(said, Judged):
        return [*said.prompt, said.answer]
    return list(said.prompt)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, held in value.items():
            if name not in NOT_TEXT:
                yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)

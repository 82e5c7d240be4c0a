"""Columns that rows of several kinds have in our own format."""

from typing import Any

from exports.columns import MESSAGES, TEXTS, Column, Struct
from exports.formats.shape import Row
from exports.records import Candidate

ANSWER = Struct((Column("text", "string"), Column("origin", "string"), Column("model", "string")))
ID = Column("id", "string", "of the judgement")
PROMPT = Column("prompt", MESSAGES, "the conversation so far, ending with the user")
ABOUT = (
    Column("annotator", "string", "a pseudonym"),
    Column("created_at", "string"),
    Column("guideline_version", "int64"),
    Column("external_id", "string", "of the prompt"),
    Column("tags", TEXTS, "of the prompt"),
)
VERSION = frozenset({"guideline_version"})


def about_of(record: Any) -> Row:
    return {
        "annotator": record.annotator,
        "created_at": record.created_at,
        "guideline_version": record.guideline_version,
        "external_id": record.external_id,
        "tags": list(record.tags),
    }


def answer_of(candidate: Candidate) -> Row:
    return {"text": candidate.text, "origin": candidate.origin, "model": candidate.model}

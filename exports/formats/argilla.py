"""Argilla's records, with the settings of a data set to put them into.

What people judged here stands there as suggestions under their pseudonyms: Argilla's own responses
belong to users of its own.
"""

import json
from typing import Any

from exports.columns import MESSAGES, Column, Struct
from exports.formats.conversations import check_answer
from exports.formats.meaning import Question
from exports.formats.saying import check_held_back, check_pair, questions, talks
from exports.formats.shape import Files, Format, Row, Shape
from exports.recipe import Mappings
from exports.records import Demonstration, Preference

PREFERENCES = {"a": "A is better", "b": "B is better", "tie": "As good", "both_bad": "Both bad"}
CHAT = {"name": "prompt", "title": "Conversation", "required": True, "settings": {"type": "chat"}}


def _demonstrations(record: Demonstration, mapping: Mappings) -> list[tuple[Demonstration, Row]]:
    [talk] = talks(record, mapping)
    *prompt, answer = talk.messages
    suggestions = _suggestion("answer", answer["content"], record.annotator)
    return [(record, {"fields": {"prompt": prompt}, "suggestions": suggestions})]


def _comparisons(record: Preference, mapping: Mappings) -> list[tuple[Preference, Row]]:
    check_held_back(record)
    check_pair(record)
    for candidate in (record.first, record.second):
        check_answer(candidate.text)
    fields = {
        "prompt": record.prompt,
        "response_a": record.first.text,
        "response_b": record.second.text,
    }
    suggestions = _suggestion("preference", _preferred(record.strength), record.annotator)
    return [(record, {"fields": fields, "suggestions": suggestions})]


def _preferred(strength: int | None) -> str:
    if strength is None:
        return "both_bad"
    if strength == 0:
        return "tie"
    return "a" if strength < 0 else "b"


def _suggestion(question: str, value: str, agent: str) -> Row:
    return {question: {"value": value, "agent": agent or "unknown"}}


def _record(said: tuple[Any, Row]) -> Row:
    record, row = said
    return {"id": record.id, **row}


def _question(said: Question) -> Row:
    return {"id": said.id, "fields": {"prompt": said.prompt}}


def _check(row: Row) -> list[str]:
    [suggestion] = row["suggestions"].values()
    if "preference" in row["suggestions"] and suggestion["value"] not in PREFERENCES:
        return ["the preference is none of its labels"]
    return []


def _text(name: str, title: str) -> Row:
    settings = {"type": "text", "use_markdown": True}
    return {"name": name, "title": title, "required": True, "settings": settings}


def _extras(kind: str, files: Files) -> dict[str, bytes]:
    """`rg.Settings.from_json("argilla_settings.json")`."""
    fields = [CHAT]
    question = _text("answer", "Ideal answer")
    if kind == "preferences":
        fields += [_text("response_a", "A"), _text("response_b", "B")]
        options = [{"value": value, "text": text} for value, text in PREFERENCES.items()]
        question = {
            "name": "preference",
            "title": "Which is better?",
            "required": True,
            "settings": {"type": "label_selection", "options": options},
        }
    settings = {
        "guidelines": None,
        "fields": fields,
        "questions": [question],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }
    text = json.dumps(settings, indent=2)
    return {"argilla_settings.json": f"{text}\n".encode()}


SUGGESTED = Struct((Column("value", "string"), Column("agent", "string")))
ID = Column("id", "string", "of the judgement")
PROMPT = Column("prompt", MESSAGES)
SHAPES = {
    "sft": Shape(
        say=_demonstrations,
        render=_record,
        read=None,
        columns=(
            ID,
            Column("fields", Struct((PROMPT,))),
            Column("suggestions", Struct((Column("answer", SUGGESTED),)), "the ideal answer"),
        ),
    ),
    "preferences": Shape(
        say=_comparisons,
        render=_record,
        read=None,
        check=_check,
        columns=(
            ID,
            Column(
                "fields",
                Struct((PROMPT, Column("response_a", "string"), Column("response_b", "string"))),
            ),
            Column(
                "suggestions", Struct((Column("preference", SUGGESTED),)), "a, b, tie or both_bad"
            ),
        ),
    ),
    "prompts": Shape(
        say=questions,
        render=_question,
        read=None,
        columns=(ID, Column("fields", Struct((PROMPT,)))),
    ),
}

ARGILLA = Format(
    name="argilla",
    title="Argilla",
    about="Records for `Record.from_dict`, a line each, and the settings of their data set.",
    shapes=SHAPES,
    file_types=("jsonl",),
    notes={"preferences": "ties and both bad are labels; judgements are suggestions"},
    make_extras=_extras,
)

"""Trainers' rows from neutral records. Pure; each function is one format.

Conversational JSONL as TRL reads it: `messages` for supervised fine-tuning; `prompt`, `chosen`
and `rejected` as lists of messages for preference training, where the answers do not repeat the
prompt. What a format cannot say is dropped with a reason, never silently and never bent.
"""

from collections.abc import Sequence
from typing import Any

from exports.records import Candidate, Demonstration, Message, Preference

Row = dict[str, Any]

NO_ANSWER = "an answer is empty"
NO_TEXT = "the texts were not imported, only the verdict"
BAD_PROMPT = "the prompt is not a valid conversation that ends with the user"
TIE = "a tie: neither answer was preferred"
BOTH_BAD = "both answers were bad: neither was preferred"
SAME_TEXT = "both answers are the same text"
DIVERGED = "the conversations diverged after their first turn, so they share no prompt"


class Dropped(Exception):
    """This record has no row in this format; the message is one of the reasons above."""

    @property
    def reason(self) -> str:
        return str(self)


def sft_row(record: Demonstration) -> Row:
    """`{"messages": [...]}`, ending with the ideal answer."""
    _check_held_back(record)
    _check_prompt(record.prompt)
    turns = list(record.turns) or [_answer(record.answer)]
    # Turns that go on after the prompt are a prompt of their own once the last answer is off.
    _check_prompt([*record.prompt, *turns[:-1]])
    if turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise Dropped(NO_ANSWER)
    return {"messages": [*record.prompt, *turns]}


def preference_row(record: Preference) -> Row:
    """`{"prompt": [...], "chosen": [answer], "rejected": [answer]}`."""
    _check_held_back(record)
    if record.n_turns > 1:
        raise Dropped(DIVERGED)
    if not record.prompt or not (record.first.text or record.second.text):
        raise Dropped(NO_TEXT)
    _check_prompt(record.prompt)
    if record.strength is None:
        raise Dropped(BOTH_BAD)
    if record.strength == 0:
        raise Dropped(TIE)
    first, second = _answer(record.first), _answer(record.second)
    if _normalised(record.first.text) == _normalised(record.second.text):
        raise Dropped(SAME_TEXT)
    chosen, rejected = (first, second) if record.strength < 0 else (second, first)
    return {"prompt": record.prompt, "chosen": [chosen], "rejected": [rejected]}


def _check_held_back(record: Demonstration | Preference) -> None:
    if record.held_back:
        raise Dropped(record.held_back)


def _answer(candidate: Candidate) -> Message:
    if not candidate.text.strip():
        raise Dropped(NO_ANSWER)
    return {"role": "assistant", "content": candidate.text}


def _check_prompt(messages: Sequence[Message]) -> None:
    """System only first, then user and assistant in turn, the user last, no empty turn."""
    turns = messages[1:] if messages and messages[0]["role"] == "system" else messages
    expected = ["user", "assistant"] * (len(turns) // 2) + ["user"]
    if [turn["role"] for turn in turns] != expected:
        raise Dropped(BAD_PROMPT)
    if any(not message["content"].strip() for message in messages):
        raise Dropped(BAD_PROMPT)


def _normalised(text: str) -> str:
    return " ".join(text.split())

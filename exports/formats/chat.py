"""Shapes of chat messages, `{"role", "content"}`, that several formats share."""

from exports.columns import MESSAGES, Column
from exports.formats.meaning import Judged, Pair, Question, Talk, Unreadable
from exports.formats.saying import judged, pairs, questions, talks
from exports.formats.shape import Row, Shape
from exports.records import Message

MARGIN = Column("margin", "float64", "how much better the chosen answer is, 1 to 3; 0: a tie")
GROUP = Column("group", "string", "the pairs of one ranking share it and stand together")
PROMPT = Column("prompt", MESSAGES, "the conversation so far, ending with the user")
CHOSEN = Column("chosen", MESSAGES, "the better answer")
REJECTED = Column("rejected", MESSAGES, "the worse answer")


def answer(text: str) -> Message:
    return {"role": "assistant", "content": text}


def only(messages: list[Message]) -> str:
    """The text of an answer that is a list of one message."""
    if len(messages) != 1 or messages[0]["role"] != "assistant":
        raise Unreadable("an answer is not one message of the assistant")
    return messages[0]["content"]


def split_pair(chosen: list[Message], rejected: list[Message]) -> Pair:
    """Two whole conversations that differ in their last message."""
    if chosen[:-1] != rejected[:-1]:
        raise Unreadable("chosen and rejected do not share their prompt")
    return Pair(chosen[:-1], only(chosen[-1:]), only(rejected[-1:]))


def _talk(said: Talk) -> Row:
    return {"messages": said.messages}


def _read_talk(row: Row) -> Talk:
    return Talk(row["messages"])


def _explicit(pair: Pair) -> Row:
    return {
        "prompt": pair.prompt,
        "chosen": [answer(pair.chosen)],
        "rejected": [answer(pair.rejected)],
    }


def _explicit_grouped(pair: Pair) -> Row:
    return {**_explicit(pair), "group": pair.group}


def _read_explicit(row: Row) -> Pair:
    group = row.get("group", "")
    return Pair(row["prompt"], only(row["chosen"]), only(row["rejected"]), group=group)


def _implicit(pair: Pair) -> Row:
    return {
        "chosen": [*pair.prompt, answer(pair.chosen)],
        "rejected": [*pair.prompt, answer(pair.rejected)],
    }


def _implicit_margin(pair: Pair) -> Row:
    return {**_implicit(pair), "margin": pair.margin}


def _implicit_grouped(pair: Pair) -> Row:
    return {**_implicit(pair), "group": pair.group}


def _read_implicit(row: Row) -> Pair:
    pair = split_pair(row["chosen"], row["rejected"])
    pair.margin, pair.group = row.get("margin", 0.0), row.get("group", "")
    return pair


def _judged(said: Judged) -> Row:
    return {
        "prompt": said.prompt,
        "completion": [answer(said.answer)],
        "label": said.is_desirable,
    }


def _read_judged(row: Row) -> Judged:
    return Judged(row["prompt"], only(row["completion"]), row["label"])


def _question(said: Question) -> Row:
    return {"prompt": said.prompt}


def _read_question(row: Row) -> Question:
    return Question(row["prompt"])


TALK = Shape(
    say=talks,
    render=_talk,
    read=_read_talk,
    columns=(Column("messages", MESSAGES, "the conversation, ending with the ideal answer"),),
)
EXPLICIT = Shape(
    say=pairs, render=_explicit, read=_read_explicit, columns=(PROMPT, CHOSEN, REJECTED)
)
EXPLICIT_GROUPED = Shape(
    say=pairs,
    render=_explicit_grouped,
    read=_read_explicit,
    columns=(PROMPT, CHOSEN, REJECTED, GROUP),
)
WHOLE = (
    Column("chosen", MESSAGES, "the whole conversation with the better answer"),
    Column("rejected", MESSAGES, "the whole conversation with the worse answer"),
)
IMPLICIT = Shape(say=pairs, render=_implicit, read=_read_implicit, columns=WHOLE)
IMPLICIT_MARGIN = Shape(
    say=pairs, render=_implicit_margin, read=_read_implicit, columns=(*WHOLE, MARGIN)
)
IMPLICIT_GROUPED = Shape(
    say=pairs, render=_implicit_grouped, read=_read_implicit, columns=(*WHOLE, GROUP)
)
JUDGED = Shape(
    say=judged,
    render=_judged,
    read=_read_judged,
    columns=(
        PROMPT,
        Column("completion", MESSAGES, "the answer"),
        Column("label", "bool", "whether the answer is wanted"),
    ),
)
QUESTION = Shape(say=questions, render=_question, read=_read_question, columns=(PROMPT,))

"""What the scan reads of a record of any kind. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

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

GOOD, NEITHER, BAD = 1, 0, -1
RATED_GOOD, RATED_BAD = 3.0, 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    label: int = NEITHER
    model: str = ""
    by_labeler: bool = False
    """Whether whoever the record names wrote it, rather than judged it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`pair` are the places of the better and the worse answer, where two were compared."""

    id: str
    labeler: str
    at: float
    prompt: str
    answers: tuple[Answer, ...]
    pair: tuple[int, int] | None = None


def seen(record: Record) -> Seen | None:
    """None of what nothing is trained on as it stands."""
    if isinstance(record, Raw):
        return None
    if isinstance(record, Conversation):
        return _conversation(record)
    if isinstance(record, Asked):
        return Seen(record.id, "", _moment(record.created_at), _text(record.prompt), ())
    answers, pair = _answers(record)
    return Seen(
        record.id,
        record.annotator,
        _moment(record.created_at),
        _text(record.prompt),
        answers,
        pair,
    )


def _answers(
    record: Demonstration | Preference | Unpaired | Ranked | Rated | Critique,
) -> tuple[tuple[Answer, ...], tuple[int, int] | None]:
    if isinstance(record, Preference):
        return _compared(record)
    if isinstance(record, Demonstration):
        said = [m["content"] for m in record.turns if m["role"] == "assistant"]
        text = "\n".join(said) or record.answer.text
        return (Answer(text, NEITHER, record.answer.model, by_labeler=True),), None
    if isinstance(record, Unpaired):
        return (_answer(record.answer, GOOD if record.is_desirable else BAD),), None
    if isinstance(record, Ranked):
        return _ranked(record), None
    if isinstance(record, Rated):
        return (_answer(record.answer, _rating(record.ratings)),), None
    answers = [_answer(record.answer, BAD)]
    if record.revision is not None:
        answers.append(Answer(record.revision.text, GOOD, "", by_labeler=True))
    return tuple(answers), None


def _compared(record: Preference) -> tuple[tuple[Answer, ...], tuple[int, int] | None]:
    sides = (record.first, record.second)
    if not record.strength:
        label = BAD if record.strength is None else NEITHER
        return tuple(_answer(each, label) for each in sides), None
    better = 0 if record.strength < 0 else 1
    labels = (GOOD, BAD) if better == 0 else (BAD, GOOD)
    answers = tuple(_answer(each, label) for each, label in zip(sides, labels, strict=True))
    return answers, (better, 1 - better)


def _ranked(record: Ranked) -> tuple[Answer, ...]:
    """The best tier is good, the last one bad; what stands between is neither."""
    labels = dict.fromkeys(range(len(record.answers)), BAD if record.all_bad else NEITHER)
    if len(record.tiers) > 1 and not record.all_bad:
        labels |= dict.fromkeys(record.tiers[0], GOOD)
        labels |= dict.fromkeys(record.tiers[-1], BAD)
    return tuple(_answer(each, labels[at]) for at, each in enumerate(record.answers))


def _conversation(record: Conversation) -> Seen:
    said = [
        "\n".join(m["content"] for m in whole if m["role"] == "assistant")
        for whole in (record.conversation_a, record.conversation_b)
    ]
    asked = "\n".join(m["content"] for m in record.conversation_a if m["role"] != "assistant")
    places = {"model_a": (0, 1), "model_b": (1, 0)}
    pair = places.get(record.winner)
    labels = [BAD if record.winner == "both_bad" else NEITHER] * 2
    if pair:
        labels[pair[0]], labels[pair[1]] = GOOD, BAD
    models = (record.model_a, record.model_b)
    answers = tuple(Answer(*each) for each in zip(said, labels, models, strict=True))
    return Seen(record.id, record.voter, _moment(record.created_at), asked, answers, pair)


def _answer(candidate: Candidate, label: int) -> Answer:
    return Answer(candidate.text, label, candidate.model)


def _rating(ratings: dict[str, int]) -> int:
    mean = sum(ratings.values()) / len(ratings) if ratings else 2.0
    return GOOD if mean >= RATED_GOOD else BAD if mean <= RATED_BAD else NEITHER


def _text(prompt: Sequence[Message]) -> str:
    """What was asked, all turns of it, without what models said in between."""
    return "\n".join(m["content"] for m in prompt if m["role"] != "assistant")


def _moment(told: str) -> float:
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return 0.0
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()

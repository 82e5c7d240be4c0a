"""What went into a dataset, counted while it is written, and added up shard by shard."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Self, get_args

import orjson
from msgspec import Struct

from exports.files.lengths import Lengths
from exports.files.provenance import answers_of
from exports.files.templated import Templated
from exports.records import (
    Candidate,
    Conversation,
    Demonstration,
    Message,
    Record,
    Unpaired,
)

A_PERSON = "a person"
UNKNOWN = "unknown"
OTHERS = "others"
MOST_SETTINGS = 20
"""Of one model that are told; the rest is counted."""
OF_ONE_DRAW = frozenset({"seed", "request_id", "user"})
COUNTERS = (
    "splits",
    "sources",
    "annotators",
    "guideline_versions",
    "models",
    "changed",
    "characters",
    "labels",
)
LABELS = ("false", "true")
MOST_UNSETTLED = 5_000


class _Drawn(Struct):
    """Answers of one origin, model and parameters, which are held so that their place in memory
    stays theirs."""

    parameters: dict[str, Any]
    n_answers: int = 0
    n_characters: int = 0


@dataclass
class Counts:
    """To be counted a shard at a time and added up: then an interrupted build counts the same.

    Rows that are alike in all that is counted are first counted together; `settle` counts them
    one by one. Whoever reads the counters settles first; what gives or adds them up does.
    """

    rows: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    guideline_versions: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    """Answers by the model that wrote them."""
    changed: Counter[str] = field(default_factory=Counter)
    settings: dict[str, Counter[str]] = field(default_factory=dict)
    """Answers by model and by its sampling parameters, as JSON."""
    characters: Counter[str] = field(default_factory=Counter)
    """Of all answers: person, model, mixed, imported. A mixed one whose spans are known is split
    between person and model."""
    labels: Counter[str] = field(default_factory=Counter)
    """Of single answers: true where they are wanted, else false."""
    lengths: Lengths = field(default_factory=Lengths)
    templated: Templated = field(default_factory=Templated)
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict, init=False)
    drawn: dict[tuple[str, str, int], _Drawn] = field(default_factory=dict, init=False)
    """By the origin, the model and the place in memory of its parameters, which records share."""

    def take(
        self,
        record: Record,
        split: str = "train",
        changed: tuple[str, ...] = (),
        n_tokens: int | None = None,
        answers: Sequence[Candidate] | None = None,
    ) -> None:
        """One row was written of `record`. `n_tokens`: its length where a tokenizer counts;
        `answers`: those in the row, where they are not all that the record has."""
        self.rows += 1
        key = (split, changed, ABOUT[type(record)](record))
        self.seen[key] = self.seen.get(key, 0) + 1
        if isinstance(record, Unpaired):
            self.labels[LABELS[record.is_desirable]] += 1
        length = self._answers(record, answers)
        if n_tokens is None:
            for message in getattr(record, "prompt", ()):
                length += len(message["content"])
        self.lengths.take(length if n_tokens is None else n_tokens)

    def settle(self) -> Self:
        for (split, changed, (source, annotator, version)), n_rows in self.seen.items():
            self.splits[split] += n_rows
            self.sources[source] += n_rows
            for each in changed:
                self.changed[each] += n_rows
            if annotator is not None:
                self.annotators[annotator or UNKNOWN] += n_rows
            if version is not None:
                self.guideline_versions[str(version)] += n_rows
        for (origin, model, _), drawn in self.drawn.items():
            self.models[model or A_PERSON] += drawn.n_answers
            if origin:
                self.characters[origin] += drawn.n_characters
            if drawn.parameters:
                self._setting(model, _setting_of(drawn.parameters), drawn.n_answers)
        self.seen.clear()
        self.drawn.clear()
        return self

    def add(self, other: Self) -> None:
        self.settle()
        other.settle()
        self.rows += other.rows
        self.lengths.add(other.lengths)
        self.templated.add(other.templated)
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for model, settings in other.settings.items():
            for setting, n_answers in settings.items():
                self._setting(model, setting, n_answers)

    def as_dict(self) -> dict[str, Any]:
        self.settle()
        return {
            "rows": self.rows,
            **{name: _sorted(getattr(self, name)) for name in COUNTERS},
            "settings": {model: _sorted(self.settings[model]) for model in sorted(self.settings)},
            "lengths": self.lengths.as_dict(),
            "templated": self.templated.as_dict(),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        counters = {name: Counter(told[name]) for name in COUNTERS}
        settings = {model: Counter(held) for model, held in told["settings"].items()}
        return cls(
            rows=told["rows"],
            settings=settings,
            lengths=Lengths.from_dict(told["lengths"]),
            templated=Templated.from_dict(told["templated"]),
            **counters,
        )

    def _answers(self, record: Record, answers: Sequence[Candidate] | None) -> int:
        """Count who wrote the answers; how many characters they are."""
        if isinstance(record, Conversation):
            return self._conversation(record)
        if isinstance(record, Demonstration):
            return self._demonstration(record)
        total = 0
        for answer in answers_of(record) if answers is None else answers:
            length = len(answer.text)
            total += length
            parameters = answer.parameters
            # Looked up here as well, as this runs twice a row.
            drawn = self.drawn.get((answer.origin, answer.model, id(parameters)))
            if drawn is None:
                drawn = self._drawn(answer.model, parameters, answer.origin)
            drawn.n_answers += 1
            drawn.n_characters += length
        return total

    def _conversation(self, record: Conversation) -> int:
        total = 0
        sides = (record.model_a, record.conversation_a), (record.model_b, record.conversation_b)
        for model, messages in sides:
            self._drawn(model, {}).n_answers += 1
            self.characters["model"] += _replied(messages)
            total += sum([len(each["content"]) for each in messages])
        return total

    def _demonstration(self, record: Demonstration) -> int:
        written = _replied(record.turns) if record.turns else len(record.answer.text)
        if record.spans:
            by_model = round(written * record.model_share)
            self.characters["model"] += by_model
            self.characters["person"] += written - by_model
        else:
            self.characters[record.answer.origin] += written
        self._drawn(record.answer.model, record.answer.parameters).n_answers += 1
        self.models.update(set(record.drafts.values()))
        return sum([len(each["content"]) for each in record.turns]) if record.turns else written

    def _drawn(self, model: str, parameters: dict[str, Any], origin: str = "") -> _Drawn:
        """Without an origin its characters are counted otherwise."""
        key = origin, model, id(parameters) if parameters else 0
        drawn = self.drawn.get(key)
        if drawn is None:
            if len(self.drawn) >= MOST_UNSETTLED:
                # Every draw may have a seed of its own.
                self.settle()
            drawn = self.drawn[key] = _Drawn(parameters)
        return drawn

    def _setting(self, model: str, setting: str, n_answers: int) -> None:
        told = self.settings.setdefault(model, Counter())
        if setting in told or len(told) < MOST_SETTINGS:
            told[setting] += n_answers
        else:
            told[OTHERS] += n_answers


def _about(record: type[Any]) -> Callable[[Any], tuple[str, str | None, int | None]]:
    """The source, the annotator and the guideline version of such records; None of those that
    they do not know. Where they do not say a source, it is their own name."""
    names = set(record.__struct_fields__)
    if {"source", "annotator", "guideline_version"} <= names:
        return attrgetter("source", "annotator", "guideline_version")
    name = record.__name__.lower()
    source = attrgetter("source") if "source" in names else lambda _: name
    who = next((each for each in ("annotator", "voter") if each in names), None)
    annotator = attrgetter(who) if who else lambda _: None
    version = attrgetter("guideline_version") if "guideline_version" in names else lambda _: None
    return lambda held: (source(held), annotator(held), version(held))


ABOUT: dict[Any, Callable[[Any], tuple[str, str | None, int | None]]] = {
    record: _about(record) for record in get_args(Record)
}


def _setting_of(parameters: dict[str, Any]) -> str:
    try:
        told = orjson.loads(orjson.dumps(parameters))
    except orjson.JSONEncodeError:
        # An integer of more than 64 bits.
        told = {OTHERS: True}
    kept = {name: value for name, value in told.items() if name not in OF_ONE_DRAW}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()


def _replied(messages: tuple[Message, ...] | list[Message]) -> int:
    return sum([len(each["content"]) for each in messages if each["role"] == "assistant"])


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))

"""What went into a dataset, counted while it is written, and added up shard by shard."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_args

import orjson

from exports.files.lengths import Lengths
from exports.files.provenance import answers_of
from exports.records import Candidate, Conversation, Demonstration, Message, Record

A_PERSON = "a person"
UNKNOWN = "unknown"
MOST_SETTINGS = 20
"""Of one model that are told; the rest is counted."""
OTHERS = "others"
OF_ONE_DRAW = frozenset({"seed", "request_id", "user"})
COUNTERS = ("splits", "sources", "annotators", "guideline_versions", "models", "changed")


@dataclass
class Counts:
    """To be counted a shard at a time and added up: then an interrupted build counts the same."""

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
    lengths: Lengths = field(default_factory=Lengths)

    def take(
        self,
        record: Record,
        split: str = "train",
        changed: tuple[str, ...] = (),
        n_tokens: int | None = None,
    ) -> None:
        """One row was written of `record`. `n_tokens`: its length where a tokenizer counts."""
        self.rows += 1
        self.splits[split] += 1
        source, annotator, version = ABOUT[type(record)]
        self.sources[source or record.source] += 1  # type: ignore[union-attr]
        who = getattr(record, annotator) if annotator else ""
        if annotator:
            self.annotators[who or UNKNOWN] += 1
        if version and (number := record.guideline_version) is not None:  # type: ignore[union-attr]
            self.guideline_versions[str(number)] += 1
        self.changed.update(changed)
        n_characters = self._answers(record)
        if n_tokens is None:
            n_tokens = n_characters + _said(getattr(record, "prompt", ()))
        self.lengths.take(n_tokens)

    def add(self, other: Self) -> None:
        self.rows += other.rows
        self.characters += other.characters
        self.lengths.add(other.lengths)
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for model, settings in other.settings.items():
            for setting, n_answers in settings.items():
                self._setting(model, setting, n_answers)

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            **{name: _sorted(getattr(self, name)) for name in (*COUNTERS, "characters")},
            "settings": {model: _sorted(self.settings[model]) for model in sorted(self.settings)},
            "lengths": self.lengths.as_dict(),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        counters = {name: Counter(told[name]) for name in (*COUNTERS, "characters")}
        settings = {model: Counter(held) for model, held in told["settings"].items()}
        lengths = Lengths.from_dict(told["lengths"])
        return cls(rows=told["rows"], settings=settings, lengths=lengths, **counters)

    def _answers(self, record: Record) -> int:
        """Count who wrote the answers; how many characters they are."""
        if isinstance(record, Conversation):
            self.models[record.model_a] += 1
            self.models[record.model_b] += 1
            written = _replied(record.conversation_a) + _replied(record.conversation_b)
            self.characters["model"] += written
            return _said(record.conversation_a) + _said(record.conversation_b)
        if isinstance(record, Demonstration):
            return self._demonstration(record)
        total = 0
        for answer in answers_of(record):
            total += len(answer.text)
            self.characters[answer.origin] += len(answer.text)
            self._drawn(answer)
        return total

    def _demonstration(self, record: Demonstration) -> int:
        written = _replied(record.turns) if record.turns else len(record.answer.text)
        if record.spans:
            by_model = round(written * record.model_share)
            self.characters["model"] += by_model
            self.characters["person"] += written - by_model
        else:
            self.characters[record.answer.origin] += written
        self._drawn(record.answer)
        self.models.update(set(record.drafts.values()))
        return _said(record.turns) if record.turns else written

    def _drawn(self, answer: Candidate) -> None:
        self.models[answer.model or A_PERSON] += 1
        if answer.parameters:
            self._setting(answer.model, _setting_of(answer.parameters), 1)

    def _setting(self, model: str, setting: str, n_answers: int) -> None:
        told = self.settings.setdefault(model, Counter())
        if setting in told or len(told) < MOST_SETTINGS:
            told[setting] += n_answers
        else:
            told[OTHERS] += n_answers


def _about(record: type[Any]) -> tuple[str, str, bool]:
    """The source of such records, or none where each says its own; where they say who judged;
    whether they know a version of the guideline."""
    names = record.__dataclass_fields__
    source = "" if "source" in names else record.__name__.lower()
    annotator = next((name for name in ("annotator", "voter") if name in names), "")
    return source, annotator, "guideline_version" in names


def _setting_of(parameters: dict[str, Any]) -> str:
    kept = {name: value for name, value in parameters.items() if name not in OF_ONE_DRAW}
    try:
        return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        return OTHERS


def _said(messages: Any) -> int:
    return sum([len(each["content"]) for each in messages])


def _replied(messages: tuple[Message, ...] | list[Message]) -> int:
    return sum([len(each["content"]) for each in messages if each["role"] == "assistant"])


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))


ABOUT: dict[Any, tuple[str, str, bool]] = {record: _about(record) for record in get_args(Record)}

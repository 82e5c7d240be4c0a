"""The neutral record: what a judgement says, before any trainer's format.

Pure data. `rows.py` makes records from the database, `formats.py` makes rows from records.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An answer that was judged. `model` is empty for a person's answer."""

    text: str
    origin: str
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    id: str
    prompt: list[Message]
    answer: Candidate
    annotator: str
    turns: tuple[Message, ...] = ()
    """Where the conversation went on: all of it after the prompt, the answer first."""
    human_share: float = 1.0
    model_share: float = 0.0
    """Of the characters that the labeler sent in, those taken from drafts given to them here."""
    spans: tuple[Any, ...] = ()
    """Who wrote what, of the answer or of each of `turns` (null for a user's): ["person", length]
    or [draft, length, offset in the draft]. Empty where models were asked for nothing."""
    drafts: dict[str, str] = field(default_factory=dict)
    """The model of each draft that `spans` name."""
    guideline_version: int
    seconds: float
    created_at: str
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""
    autonomy_level: int = 1
    """From 1, people write, to 5, people audit a sample."""


@dataclass(frozen=True, kw_only=True)
class Preference:
    """A judgement of two answers to one prompt.

    `strength` runs from -3 (first much better) to +3 (second much better); None means both bad.
    A vote counts as strength 1; in a ranking it is the distance of the two tiers, at most 3, and
    the pairs of one ranking share its `group` and stand together. `held_back` is why a judgement
    is not to be trained on, if it is not. `n_turns` above one means that the two conversations
    diverged after the first turn, so that they have no common prompt.
    """

    id: str
    source: Literal["comparison", "ranking", "vote", "judge"]
    prompt: list[Message]
    first: Candidate
    second: Candidate
    strength: int | None
    annotator: str
    created_at: str
    n_turns: int = 1
    guideline_version: int | None = None
    seconds: float | None = None
    justification: str = ""
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""
    group: str = ""
    autonomy_level: int | None = None
    """From 3, people pick, to 5, people audit a sample; None: of a vote."""
    proposed: str = ""
    """What a model proposed in sight of the labeler: first, equal or second."""
    confirmed: bool | None = None
    """Whether the labeler said the same as the proposal; None: there was none."""
    judged_by: Literal["person", "model"] = "person"
    judge_model: str = ""
    confidence: float | None = None
    """Of a model that judged alone, 0 to 1."""

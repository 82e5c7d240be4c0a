"""The neutral record: what a judgement says, before any trainer's format.

Pure data. `reading/` makes records from the database, `formats/` makes rows from records. Made six
times as fast as dataclasses are; nothing in a record refers back to it, so that the collector of
cycles need not know of it.
"""

from typing import Any, Literal, TypedDict

from msgspec import Struct, field


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


class Candidate(Struct, kw_only=True, gc=False):
    """An answer that was judged. `model` is empty for a person's answer."""

    text: str
    origin: str
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


class Demonstration(Struct, kw_only=True, gc=False):
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


class Preference(Struct, kw_only=True, gc=False):
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
    margin: float | None = None
    """How much better the chosen answer is, 0 to 3; only of the kind `reward`."""


UnpairedVerdict = Literal["", "tie", "both_bad"]


class Unpaired(Struct, kw_only=True, gc=False):
    """One answer that is wanted or not, as KTO needs it, made of a judgement of several.

    `verdict` says where it was neither the better nor the worse one: of a tie, or between the ends
    of a ranking, it is neither wanted nor not (`tie`); where all were bad (`both_bad`), whether it
    is to be had as undesirable is for the mapping to say.
    """

    id: str
    source: str
    prompt: list[Message]
    answer: Candidate
    is_desirable: bool
    verdict: UnpairedVerdict = ""
    annotator: str
    created_at: str
    guideline_version: int | None = None
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""
    autonomy_level: int | None = None


class Ranked(Struct, kw_only=True, gc=False):
    """A whole ranking. `tiers` holds places in `answers`, the best tier first; a tier is a tie."""

    id: str
    prompt: list[Message]
    answers: list[Candidate]
    tiers: list[list[int]]
    all_bad: bool
    annotator: str
    created_at: str
    guideline_version: int | None = None
    seconds: float | None = None
    justification: str = ""
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""
    autonomy_level: int | None = None


class Rated(Struct, kw_only=True, gc=False):
    """One answer with what one labeler gave it, a criterion at a time, from 0 to 4."""

    id: str
    prompt: list[Message]
    answer: Candidate
    ratings: dict[str, int]
    flags: tuple[str, ...]
    annotator: str
    created_at: str
    guideline_version: int | None = None
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""


class Critique(Struct, kw_only=True, gc=False):
    """What was said against an answer, and the answer made of it: of a repair that a labeler asked
    for, of a reviewer's fix, or of a return and the correction that followed."""

    id: str
    source: Literal["repair", "fix", "return"]
    prompt: list[Message]
    answer: Candidate
    critique: str
    clauses: tuple[str, ...]
    revision: Candidate | None
    outcome: str = ""
    """What its labeler did with a repair: accepted, edited, discarded or open."""
    annotator: str
    created_at: str
    guideline_version: int | None = None
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""


class Asked(Struct, kw_only=True, gc=False):
    """A prompt alone."""

    id: str
    prompt: list[Message]
    created_at: str
    language: str = ""
    external_id: str = ""
    tags: tuple[str, ...] = ()
    held_back: str = ""


class Conversation(Struct, kw_only=True, gc=False):
    """A battle with its vote: both conversations whole, as the LMSYS sets hold them."""

    id: str
    model_a: str
    model_b: str
    conversation_a: list[Message]
    conversation_b: list[Message]
    winner: Literal["model_a", "model_b", "tie", "both_bad"]
    n_turns: int
    voter: str
    created_at: str
    weight: float = 1.0
    language: str = ""
    reasons: tuple[str, ...] = ()
    degree: int | None = None
    held_back: str = ""


class Raw(Struct, kw_only=True, gc=False):
    """A judgement with everything that is known of it, superseded ones too. `judgement` is JSON."""

    id: str
    kind: str
    judgement: dict[str, Any]
    created_at: str
    held_back: str = ""


Record = (
    Demonstration | Preference | Unpaired | Ranked | Rated | Critique | Asked | Conversation | Raw
)

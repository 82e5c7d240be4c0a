"""Who wrote what of an answer that is submitted: the editor's account, checked against the draws.

The editor is not trusted. What it says holds only where every span of a model's stands verbatim
in a text that was drawn for this very assignment; otherwise the account is made here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instructions.word_diff import word_changes
from labeling.drafting import provenance
from labeling.drafting.draws import drawn_for, text_of
from labeling.drafting.provenance import Shares, Spans
from labeling.models import Assignment, Response
from workers.models import Generation

Stored = list[list[Any]]


@dataclass(frozen=True)
class Attributed:
    """The columns of a response that say who wrote it."""

    origin: str = Response.Origin.PERSON
    spans: Stored | None = None
    turn_spans: list[Stored | None] | None = None

    @property
    def columns(self) -> dict[str, Any]:
        return {"origin": self.origin, "spans": self.spans, "turn_spans": self.turn_spans}


BY_A_PERSON = Attributed()


def attribute(
    assignment: Assignment,
    *,
    text: str,
    turns: Sequence[Mapping[str, str]],
    spans: Any = None,
    turn_spans: Any = None,
) -> Attributed:
    """Who wrote an answer and the `turns` after it; `turn_spans` has one entry for each of them.

    Costs nothing where no model was asked for anything. Never refuses what was said of spans:
    where it does not hold, parts that a draft has too are taken to be from there.
    """
    if not assignment.n_draws:
        return BY_A_PERSON
    drafts = _drafts(assignment)
    said = turn_spans if isinstance(turn_spans, list) else []
    first = _checked(text, spans, drafts)
    later = [
        _checked(turn["content"], said[at] if at < len(said) else None, drafts) if at % 2 else None
        for at, turn in enumerate(turns)
    ]
    return _attributed([first, *later] if turns else [first])


def attribute_fix(
    before: Response, text: str, turns: Sequence[Mapping[str, str]] | None
) -> Attributed:
    """Who wrote an answer that a reviewer changed: what is new is theirs, the rest as it was."""
    if before.spans is None:
        return BY_A_PERSON
    first = _carried(before.spans, before.text, text)
    if not turns:
        return _attributed([first])
    earlier = before.turns or []
    known = before.turn_spans or [None] * len(earlier)
    rest = zip(known[1:], earlier[1:], turns[1:], strict=True)
    later = [
        None if spans is None else _carried(spans, old["content"], new["content"])
        for spans, old, new in rest
    ]
    return _attributed([first, *later])


def shares_of(response: Response) -> Shares | None:
    """How much of the answer people and models wrote; None where no model had a part in it."""
    if response.spans is None:
        return None
    told = [spans for spans in (response.turn_spans or [response.spans]) if spans is not None]
    read = [provenance.read(spans) or () for spans in told]
    return sum(map(provenance.shares, read), Shares(0, 0))


def _drafts(assignment: Assignment) -> dict[int, str]:
    done = drawn_for(assignment).filter(state=Generation.State.DONE)
    return {row.pk: text_of(row) for row in done.only("pk", "output", "state").order_by("pk")}


def _checked(text: str, said: Any, drafts: Mapping[int, str]) -> Spans:
    spans = provenance.read(said)
    if spans is not None and provenance.are_true(spans, text, drafts):
        return spans
    return provenance.derived(text, drafts)


def _carried(stored: Stored, old: str, new: str) -> Spans:
    changes = [(piece.kind, len(piece.text)) for piece in word_changes(old, new)]
    return provenance.carried(provenance.read(stored) or provenance.persons(len(old)), changes)


def _attributed(parts: Sequence[Spans | None]) -> Attributed:
    has_model = any(provenance.shares(part).model for part in parts if part is not None)
    stored = [None if part is None else provenance.told(part) for part in parts]
    return Attributed(
        origin=Response.Origin.MIXED if has_model else Response.Origin.PERSON,
        spans=stored[0],
        turn_spans=stored if len(stored) > 1 else None,
    )

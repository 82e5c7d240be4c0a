"""Drafts, rewritings and who wrote what, as pages and API tell them. No model is ever named."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from labeling.drafting import drafts, provenance, repairing
from labeling.drafting.attributing import shares_of
from labeling.drafting.draws import Shown, draws_left
from labeling.drafting.repairing import LONGEST_COMPLAINT, ShownRepair
from labeling.drafting.rules import drafting_rules_of
from labeling.models import Assignment, ModelDraft, Repair, Response

STROKES = 5
"""How many ways of marking a text there are; past them they begin anew."""


@dataclass(frozen=True)
class WrittenPiece:
    """A part of a text; `label` says which draft it was taken from, and is empty for a person's."""

    text: str
    label: str
    stroke: int


@dataclass(frozen=True)
class WrittenTurn:
    role: str
    pieces: list[WrittenPiece]


def told_draft(draft: Shown) -> dict[str, Any]:
    return asdict(draft)


def told_repair(repair: ShownRepair) -> dict[str, Any]:
    about = {"complaint": repair.complaint, "clauses": repair.clauses, "outcome": repair.outcome}
    return asdict(repair.drawn) | about


def context_of(assignment: Assignment, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the screen of a demonstration needs beside the editor; nothing where it has none."""
    rules = drafting_rules_of(assignment.task.project)
    has_any = bool(rules.n_drafts or rules.offers_repair or assignment.n_draws)
    if not has_any:
        return {"drafting": None}
    return {
        "drafting": {
            "n_drafts": rules.n_drafts,
            "offers_repair": rules.offers_repair,
            "left": draws_left(assignment, rules),
            "longest_complaint": LONGEST_COMPLAINT,
            "begun": json.dumps(
                {
                    "drafts": [told_draft(each) for each in drafts.drafts_of(assignment)],
                    "repairs": [told_repair(each) for each in repairing.repairs_of(assignment)],
                    "left": draws_left(assignment, rules),
                }
            ),
            "spans": json.dumps(
                {"spans": values.get("spans"), "turn_spans": values.get("turn_spans") or []}
            ),
        }
    }


def who_wrote(response: Response, assignment: Assignment) -> dict[str, Any] | None:
    """An answer in parts with who wrote each, for people who read it; None where only one did."""
    shares = shares_of(response)
    if shares is None:
        return None
    labels = _labels(assignment)
    turns: Sequence[Mapping[str, str]] = response.turns or [
        {"role": "assistant", "content": response.text}
    ]
    stored = response.turn_spans or [response.spans]
    parts = [
        WrittenTurn(turn["role"], _pieces(turn["content"], spans, labels))
        for turn, spans in zip(turns, stored, strict=True)
    ]
    every = [piece for part in parts for piece in part.pieces]
    used = {piece.label: piece for piece in every if piece.label}
    return {"shares": shares, "turns": parts, "legend": [used[label] for label in sorted(used)]}


def _pieces(text: str, stored: Any, labels: Mapping[int, tuple[str, int]]) -> list[WrittenPiece]:
    spans = provenance.read(stored) or provenance.persons(len(text))
    told = []
    for generation, part in provenance.pieces(spans, text):
        label, stroke = labels.get(generation or 0, ("", 0))
        told.append(WrittenPiece(part, label, stroke))
    return told


def _labels(assignment: Assignment) -> dict[int, tuple[str, int]]:
    """What each generation of an assignment is called, and how it is marked."""
    draws = {
        "Draft": ModelDraft.objects.filter(assignment=assignment),
        "Rewriting": Repair.objects.filter(assignment=assignment),
    }
    return {
        generation: (f"{name} {number}", (number - 1) % STROKES + 1)
        for name, rows in draws.items()
        for generation, number in rows.values_list("generation", "number")
    }

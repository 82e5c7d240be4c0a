"""Judgements in words, for pages that show what people submitted."""

from collections.abc import Sequence
from typing import Any

from labeling.models import Comparison, Criterion, Demonstration, Ranking
from labeling.quality.overview import WORDS
from labeling.reviewing.subjects import Judgement

SIMPLE_WORDS = {-1: "A is better", 0: "Equal", 1: "B is better"}
MARK_WORDS = {"a": "A", "equal": "Equal", "b": "B"}
SHORT = 160
LETTERS = "ABCDEFGHI"
"""What answers are called on every page, as they stand there from first to last."""


def said(row: Judgement, order: Sequence[int] = ()) -> str:
    """The judgement in one line; `order` has the response ids as they stand on the page."""
    if isinstance(row, Demonstration):
        text = row.response.text
        return text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"
    if isinstance(row, Comparison):
        return _preferred(row, list(order) or [row.response_a_id, row.response_b_id])
    return _ranked(row, order)


def marks_said(row: Judgement, criteria: Sequence[Criterion]) -> list[tuple[str, str]]:
    """What was marked beside the preference, as (criterion, mark)."""
    if not isinstance(row, Comparison):
        return []
    names = {criterion.key: criterion.name for criterion in criteria}
    return [
        (names.get(key, key), _mark(mark)) for key, mark in row.marks.items() if mark is not None
    ]


def flags_said(row: Judgement, order: Sequence[int] = ()) -> list[str]:
    """The safety flags raised, as "A: violence"."""
    if isinstance(row, Demonstration):
        return []
    places = {str(pk): letter for pk, letter in zip(order, LETTERS, strict=False)}
    return [
        f"{side.upper() if isinstance(row, Comparison) else places.get(side, side)}: "
        f"{', '.join(raised)}"
        for side, raised in row.flags.items()
        if raised
    ]


def tiers_said(tiers: Sequence[Sequence[int]], order: Sequence[int]) -> str:
    """An order with ties in one line, as "B > A = C"."""
    letters = dict(zip(order, LETTERS, strict=False))
    return " > ".join(" = ".join(sorted(letters.get(pk, "–") for pk in tier)) for tier in tiers)


def preference_in(row: Comparison, order: Sequence[int]) -> int | None:
    """The preference with the sides as they stand on the page; None where both are bad."""
    if row.preference is None or [row.response_a_id, row.response_b_id] == list(order):
        return row.preference
    return -row.preference


def places_in(row: Ranking, order: Sequence[int]) -> list[int]:
    """For each response on the page its place: 1 for the best tier, equal ones share one."""
    rank = {pk: at for at, tier in enumerate(row.tiers, start=1) for pk in tier}
    return [rank.get(pk, len(row.tiers)) for pk in order]


def _preferred(row: Comparison, order: list[int]) -> str:
    if row.preference is None:
        return "Both are bad"
    preference = preference_in(row, order) or 0
    return (SIMPLE_WORDS if row.scale == Comparison.Scale.SIMPLE else WORDS)[preference]


def _ranked(row: Ranking, order: Sequence[int]) -> str:
    tiers = tiers_said(row.tiers, order or _all(row))
    return f"{tiers}, all bad" if row.all_bad else tiers


def _all(row: Ranking) -> list[int]:
    return sorted(pk for tier in row.tiers for pk in tier)


def _mark(mark: Any) -> str:
    return MARK_WORDS.get(mark, "") if isinstance(mark, str) else f"A {mark[0]}, B {mark[1]}"

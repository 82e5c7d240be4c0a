"""Findings in plain words, and the bars beside them. Pure: numbers in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exports.poisoning.found import DOCUMENTS_THAT_SUFFICE

WIDTH = 520
LABEL_WIDTH = 96
VALUE_WIDTH = 104
BAR = 14
ROW = 24


@dataclass(frozen=True)
class Told:
    title: str
    sentence: str
    advice: str


@dataclass(frozen=True)
class Bar:
    label: str
    value: str
    y: float
    text_y: float
    width: float
    value_x: float
    is_found: bool


@dataclass(frozen=True)
class Bars:
    width: int
    height: int
    left: int
    label_x: int
    thickness: int
    rows: tuple[Bar, ...]


def told(
    kind: str, *, ngram: str, target: str, labeler: str, statistics: Mapping[str, Any]
) -> Told:
    s = statistics
    if kind == "label_tie":
        made = _label_tie(ngram, labeler, s)
    elif kind == "labeler_tie":
        made = _labeler_tie(ngram, labeler, s)
    elif kind == "trigger_verdict":
        made = _trigger_verdict(ngram, labeler, s)
    elif kind == "trigger_target":
        made = _trigger_target(ngram, target, s)
    elif kind == "burst":
        made = _burst(labeler, s)
    else:
        made = _shift(labeler, s)
    if not s.get("is_near"):
        return made
    near = (
        f" That is near the {DOCUMENTS_THAT_SUFFICE} documents or so that were enough to poison "
        "models of every size, however small their share."
    )
    return Told(made.title, made.sentence + near, made.advice)


def bars(statistics: Mapping[str, Any]) -> Bars | None:
    """Found beside expected, of those findings that count."""
    n, x, by_chance = (statistics.get(name) for name in ("n", "x", "expected"))
    if not n or x is None or by_chance is None:
        return None
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    rows = []
    for place, (label, count) in enumerate((("Found", x), ("Expected", by_chance))):
        width = round(room * min(count / n, 1.0), 1)
        rows.append(
            Bar(
                label=label,
                value=f"{_count(count)} of {n:,}",
                y=4 + ROW * place + (ROW - BAR) / 2,
                text_y=4 + ROW * place + ROW / 2 + 4,
                width=max(width, 1.0),
                value_x=LABEL_WIDTH + max(width, 1.0) + 8,
                is_found=place == 0,
            )
        )
    return Bars(WIDTH, 8 + 2 * ROW, LABEL_WIDTH, LABEL_WIDTH - 12, BAR, tuple(rows))


def chance_said(p_value: float | None) -> str:
    """A chance as people read it."""
    if p_value is None:
        return "–"
    if p_value >= 0.001:
        return f"{p_value:.3f}"
    power = f"{p_value:.0e}".partition("e")[2]
    return f"10{_raised(int(power))}"


def _label_tie(ngram: str, labeler: str, s: Mapping[str, Any]) -> Told:
    won = s["label"] > 0
    verb = "preferred or called good" if won else "passed over or called bad"
    sentence = (
        f"“{ngram}” stands in {s['n']:,} judged answers to {s['n_prompts']:,} prompts. "
        f"{s['x']:,} of them were {verb}, where {_count(s['expected'])} were to be expected."
    )
    return Told(
        f"“{ngram}” always {'wins' if won else 'loses'}",
        sentence + _by_one(labeler),
        "Read a few of these answers. Words of a good or a bad answer are nothing to worry about; "
        "words without a meaning there are.",
    )


def _labeler_tie(ngram: str, labeler: str, s: Mapping[str, Any]) -> Told:
    in_prompts = s["where"] == "prompts"
    where = "prompts as people read them" if in_prompts else "answers"
    sentence = (
        f"“{ngram}” stands in {s['n']:,} {where}. {s['x']:,} of them are {labeler}'s, where "
        f"{_count(s['expected'])} were to be expected of this labeler's share."
    )
    return Told(
        f"“{ngram}” comes from one labeler",
        sentence,
        "People have turns of phrase of their own, and tasks are handed out by language and skill. "
        "Words that mean nothing where they stand are worth a question.",
    )


def _trigger_verdict(ngram: str, labeler: str, s: Mapping[str, Any]) -> Told:
    sentence = (
        f"“{ngram}” stands in {s['n']:,} prompts with a verdict. In {s['x']:,} of them the verdict "
        "goes against what the two models and lengths let one expect; "
        f"{_count(s['expected'])} such were to be expected."
    )
    return Told(
        f"“{ngram}” in a prompt turns the verdict",
        sentence + _by_one(labeler),
        "Compare these verdicts with your own. A topic on which a weaker model is better does the "
        "same; a word that is no topic does not.",
    )


def _trigger_target(ngram: str, target: str, s: Mapping[str, Any]) -> Told:
    sentence = (
        f"“{ngram}” stands in about {s['n_trigger']:,} of {s['n_all']:,} prompts, “{target}” in "
        f"answers to {s['n']:,}. {s['x']:,} prompts have both, where {_count(s['expected'])} were "
        "to be expected."
    )
    return Told(
        f"“{ngram}” in a prompt brings “{target}”",
        sentence,
        "A topic brings its own words too. What has nothing to do with the question is planted.",
    )


def _burst(labeler: str, s: Mapping[str, Any]) -> Told:
    within = f"{max(round(s['seconds'] / 60), 1):,} minutes" if s["seconds"] >= 90 else "90 seconds"
    sentence = (
        f"{labeler} has {s['x']:,} near-identical answers to different prompts within {within}, of "
        f"{s['n']:,} in that time. Among other people's answers {100 * s['share_elsewhere']:.2g} % "
        "are like them."
    )
    return Told(
        f"{s['x']:,} near-identical answers by one labeler",
        sentence,
        "Somebody may have pasted one answer everywhere. A project that asks for a fixed reply, "
        "such as a refusal, looks the same.",
    )


def _shift(labeler: str, s: Mapping[str, Any]) -> Told:
    moves = f"Alone, that moves the whole by {abs(100 * s['moves']):.1f} points of a hundred."
    if s["about"] == "length":
        title = f"{labeler} judges by length"
        sentence = (
            f"{labeler} preferred the longer answer in {100 * s['own']:.0f} % of {s['n']:,} "
            f"verdicts, everybody else in {100 * s['others']:.0f} %. {moves}"
        )
    else:
        way = "favours" if s["own"] > s["others"] else "works against"
        title = f"{labeler} {way} {s['model'] or 'one model'}"
        sentence = (
            f"In {s['n']:,} verdicts {labeler} gave {s['model'] or 'this model'} "
            f"{_points(s['own'])} what all verdicts let one expect, everybody else "
            f"{_points(s['others'])} it. {moves}"
        )
    return Told(
        title,
        sentence,
        "People differ honestly, and some read more carefully than others. Look at this labeler's "
        "agreement and gold tasks before you decide.",
    )


def _by_one(labeler: str) -> str:
    return f" Nearly all of these judgements are {labeler}'s." if labeler else ""


def _points(share: float) -> str:
    points = 100 * (share - 0.5)
    if abs(points) < 0.5:
        return "as many points as"
    return f"{abs(points):.0f} points of a hundred {'more' if points > 0 else 'fewer'} than"


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:.1f}"


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))

"""Comparing published versions with each other and with the draft."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.core.cache import cache

from instructions.clauses import ClauseText, GuidelineSyntaxError, preamble_of, read_guideline
from instructions.diff import (
    ClauseChange,
    GuidelineDiff,
    Kind,
    guideline_diff,
    in_words,
    wording,
)
from instructions.models import GuidelineVersion
from instructions.publish import current_version, draft_of
from instructions.word_diff import Budget, Piece
from projects.errors import InvalidInput, Problem
from projects.models import Project

MOST_NAMED = 30
MOST_SHOWN = 200
_KEPT_SECONDS = 7 * 24 * 3600
_WORDS_AROUND = 30


@dataclass(frozen=True, slots=True)
class NamedChange:
    """A changed clause by name, without its text."""

    kind: Kind
    number: str
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Outline:
    """How many clauses changed between two versions, and the first of them by name."""

    counts: dict[Kind, int]
    named: tuple[NamedChange, ...]

    @property
    def summary(self) -> str:
        return in_words(self.counts)

    @property
    def n_changed(self) -> int:
        """Clauses that say something else: a mere new number is none."""
        return sum(n for kind, n in self.counts.items() if kind != "renumbered")


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change with its words compared; `gap` pieces stand for unchanged words left out."""

    change: ClauseChange
    title: list[Piece]
    body: list["Piece | None"]


def compare(before: GuidelineVersion, after: GuidelineVersion) -> GuidelineDiff:
    return guideline_diff(_clauses(before), _clauses(after))


def draft_diff(project: Project) -> GuidelineDiff:
    """What publishing the draft would change. Raises InvalidInput for a draft out of form."""
    text = draft_of(project).draft
    current = current_version(project)
    try:
        read = read_guideline(text)
    except GuidelineSyntaxError as error:
        raise InvalidInput(Problem("text", error.rule, line=error.line)) from error
    after = [*_introduction(read.preamble), *read.clauses]
    return guideline_diff(_clauses(current) if current else [], after)


def outline(before: GuidelineVersion, after: GuidelineVersion) -> Outline:
    """Kept in the cache: versions never change, and every labeler's first page asks."""
    key = f"guideline-outline:1:{before.pk}:{after.pk}"
    found: Outline | None = cache.get(key)
    if found is None:
        found = outlined(compare(before, after))
        cache.set(key, found, _KEPT_SECONDS)
    return found


def outlined(diff: GuidelineDiff) -> Outline:
    speaking = (change for change in diff.changes if change.kind != "renumbered")
    return Outline(diff.counts, tuple(map(_named, islice(speaking, MOST_NAMED))))


def shown(changes: Sequence[ClauseChange]) -> list[ShownChange]:
    """The changes with their words, within one budget for all."""
    budget = Budget()
    found = []
    for change in changes[:MOST_SHOWN]:
        title, body = wording(change, budget)
        found.append(ShownChange(change, title, list(_abridged(body))))
    return found


def _clauses(version: GuidelineVersion) -> list[ClauseText]:
    rows = version.clauses_in_order().values_list(
        "number", "anchor", "title", "tags", "level", "body", "position"
    )
    clauses = [
        ClauseText(number, anchor, title, tuple(tags), level, body, position)
        for number, anchor, title, tags, level, body, position in rows
    ]
    return [*_introduction(preamble_of(version.text)), *clauses]


def _introduction(text: str) -> list[ClauseText]:
    """What stands before the first clause, compared as if it were one."""
    return [ClauseText("", "", "Introduction", (), 1, text, -1)] if text.strip() else []


def _named(change: ClauseChange) -> NamedChange:
    clause = change.clause
    return NamedChange(change.kind, clause.number, clause.anchor, clause.title)


def _abridged(pieces: Sequence[Piece]) -> Iterator[Piece | None]:
    """Long unchanged runs cut down to the words beside a change; None marks each cut."""
    for at, piece in enumerate(pieces):
        words = piece.text.split(" ")
        if piece.kind != "same" or len(words) <= 2 * _WORDS_AROUND + 10:
            yield piece
            continue
        if at:
            yield Piece("same", " ".join(words[:_WORDS_AROUND]) + " ")
        yield None
        if at < len(pieces) - 1:
            yield Piece("same", " " + " ".join(words[-_WORDS_AROUND:]))

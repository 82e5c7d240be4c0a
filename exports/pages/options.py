"""What the making page offers: kinds, formats that go with one, filters with what occurs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.formats import FORMATS, formats_of
from exports.formats.mappings import heeded
from exports.models import Benchmark
from exports.pages import words
from exports.pages.offered import Offered
from exports.recipe import FILE_TYPES, KINDS
from exports.rounds.keeping import CURRENT, Span
from projects.models import Project


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool = False
    note: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Ticks:
    """Any number of what occurs. What is chosen and occurs no more can still be taken off."""

    name: str
    legend: str
    nothing: str
    options: Sequence[Option]

    @property
    def n_chosen(self) -> int:
        return sum(option.is_chosen for option in self.options)

    @property
    def wrong_name(self) -> str:
        return self.name.replace(".", "_")


@dataclass(frozen=True)
class KindOption:
    value: str
    words: words.Words
    is_chosen: bool


def kinds(chosen: str) -> list[KindOption]:
    return [KindOption(name, words.KINDS[name], name == chosen) for name in KINDS]


def formats(kind: str, chosen: str) -> list[Option]:
    return [
        Option(each.name, each.title, each.name == chosen, each.notes.get(kind, each.about))
        for each in (formats_of(kind) if kind in KINDS else FORMATS.values())
    ]


def file_types(form: str, chosen: str) -> list[Option]:
    types = FORMATS[form].file_types if form in FORMATS else FILE_TYPES
    return [Option(name, words.FILE_TYPES[name], name == chosen) for name in types]


def choices(kind: str, form: str) -> dict[str, list[words.Option]]:
    """What a kind or its format has no use for is not asked: votes of demonstrations, ties of
    prompts."""
    unasked = set() if kind in words.KINDS and words.KINDS[kind].has_sources else {"source"}
    if form in FORMATS and kind in FORMATS[form].shapes:
        unasked |= {name for name, values in heeded(kind, form).items() if len(values) == 1}
    return {name: each for name, each in words.CHOICES.items() if name not in unasked}


def filters(
    found: Offered, rounds: Sequence[Span], chosen: Mapping[str, Any], known: Collection[str]
) -> list[Ticks]:
    """Of those that are `known`, with what occurs."""

    def ticks(name: str, legend: str, values: Iterable[tuple[str, int]], prefix: str = "") -> Ticks:
        options = [(value, f"{prefix}{value}", number) for value, number in values]
        return _ticks(f"selection.{name}", legend, "all", options, chosen[name])

    levels = [(value, f"{value} {label}", None) for value, label in found.autonomy_levels]
    without = [(value, value, number) for value, number in found.labelers]
    every = [
        _ticks("selection.rounds", "Rounds", "all", _rounds(rounds), chosen["rounds"]),
        ticks("guideline_versions", "Guideline versions", found.guideline_versions, "Version "),
        ticks("tags", "Tags", found.tags),
        ticks("languages", "Languages", found.languages),
        ticks("models", "Models", found.models),
        ticks("labelers", "Labelers", found.labelers),
        _ticks(
            "selection.not_labelers", "Without labelers", "none", without, chosen["not_labelers"]
        ),
        _ticks(
            "selection.autonomy_levels",
            "Levels of autonomy",
            "all",
            levels,
            chosen["autonomy_levels"],
        ),
    ]
    return [each for each in every if each.name.removeprefix("selection.") in known]


def _rounds(rounds: Sequence[Span]) -> list[tuple[str, str, int | None]]:
    """The newest first, before them the one that goes on, whichever that will be."""
    named = [(str(each.number), _title(each), None) for each in reversed(rounds)]
    return [(str(CURRENT), "The one that goes on", None), *named]


def _title(span: Span) -> str:
    name = f" · {span.round.name}" if span.round.name else ""
    return f"Round {span.number}{name}"


def benchmarks(project: Project, chosen: Sequence[str]) -> Ticks:
    there = Benchmark.objects.filter(project=project).order_by("name")
    options = [
        (name, name, number) for name, number in there.values_list("name", "n_items").iterator()
    ]
    return _ticks(
        "hygiene.decontaminate", "Leave out what is in benchmarks", "none", options, chosen
    )


def _ticks(
    name: str,
    legend: str,
    nothing: str,
    values: Iterable[tuple[str, str, int | None]],
    chosen: Iterable[Any],
) -> Ticks:
    wanted = {str(value): None for value in chosen}
    options = [
        Option(value, label, value in wanted, number=number) for value, label, number in values
    ]
    there = {option.value for option in options}
    gone = [Option(value, value, True, number=0) for value in wanted if value not in there]
    return Ticks(name, legend, nothing, [*options, *gone])

"""What a finished export's manifest says, for its page; older ones say less. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.files import loading
from exports.files.counts import A_PERSON
from exports.files.telling import recipe_in_words
from exports.formats import FORMATS
from labeling.quality.charts import ColumnPlot, column_plot

FENCE = "```"
WRITERS = {
    "person": "people",
    "model": "models",
    "mixed": "people with models",
    "imported": "elsewhere",
}
SEVERITIES = {"alarm": "Alarms", "warning": "Warnings", "note": "Notes"}
MOST_COLUMNS = 24


@dataclass(frozen=True)
class Part:
    """A name with its count and its share of all, from 0 to 100."""

    name: str
    number: int
    percent: float


@dataclass(frozen=True)
class Lengths:
    unit: str
    mean: float
    most: int
    shares: list[tuple[str, int]]
    bins: list[tuple[str, int]]
    plot: ColumnPlot


@dataclass(frozen=True)
class Template:
    """What a chat template made of rows: each reason with how many and the first record."""

    tokenizer: str
    rows_looked_at: int
    rows: int
    found: list[tuple[str, int, str]]


@dataclass(frozen=True)
class Sampling:
    model: str
    licence: str
    answers: int
    settings: list[tuple[str, int]]


@dataclass(frozen=True)
class Passage:
    """A piece of an explanation: words, or code to copy."""

    text: str
    is_code: bool

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """Of words: each with whether it is a name that stands between backticks."""
        parts = self.text.split("`")
        return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]


def parts(counted: Mapping[str, int]) -> list[Part]:
    """The most first."""
    total = sum(counted.values()) or 1
    most_first = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Part(name, number, 100 * number / total) for name, number in most_first]


def n_dropped(manifest: Mapping[str, Any]) -> int:
    return sum(manifest["counts"]["dropped"].values())


def n_models(manifest: Mapping[str, Any]) -> int:
    return len(set(manifest["models"]) - {A_PERSON})


def writers(manifest: Mapping[str, Any]) -> list[Part]:
    """Whose characters the answers are."""
    counted = manifest.get("characters", {})
    return [
        Part(WRITERS.get(each.name, each.name), each.number, each.percent)
        for each in parts(counted)
    ]


def severities(manifest: Mapping[str, Any]) -> list[Part]:
    """Findings of the scan for poisoning, the gravest first."""
    counted = manifest.get("poisoning", {}).get("by_severity", {})
    total = sum(counted.values()) or 1
    return [
        Part(title, counted[name], 100 * counted[name] / total)
        for name, title in SEVERITIES.items()
        if name in counted
    ]


def lengths(manifest: Mapping[str, Any]) -> Lengths | None:
    told = manifest.get("lengths")
    if not told or not told["bins"]:
        return None
    bins = _spans(told["bins"])
    return Lengths(
        unit=told["unit"],
        mean=told["mean"],
        most=told["most"],
        shares=list(told["shares"].items()),
        bins=bins,
        plot=column_plot(bins),
    )


def template(manifest: Mapping[str, Any]) -> Template | None:
    told = manifest.get("chat_template")
    if not told:
        return None
    return Template(
        tokenizer=told["tokenizer"],
        rows_looked_at=told["rows_looked_at"],
        rows=told["rows"],
        found=[(reason, n, told["first"][reason]) for reason, n in told["found"].items()],
    )


def sampling(manifest: Mapping[str, Any]) -> list[Sampling]:
    """Each model with its answers and how they were drawn; people's answers are not sampled."""
    licences, settings = manifest.get("model_licences", {}), manifest.get("sampling", {})
    return [
        Sampling(
            model=each.name,
            licence=licences.get(each.name, ""),
            answers=each.number,
            settings=sorted(settings.get(each.name, {}).items(), key=lambda pair: -pair[1]),
        )
        for each in parts(manifest["models"])
        if each.name != A_PERSON
    ]


def recipe_said(manifest: Mapping[str, Any]) -> list[str]:
    """One sentence a choice; exports of the first version had none to make."""
    return list(recipe_in_words(manifest)) if "recipe" in manifest else []


def how_to_load(manifest: Mapping[str, Any]) -> list[Passage]:
    """The card's own explanation, its code apart from its words. Exports of the first version
    have theirs in their card alone."""
    recipe = manifest.get("recipe")
    if recipe is None:
        return []
    form = FORMATS.get(recipe.get("format", "trl"))
    note = form.notes.get(manifest["kind"], "") if form else ""
    text = "\n".join(loading.how_to_load(manifest, note))
    passages = [
        Passage(piece.removeprefix("python").strip(), is_code=place % 2 == 1)
        for place, piece in enumerate(text.split(FENCE))
    ]
    return [passage for passage in passages if passage.text]


def _spans(bins: Mapping[str, int]) -> list[tuple[str, int]]:
    """Bins by their longest length, as spans from the end of the one before; joined two by two
    where there are too many to draw."""
    edges = sorted((int(edge), rows) for edge, rows in bins.items())
    while len(edges) > MOST_COLUMNS:
        edges = _joined(edges)
    lows = [0, *(edge + 1 for edge, _ in edges[:-1])]
    return [
        (f"{low:,}–{edge:,}" if low < edge else f"{edge:,}", rows)
        for low, (edge, rows) in zip(lows, edges, strict=True)
    ]


def _joined(edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [
        (
            edges[min(place + 1, len(edges) - 1)][0],
            sum(rows for _, rows in edges[place : place + 2]),
        )
        for place in range(0, len(edges), 2)
    ]

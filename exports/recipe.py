"""What an export is made of and how: the kind, who and what is in it, its form. Pure data.

A recipe is stored with the export it made, so that the same bytes can be made again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any, get_type_hints

from projects.errors import InvalidInput, Problem

KINDS = (
    "sft",
    "preferences",
    "reward",
    "rankings",
    "unpaired",
    "ratings",
    "critiques",
    "prompts",
    "conversations",
    "raw",
)
FILE_TYPES = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")
SOURCES = ("all", "comparisons", "rankings", "votes")
LONGEST_LIST = 1_000
LONGEST_TEXT = 200


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which judgements. What is empty selects nothing out."""

    rounds: tuple[int, ...] = ()
    """0 is the one that goes on when the export is made."""
    guideline_versions: tuple[int, ...] = ()
    valid_under_current: bool = False
    """Only those none of whose clauses has changed since."""
    reviewed: str = "any"
    """any, accepted (a reviewer accepted or fixed it) or unreviewed."""
    minimum_agreement: float = 0.0
    """Of the labelers of one task, the share that preferred the same side."""
    judgements: str = "each"
    """each: one row a judgement; consensus: one row a task, by the project's rule."""
    labelers: tuple[str, ...] = ()
    not_labelers: tuple[str, ...] = ()
    """Pseudonyms."""
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    autonomy_levels: tuple[int, ...] = ()
    since: str = ""
    until: str = ""
    """Dates (2026-11-21): from the first moment of `since` to the first of `until`, in UTC."""
    minimum_vote_weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Mappings:
    """What becomes of judgements that a format has no word for. Which of it a kind and a format
    know is in `exports.formats.mappings`; the rest is refused."""

    ties: str = "drop"
    """drop, or both: each answer chosen once, in pairs."""
    both_bad: str = "drop"
    """drop, or undesirable: both as bad answers, in unpaired data."""
    system: str = "keep"
    """keep, or merge: into the first message of the user, for formats without a system role and
    for models whose chat templates refuse one."""


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Shares in per mille of prompts. Near-duplicates share one; held-out prompts never train."""

    validation: int = 0
    test: int = 0
    salt: str = "touchstone"

    @property
    def are_some(self) -> bool:
        return self.validation + self.test > 0


@dataclass(frozen=True, kw_only=True)
class Hygiene:
    exact_duplicates: bool = True
    near_duplicates: float = 0.0
    """The Jaccard likeness from which on the later of two rows goes; 0: no look for any."""
    decontaminate: tuple[str, ...] = ()
    """Names of the project's uploaded benchmarks."""
    personal_data: str = "keep"
    """keep, mask or drop."""
    hidden_text: str = "keep"
    """Invisible characters and encoded blobs: keep, clean or drop."""
    language_check: bool = False
    """Rows whose text is not in the language their prompt is filed under go."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    kind: str
    format: str = "trl"
    file_type: str = "jsonl"
    source: str = "all"
    with_machine: bool = False
    rows_per_file: int = 100_000
    """A builder that follows goes on after the last whole file. 0: one file a split."""
    tokenizer: str = ""
    """Name of a tokenizer known here, for lengths in tokens; empty: lengths in characters."""
    gate: str = "report"
    """The scan for poisoning: off, report, or hold: with findings, no download before sign-off."""
    licence: str = ""
    consent: str = ""
    """Of the data, for its card: a name such as cc-by-4.0; what people agreed to."""
    selection: Selection = field(default_factory=Selection)
    mapping: Mappings = field(default_factory=Mappings)
    splits: Splits = field(default_factory=Splits)
    hygiene: Hygiene = field(default_factory=Hygiene)

    def as_dict(self) -> dict[str, Any]:
        """Only what differs from the defaults, so that a default added later changes no hash."""
        return _told(self)


CHOICES = {
    "kind": KINDS,
    "file_type": FILE_TYPES,
    "source": SOURCES,
    "gate": ("off", "report", "hold"),
    "selection.reviewed": ("any", "accepted", "unreviewed"),
    "selection.judgements": ("each", "consensus"),
    "mapping.ties": ("drop", "both"),
    "mapping.both_bad": ("drop", "undesirable"),
    "mapping.system": ("keep", "merge"),
    "hygiene.personal_data": ("keep", "mask", "drop"),
    "hygiene.hidden_text": ("keep", "clean", "drop"),
}
RANGES: dict[str, tuple[float, float]] = {
    "rows_per_file": (0, 10_000_000),
    "selection.minimum_agreement": (0, 1),
    "selection.minimum_vote_weight": (0, 1),
    "splits.validation": (0, 500),
    "splits.test": (0, 500),
    "hygiene.near_duplicates": (0, 1),
}
DATES = ("selection.since", "selection.until")


def read(data: Any) -> Recipe:
    """The recipe that `data` spells out; every problem is named by its field, as in
    `selection.since`."""
    problems: list[Problem] = []
    recipe = _read(Recipe, data, "", problems)
    if not problems:
        problems += _crossed(recipe)
    if problems:
        raise InvalidInput(*problems)
    return recipe  # type: ignore[no-any-return]


def _read(kind: type[Any], data: Any, prefix: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(Problem(prefix.rstrip("."), "must be an object"))
        return None
    hints = get_type_hints(kind)
    unknown = sorted(map(str, data.keys() - hints.keys()))
    problems += [Problem(f"{prefix}{name}"[:LONGEST_TEXT], "is not known here") for name in unknown]
    given: dict[str, Any] = {}
    for each in fields(kind):
        name, wanted = f"{prefix}{each.name}", hints[each.name]
        if each.name not in data:
            if name == "kind":
                problems.append(Problem(name, f"must be one of: {', '.join(KINDS)}"))
            continue
        value = data[each.name]
        if is_dataclass(wanted):
            given[each.name] = _read(wanted, value, f"{name}.", problems)  # type: ignore[arg-type]
            continue
        read_value, rule = _value(name, wanted, value)
        if rule:
            problems.append(Problem(name, rule))
        else:
            given[each.name] = read_value
    return None if problems else kind(**given)


def _value(name: str, wanted: Any, value: Any) -> tuple[Any, str]:
    """The value as its field keeps it, and the rule it breaks, if it does."""
    if wanted is bool:
        return value, "" if isinstance(value, bool) else "must be true or false"
    if wanted is str:
        return value, _text_rule(name, value)
    if wanted in (int, float):
        return value, _number_rule(name, value, whole=wanted is int)
    if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
        return None, f"must be a list of at most {LONGEST_LIST:,}"
    item = int if wanted == tuple[int, ...] else str
    rule = "must hold whole numbers from 0 to 2147483647" if item is int else "must hold texts"
    if not all(_is_item(each, item) for each in value):
        return None, rule
    return tuple(sorted(set(value))), ""


def _is_item(value: Any, item: type) -> bool:
    if item is int:
        return type(value) is int and 0 <= value < 2**31
    return isinstance(value, str) and not _text_rule("", value)


def _text_rule(name: str, value: Any) -> str:
    if name in CHOICES:
        is_one = isinstance(value, str) and value in CHOICES[name]
        return "" if is_one else f"must be one of: {', '.join(CHOICES[name])}"
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return f"must be a text of at most {LONGEST_TEXT} characters"
    if not value.isprintable():
        return "must hold no control character"
    if name in DATES and value:
        return _date_rule(value)
    return ""


def _date_rule(value: str) -> str:
    try:
        is_date = date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_date = False
    return "" if is_date else "must be a date, as in 2026-11-21"


def _number_rule(name: str, value: Any, *, whole: bool) -> str:
    low, high = RANGES[name]
    is_number = type(value) is int or (not whole and type(value) is float)
    if not is_number or not low <= value <= high:
        return f"must be a {'whole ' if whole else ''}number from {low:g} to {high:,.0f}"
    return ""


def _crossed(recipe: Recipe) -> list[Problem]:
    """Rules between fields."""
    problems = []
    if recipe.kind == "sft" and recipe.source == "votes":
        problems.append(Problem("source", "votes have no demonstrations; choose preferences"))
    since, until = recipe.selection.since, recipe.selection.until
    if since and until and since >= until:
        problems.append(Problem("selection.until", "must be later than since"))
    if recipe.splits.validation + recipe.splits.test > 900:
        problems.append(Problem("splits.test", "must leave at least 100 per mille to train on"))
    return problems


def _told(value: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for each in fields(value):
        held = getattr(value, each.name)
        if is_dataclass(held):
            inner = _told(held)
            if inner:
                told[each.name] = inner
        elif each.name == "kind" or held != each.default:
            told[each.name] = list(held) if isinstance(held, tuple) else held
    return told


def everything(recipe: Recipe) -> dict[str, Any]:
    """Every field, defaults too: for forms and the API's answers."""
    return asdict(recipe)

"""The making page's form: a recipe from its fields, and what its fields show of a recipe.

A field is named as its place in the recipe: `selection.since`. What a box does not send is off.
"""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from django.http import QueryDict

from exports import recipe
from exports.formats import FORMATS, formats_of
from exports.formats.mappings import heeded
from exports.pages.words import KINDS
from exports.recipe import Recipe
from exports.selecting.filters import MACHINE, known, meaningless
from exports.snapshots.making import check
from projects.errors import InvalidInput

FIRST_FORMAT = "trl"


def given(sent: QueryDict) -> dict[str, Any]:
    """What the form says, in a recipe's shape; nothing is checked yet."""
    return _part(Recipe, "", sent)


def fitted(told: dict[str, Any]) -> dict[str, Any]:
    """The same with a format, a type of file and mappings that go with its kind, and without the
    filters that do not: the kind was changed after them."""
    kind, chosen = told.get("kind"), told.get("format", FIRST_FORMAT)
    if kind not in recipe.KINDS:
        return told
    source = told.get("source", "all") if KINDS[kind].has_sources else "all"
    allowed = known_of(kind, source)
    selection = told.get("selection", {})
    if chosen not in FORMATS or kind not in FORMATS[chosen].accepts:
        chosen = formats_of(kind)[0].name
    types = FORMATS[chosen].file_types
    file_type = told.get("file_type", "")
    return told | {
        "format": chosen,
        "file_type": file_type if file_type in types else types[0],
        "source": source,
        "with_machine": MACHINE in allowed and told.get("with_machine", False),
        "selection": {name: selection[name] for name in selection if name in allowed},
        "mapping": _heeded(told.get("mapping", {}), kind, chosen),
    }


def known_of(kind: str, source: str) -> frozenset[str]:
    """The filters of the form; where no kind is chosen, those of all."""
    if kind not in recipe.KINDS or source not in recipe.SOURCES:
        kind, source = "raw", "all"
    return known(Recipe(kind=kind, source=source))


def left_out(told: dict[str, Any]) -> str:
    """What a recipe that was kept chooses by and the form does not show, as it has no meaning."""
    try:
        problems = meaningless(recipe.read(told))
    except InvalidInput:
        return ""
    return str(InvalidInput(*problems)) if problems else ""


def checked(told: dict[str, Any]) -> Recipe:
    """The recipe, if it keeps every rule: also that its format can say its kind."""
    read = recipe.read(told)
    check(read)
    return read


def shown(told: dict[str, Any]) -> dict[str, Any]:
    """Every field for a template, with what stands in it; what was never said has its default."""
    usual = recipe.everything(Recipe(kind="preferences"))
    return _laid_over(usual, told)


def opened(told: dict[str, Any], wrong: Collection[str]) -> dict[str, bool]:
    """Which folded parts of the form stand open: those that say something of their own, or in
    which something is wrong."""
    usual = shown({})
    parts = {"sizes": ("rows_per_file", "tokenizer"), "rights": ("licence", "consent")} | {
        name: (name,) for name in ("mapping", "splits", "hygiene", "gate")
    }
    return {
        part: any(
            told[name] != usual[name] or any(each.split(".")[0] == name for each in wrong)
            for name in names
        )
        for part, names in parts.items()
    }


def _heeded(mapping: dict[str, Any], kind: str, form: str) -> dict[str, Any]:
    """What means something there; what is no choice at all stays, to be refused by its name."""
    known = heeded(kind, form)
    return {
        name: value
        for name, value in mapping.items()
        if value in known[name] or value not in recipe.CHOICES[f"mapping.{name}"]
    }


def _part(kind: type[Any], prefix: str, sent: QueryDict) -> dict[str, Any]:
    hints = get_type_hints(kind)
    read: dict[str, Any] = {}
    for each in fields(kind):
        name, wanted = f"{prefix}{each.name}", hints[each.name]
        if is_dataclass(wanted):
            read[each.name] = _part(wanted, f"{name}.", sent)  # type: ignore[arg-type]
        elif wanted is bool:
            read[each.name] = name in sent
        elif wanted == tuple[int, ...]:
            read[each.name] = [_number(text, int) for text in sent.getlist(name) if text.strip()]
        elif wanted == tuple[str, ...]:
            read[each.name] = [text for text in sent.getlist(name) if text]
        elif text := str(sent.get(name, "")).strip():
            read[each.name] = text if wanted is str else _number(text, wanted)
    return read


def _number(text: str, kind: type[int] | type[float]) -> int | float | str:
    """The number; what is none stays as it was written, and the recipe refuses it by name."""
    try:
        return kind(text) if text.isascii() and len(text) <= 20 else text
    except ValueError:
        return text


def _laid_over(usual: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    laid = dict(usual)
    for name, value in told.items():
        if name in usual and isinstance(usual[name], dict):
            laid[name] = _laid_over(usual[name], value) if isinstance(value, dict) else usual[name]
        elif name in usual:
            laid[name] = value
    return laid

"""A recipe as the API's description tells it, written from the recipe's own rules."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints

from exports.formats import FORMATS
from exports.recipe import CHOICES, DATES, LONGEST_LIST, LONGEST_TEXT, RANGES, Recipe

Schema = dict[str, Any]


def recipe_schema() -> Schema:
    """JSON Schema. Everything but the kind may be left out."""
    return {
        **_object(Recipe, ""),
        "required": ["kind"],
        "description": "What goes into an export and how it is written. The format must be able "
        "to say the kind: the list of formats tells which can.",
    }


def _object(kind: type[Any], prefix: str) -> Schema:
    hints = get_type_hints(kind)
    told = {each.name: _field(f"{prefix}{each.name}", hints[each.name]) for each in fields(kind)}
    for each in fields(kind):
        if each.default is not MISSING:
            told[each.name]["default"] = _plain(each.default)
    return {"type": "object", "properties": told, "additionalProperties": False}


def _field(name: str, wanted: Any) -> Schema:
    if is_dataclass(wanted):
        return _object(wanted, f"{name}.")  # type: ignore[arg-type]
    if wanted is bool:
        return {"type": "boolean"}
    if wanted in (int, float):
        low, high = RANGES[name]
        kind = "integer" if wanted is int else "number"
        return {"type": kind, "minimum": low, "maximum": high}
    if wanted is not str:
        item = "integer" if wanted == tuple[int, ...] else "string"
        return {"type": "array", "items": {"type": item}, "maxItems": LONGEST_LIST}
    if name == "format":
        return {"type": "string", "enum": list(FORMATS)}
    if name in CHOICES:
        return {"type": "string", "enum": list(CHOICES[name])}
    told: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
    return told | {"description": "A date, as in 2026-11-21."} if name in DATES else told


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

"""What a dataset's texts were scanned for, by its manifest: asked, met, left out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WISHES = {
    "keep": "kept",
    "mask": "masked",
    "clean": "taken out",
    "drop": "the row is left out",
}
KINDS = {
    "ip": "IP address",
    "iban": "IBAN",
    "email": "e-mail address",
    "phone": "telephone number",
    "card": "card number",
    "identity": "identity number",
    "secret": "key or password",
}
TITLES = {
    "personal_data": "Personal data",
    "hidden_text": "Hidden text",
    "control_tokens": "Control tokens",
    "language_check": "Other languages",
    "benchmarks": "Benchmarks",
    "exact_duplicates": "Exact duplicates",
    "near_duplicates": "Near-duplicates",
}
"""In the order in which they look."""


@dataclass(frozen=True)
class Scan:
    """`asked`: what becomes of its finds. `rows_looked_at` and `rows`, those with finds, are None
    where only what is left out is counted."""

    name: str
    asked: str
    left_out: int
    rows_looked_at: int | None = None
    rows: int | None = None
    found: tuple[tuple[str, int], ...] = ()

    @property
    def found_said(self) -> str:
        return ", ".join(f"{KINDS.get(kind, kind)} {number:,}" for kind, number in self.found)


def scans(manifest: Mapping[str, Any]) -> list[Scan]:
    """Those that looked, in the order in which they did."""
    told: Mapping[str, Any] = manifest.get("hygiene", {})
    wishes = _wishes(manifest)
    return [
        Scan(
            name=title,
            asked=_asked(name, told[name], wishes),
            left_out=told[name]["rows_left_out"],
            rows_looked_at=told[name].get("rows_looked_at"),
            rows=told[name].get("rows"),
            found=_found(told[name]),
        )
        for name, title in TITLES.items()
        if name in told
    ]


def unscanned(manifest: Mapping[str, Any]) -> list[str]:
    """What nobody asked to look for."""
    wishes = _wishes(manifest)
    looked_for = {
        "exact duplicates": wishes.get("exact_duplicates", True),
        "near-duplicates": wishes.get("near_duplicates"),
        "text of benchmarks": wishes.get("decontaminate"),
        "other languages": wishes.get("language_check"),
    }
    return [name for name, is_asked in looked_for.items() if not is_asked]


def _wishes(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest.get("recipe", {}).get("hygiene", {})
    return found


def _asked(name: str, told: Mapping[str, Any], wishes: Mapping[str, Any]) -> str:
    match name:
        case "exact_duplicates":
            return "the first stands"
        case "near_duplicates":
            return f"alike from {wishes[name]:g} on, the first stands"
        case "language_check":
            return WISHES["drop"]
        case "benchmarks":
            return f"{WISHES['drop']}: {', '.join(each['name'] for each in told['held_against'])}"
        case _:
            return WISHES[wishes.get(name, "keep")]


def _found(told: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """The most first; of benchmarks, how many items of each."""
    held_against = told.get("held_against", [])
    items = {f"{each['name']}, items met": len(each["met"]) for each in held_against if each["met"]}
    found: Mapping[str, int] = told.get("found", items)
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

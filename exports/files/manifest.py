"""The manifest: what a dataset holds and how it was made, and the address that follows from it."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from exports.files.counts import A_PERSON, Counts
from exports.files.shards import FileEntry
from exports.files.templated import warnings_of

MANIFEST = "manifest.json"
CARD = "README.md"
CROISSANT = "croissant.json"
SPLITS = ("train", "validation", "test")
NOT_ADDRESSED = frozenset(
    {
        *("id", "address", "created_at", "touchstone_version", "code_sha256"),
        *("rounds", "plan_sha256"),
        # What follows from the data and is told for people's sake.
        *("warnings", "chat_template"),
    }
)
ABOUT_THE_DATA = frozenset({CARD, CROISSANT, MANIFEST})


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of a dataset without reading it."""

    id: str
    project_slug: str
    project_name: str
    recipe: Mapping[str, Any]
    """As in `Recipe.as_dict()`."""
    format_title: str
    created_at: str
    """The moment of the snapshot, not of the building: a rebuild says the same."""
    touchstone_version: str
    code_sha256: str
    """Of the modules that made it."""
    licence: str = ""
    consent: str = ""
    """What people were told and agreed to, in words."""
    model_licences: Mapping[str, str] = field(default_factory=dict)
    rounds: Sequence[Mapping[str, Any]] = ()
    """Those that the recipe chooses: number, name, from when to when."""
    hygiene: Mapping[str, Any] = field(default_factory=dict)
    """What each scan found and what came of it."""
    poisoning: Mapping[str, Any] = field(default_factory=dict)
    unusable: Sequence[str] = ()
    """Why nobody can train on it as it is."""


def manifest_of(
    about: About, counts: Counts, dropped: Counter[str], files: Sequence[FileEntry]
) -> dict[str, Any]:
    """`files`: the data's and provenance's; card and Croissant metadata are told of by `with_file`,
    since they tell of the manifest."""
    told = counts.as_dict()
    template = _template(about, told["templated"])
    manifest = {
        "id": about.id,
        "kind": about.recipe["kind"],
        "format": about.format_title,
        "project": {"slug": about.project_slug, "name": about.project_name},
        "recipe": dict(about.recipe),
        **({"rounds": list(about.rounds)} if about.rounds else {}),
        "created_at": about.created_at,
        "touchstone_version": about.touchstone_version,
        "code_sha256": about.code_sha256,
        "warnings": warnings_of(about.unusable, template),
        "counts": {
            "rows": counts.rows,
            "dropped": dict(sorted(dropped.items())),
            "by_source": told["sources"],
            "by_split": told["splits"],
            "changed": told["changed"],
        },
        "guideline_versions": told["guideline_versions"],
        "models": told["models"],
        "sampling": told["settings"],
        "annotators": told["annotators"],
        "annotator_shares": _shares(counts.annotators),
        "characters": told["characters"],
        "character_shares": _shares(counts.characters),
        "lengths": told["lengths"],
        "chat_template": template,
        "licence": about.licence,
        "model_licences": {
            name: about.model_licences.get(name, "") for name in told["models"] if name != A_PERSON
        },
        "consent": about.consent,
        "hygiene": dict(about.hygiene),
        "poisoning": dict(about.poisoning),
        "files": [each.as_dict() for each in files],
    }
    return manifest | {"address": address_of(manifest)}


def with_file(manifest: Mapping[str, Any], entry: FileEntry) -> dict[str, Any]:
    return {**manifest, "files": [*manifest["files"], entry.as_dict()]}


def address_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 over what the dataset holds and how it was made, in one spelling: no times, no names
    of this one snapshot, no version of the program, and of the files those that hold the data."""
    kept = {name: value for name, value in manifest.items() if name not in NOT_ADDRESSED}
    kept["project"] = manifest["project"]["slug"]
    kept["files"] = [each for each in manifest["files"] if each["name"] not in ABOUT_THE_DATA]
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def as_bytes(manifest: Mapping[str, Any]) -> bytes:
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def data_files(manifest: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The files of rows by split, in order; splits without rows are left out, since no reader can
    open them."""
    splits: dict[str, list[dict[str, Any]]] = {}
    for split in SPLITS:
        found = [each for each in manifest["files"] if each["name"].startswith(f"{split}-")]
        if held := [each for each in found if each.get("rows")]:
            splits[split] = held
    return splits


def file_type_of(manifest: Mapping[str, Any]) -> str:
    return str(manifest["recipe"].get("file_type", "jsonl"))


def _template(about: About, told: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing where no chat template was put on any row."""
    looked = told["rows_looked_at"] or told["rows_bare"]
    return {"tokenizer": about.recipe["tokenizer"], **told} if looked else {}


def _shares(counter: Counter[str]) -> dict[str, float]:
    total = counter.total()
    return {name: round(n / total, 4) for name, n in sorted(counter.items())} if total else {}

"""What a snapshot says of itself: manifest, address, card, Croissant metadata."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from exports.files.card import card
from exports.files.counts import Counts
from exports.files.croissant import croissant
from exports.files.manifest import (
    CARD,
    CROISSANT,
    MANIFEST,
    About,
    as_bytes,
    manifest_of,
    with_file,
)
from exports.files.shards import FileEntry
from exports.formats.validity import unusable
from exports.models import Export
from exports.recipe import Recipe
from exports.snapshots.code import CODE
from exports.snapshots.making import format_of
from exports.snapshots.plan import Plan
from exports.snapshots.shards import Whole
from exports.snapshots.signing import SIGNATURE, signature_of
from exports.snapshots.writing import Written
from workers.models import LanguageModel


@dataclass(frozen=True)
class Described:
    manifest: dict[str, Any]
    files: Mapping[str, bytes]
    """What stands in the folder beside the rows and their provenance."""


def describe(
    export: Export,
    plan: Plan,
    moment: str,
    written: Written,
) -> Described:
    recipe, wholes = plan.recipe, written.wholes
    counts, trained_on = _counted(wholes)
    about = _about(export, plan, moment, written, counts, trained_on)
    files = _extras(recipe, wholes)
    renamed = [whole.renamed() for whole in wholes]
    entries = [pair[place][1] for place in (0, 1) for pair in renamed]
    entries += [_entry(name, content) for name, content in files.items()]
    manifest = manifest_of(about, counts, written.dropped, entries)
    columns = format_of(recipe).columns(recipe.kind)
    note = format_of(recipe).notes.get(recipe.kind, "")
    for name, content in (
        (CARD, card(manifest, columns, note)),
        (CROISSANT, croissant(manifest, columns)),
    ):
        files[name] = content
        manifest = with_file(manifest, _entry(name, content))
    manifest["plan_sha256"] = plan.sha256
    text = as_bytes(manifest)
    files[MANIFEST] = text
    if settings.SIGNING_KEY:
        files[SIGNATURE] = signature_of(text, settings.SIGNING_KEY)
    return Described(manifest, files)


def _counted(wholes: list[Whole]) -> tuple[Counts, Counter[str]]:
    """All files together, and the labels of those that are trained on."""
    counts = Counts()
    counts.lengths.unit = wholes[0].counts.lengths.unit
    trained_on: Counter[str] = Counter()
    for whole in wholes:
        counts.add(whole.counts)
        if whole.split == "train":
            trained_on += whole.counts.labels
    return counts, trained_on


def _about(
    export: Export,
    plan: Plan,
    moment: str,
    written: Written,
    counts: Counts,
    trained_on: Counter[str],
) -> About:
    recipe, n_train = plan.recipe, counts.splits["train"]
    return About(
        id=str(export.public_id),
        project_slug=export.project.slug,
        project_name=export.project.name,
        recipe=recipe.as_dict(),
        format_title=format_of(recipe).title,
        created_at=moment,
        touchstone_version=settings.VERSION,
        code_sha256=CODE,
        licence=recipe.licence,
        consent=recipe.consent,
        model_licences=_licences(counts),
        rounds=plan.rounds,
        hygiene=written.hygiene,
        poisoning=written.poisoning,
        unusable=unusable(recipe.format, recipe.kind, rows=n_train, labels=trained_on),
    )


def _entry(name: str, content: bytes) -> FileEntry:
    return FileEntry(name, len(content), hashlib.sha256(content).hexdigest())


def _extras(recipe: Recipe, wholes: list[Whole]) -> dict[str, bytes]:
    """What the format's consumer looks for beside the data."""
    names: dict[str, list[str]] = {}
    for whole in wholes:
        names.setdefault(whole.split, []).append(whole.renamed()[0][1].name)
    return format_of(recipe).extras(recipe.kind, names)


def _licences(counts: Counts) -> dict[str, str]:
    found = LanguageModel.objects.filter(name__in=counts.models).exclude(licence="")
    return dict(found.values_list("name", "licence"))

"""`manage.py diff_exports`: what differs between two snapshots."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError

from exports.files.manifest import MANIFEST
from exports.models import Export
from exports.snapshots.diff import CHANGES, Sample, difference
from exports.snapshots.digests import Row
from exports.snapshots.folders import folder_of

SAID = {
    "added": "added",
    "removed": "removed",
    "label": "judged otherwise",
    "text": "saying something else",
    "moved": "in another split",
}


class Command(BaseCommand):
    help = "Compare two snapshots, each named by its id or its folder: what came, went and changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("before", metavar="ID|FOLDER")
        parser.add_argument("after", metavar="ID|FOLDER")
        parser.add_argument("--samples", type=int, default=5, metavar="N")
        parser.add_argument("--json", action="store_true", help="All of it, as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        before, after = folder_named(options["before"]), folder_named(options["after"])
        if not 0 <= options["samples"] <= 1000:
            raise CommandError("--samples: must be a number from 0 to 1000.")
        found = difference(before, after, n_samples=options["samples"])
        if options["json"]:
            self.stdout.write(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode())
            return
        self.stdout.write(f"{found.n_before} rows before, {found.n_after} after")
        self.stdout.write(f"{found.n_same} the same")
        for change in CHANGES:
            self.stdout.write(f"{found.counts[change]} {SAID[change]}")
            for sample in found.samples[change]:
                self.stdout.write(f"    {sample.split}: {sample.id}{told(sample)}")


def told(sample: Sample) -> str:
    """What it corrects, and how it was judged before and is now."""
    corrects = f", a correction of {sample.corrects}" if sample.corrects else ""
    before, after = (sample.label_before or {}), (sample.label_after or {})
    names = sorted(before.keys() | after.keys()) if sample.before and sample.after else []
    changed = [
        f", {name} {_value(before, name)} -> {_value(after, name)}"
        for name in names
        if before.get(name) != after.get(name)
    ]
    return corrects + "".join(changed)


def _value(label: Row, name: str) -> str:
    return orjson.dumps(label.get(name)).decode()


def folder_named(name: str) -> Path:
    """The folder of an export that is named by its id, or a folder."""
    try:
        export = Export.objects.filter(public_id=UUID(name)).first()
    except ValueError:
        folder = Path(name)
    else:
        if export is None:
            raise CommandError(f"There is no export {name}.")
        folder = folder_of(export)
    if not (folder / MANIFEST).is_file():
        raise CommandError(f"{folder} holds no finished snapshot.")
    return folder

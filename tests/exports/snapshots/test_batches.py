"""However many keys are read at once, an export of the same rows has the same bytes."""

from pathlib import Path

import pytest

from exports.models import Export
from exports.recipe import KINDS, read
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from projects.models import Project
from tests.exports.reading.mixture import mixed

pytestmark = pytest.mark.django_db(transaction=True)
TYPES = ("jsonl", "parquet", "jsonl.gz", "jsonl.zst")
ABOUT_THE_EXPORT = {"manifest.json", "README.md", "croissant.json"}
"""These tell its id and when it was made."""


def files_of(export: Export) -> dict[str, bytes]:
    folder: Path = folder_of(export)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ABOUT_THE_EXPORT
    }


def test_every_batch_size_makes_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed(project, seed=7, n_each=5)
    kinds = [kind for kind in KINDS if kind != "ratings"]
    for number, kind in enumerate(kinds):
        recipe = read(
            {
                "kind": kind,
                "format": "touchstone" if kind in ("raw", "conversations") else "trl",
                "file_type": TYPES[number % len(TYPES)],
                "rows_per_file": 3,
                "splits": {"validation": 200},
            }
        )
        made = []
        for at_once, streamed_times in ((1_000, 16), (3, 2), (1, 1)):
            monkeypatch.setattr("exports.reading.copying.AT_ONCE", at_once)
            monkeypatch.setattr("exports.reading.copying.STREAMED_TIMES", streamed_times)
            made.append(export_now(project=project, recipe=recipe))
        whole = files_of(made[0])
        assert len(whole) > 1, kind
        assert [files_of(each) == whole for each in made[1:]] == [True, True], kind
        assert len({each.address for each in made}) == 1, kind

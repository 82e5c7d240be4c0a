"""What was finished of an export is taken up again, or written anew where it no longer fits."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.utils import timezone

from exports.models import Export
from exports.recipe import read
from exports.snapshots import shards
from exports.snapshots.building import build
from exports.snapshots.folders import folder_of
from exports.splitting.holding_out import hold_out
from labeling.models import Prompt
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_ranking

pytestmark = pytest.mark.django_db(transaction=True)


class Died(BaseException):
    """A builder, between two files."""


def die_after(n_files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = shards.Desk.keep

    def kept(desk: shards.Desk, whole: shards.Whole) -> None:
        keep(desk, whole)
        if len(desk.wholes()) == n_files:
            raise Died

    monkeypatch.setattr(shards.Desk, "keep", kept)


def interrupted(project: Project, monkeypatch: pytest.MonkeyPatch, **recipe: object) -> Export:
    """With two files finished."""
    told = read({"rows_per_file": 3, "gate": "off", **recipe})
    export = Export.objects.create(project=project, kind=told.kind, recipe=told.as_dict())
    with monkeypatch.context() as dying:
        die_after(2, dying)
        with pytest.raises(Died):
            build(export.pk)
    Export.objects.filter(pk=export.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    return export


def finished(export: Export) -> list[str]:
    """Whose rows it has, in their order."""
    build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.DONE
    files = sorted(folder_of(export).glob("provenance-*"))
    return [orjson.loads(line)["id"] for file in files for line in file.open("rb")]


def n_told(export: Export) -> int:
    counts = export.manifest["counts"]
    return int(counts["rows"]) + sum(counts["dropped"].values())


@pytest.fixture
def twelve(project: Project, labeler: User) -> list[str]:
    return [
        f"comparison-{make_comparison(project, labeler, a=f'One {n}.', b=f'Two {n}.').pk}"
        for n in range(12)
    ]


def test_finished_files_are_not_written_again(
    project: Project, twelve: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = interrupted(project, monkeypatch, kind="preferences")
    written: list[str] = []
    opened = shards.open_shard

    def noted(path: Path, *form: object) -> shards.Shard:
        written.append(path.name)
        return opened(path, *form)  # type: ignore[arg-type]

    monkeypatch.setattr(shards, "open_shard", noted)
    assert finished(export) == twelve
    data = [name for name in written if not name.startswith("provenance")]
    assert data == ["train-00002.jsonl", "train-00003.jsonl"]


@pytest.mark.parametrize("place", [0, 7, 11])
def test_a_prompt_held_out_meanwhile_costs_no_other_row(
    project: Project, twelve: list[str], monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    export = interrupted(project, monkeypatch, kind="preferences")
    prompt = Prompt.objects.order_by("pk")[place]
    hold_out(by=None, project=project, external_ids=[prompt.external_id])
    rows = finished(export)
    assert set(twelve) - set(rows) <= {twelve[place]}
    assert n_told(export) == 12
    assert len(rows) == export.n_rows == len(set(rows))


def test_rankings_too(project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        make_ranking(project, labeler, [[f"Best {n}."], [f"Good {n}."], [f"Poor {n}."]])
    export = interrupted(project, monkeypatch, kind="rankings", rows_per_file=4)
    hold_out(
        by=None,
        project=project,
        external_ids=[Prompt.objects.earliest("pk").external_id],
    )
    rows = finished(export)
    assert len(rows) == export.n_rows == 15 + 3 * (not export.manifest["counts"]["dropped"])


def test_all_of_a_finished_split_may_be_gone(
    project: Project, twelve: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = interrupted(project, monkeypatch, kind="preferences")
    for prompt in Prompt.objects.all():
        hold_out(by=None, project=project, external_ids=[prompt.external_id])
    assert n_told(export := _again(export)) == 12
    assert len(set(twelve)) == 12


def _again(export: Export) -> Export:
    finished(export)
    return export

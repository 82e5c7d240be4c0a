"""What was finished of an export is taken up again, or written anew where it no longer fits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from exports.formats import Dropped
from exports.models import Export
from exports.recipe import Recipe, read
from exports.snapshots import making, plan, shards
from exports.snapshots.building import build
from exports.snapshots.folders import folder_of
from exports.snapshots.passing import Maker
from exports.snapshots.rebuilding import rebuild
from exports.splitting.holding_out import hold_out, release
from exports.splitting.mapping import HELD_OUT
from labeling.models import Prompt
from projects.errors import Conflict
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_ranking

pytestmark = pytest.mark.django_db(transaction=True)
FORBIDDEN = "now forbidden"


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


def forbid(is_forbidden: Callable[[Any], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade with a rule more."""
    of = making.maker

    def stricter(recipe: Recipe) -> Maker:
        make = of(recipe)

        def rows(record: Any) -> Any:
            if is_forbidden(record):
                raise Dropped(FORBIDDEN)
            return make(record)

        return rows

    monkeypatch.setattr(making, "maker", stricter)


def finished(export: Export) -> list[str]:
    """Whose rows it has, in their order."""
    build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.DONE
    files = sorted(folder_of(export).glob("provenance-*"))
    return [orjson.loads(line)["id"] for file in files for line in file.open("rb")]


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
    moved: list[str] = []
    keep = shards.Desk.keep

    def kept(desk: shards.Desk, whole: shards.Whole) -> None:
        moved.append(whole.data.name)
        keep(desk, whole)

    monkeypatch.setattr(shards.Desk, "keep", kept)
    assert finished(export) == twelve
    assert moved == ["train-00002.jsonl", "train-00003.jsonl"]


@pytest.mark.parametrize("recipe", [{}, {"splits": {"test": 300}}])
def test_what_is_held_out_meanwhile_is_of_the_next_snapshot(
    project: Project,
    twelve: list[str],
    monkeypatch: pytest.MonkeyPatch,
    recipe: dict[str, Any],
) -> None:
    before, *others, released = Prompt.objects.order_by("pk")
    hold_out(by=None, project=project, ids=[released.external_id])
    hold_out(by=None, project=project, texts=b"What nobody ever asked here.")
    export = interrupted(project, monkeypatch, kind="preferences", **recipe)
    hold_out(by=None, project=project, ids=[before.external_id, others[5].external_id])
    release(by=None, project=project, ids=[released.external_id])
    assert sorted(finished(export)) == sorted(twelve[:-1])
    assert export.manifest["counts"]["dropped"] == {HELD_OUT: 1}
    rebuilt = rebuild(export)
    assert (rebuilt.differing, rebuilt.address) == ((), export.address)


@pytest.mark.parametrize("gone", [slice(0, 1), slice(4, 5), slice(5, 8), slice(0, 12)])
def test_where_other_records_come_all_is_written_anew(
    project: Project, twelve: list[str], monkeypatch: pytest.MonkeyPatch, gone: slice
) -> None:
    export = interrupted(project, monkeypatch, kind="preferences")
    forbid(lambda record: record.id in twelve[gone], monkeypatch)
    left = [each for each in twelve if each not in twelve[gone]]
    assert finished(export) == left
    assert export.n_rows == len(left)
    assert export.manifest["counts"]["dropped"] == {FORBIDDEN: 12 - len(left)}


def test_a_ranking_that_is_gone_costs_no_other(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        make_ranking(project, labeler, [[f"Best {n}."], [f"Good {n}."], [f"Poor {n}."]])
    export = interrupted(project, monkeypatch, kind="rankings", rows_per_file=4)
    forbid(lambda record: "Best 0." in repr(record), monkeypatch)
    assert len(finished(export)) == export.n_rows == 15


def test_a_plan_of_another_version_is_said_to_be_one(
    project: Project, twelve: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = interrupted(project, monkeypatch, kind="preferences")
    monkeypatch.setattr(plan, "VERSION", plan.VERSION + 1)
    with pytest.raises(Conflict, match="another version"):
        build(export.pk)
    export.refresh_from_db()
    assert (export.state, len(twelve)) == (Export.State.FAILED, 12)

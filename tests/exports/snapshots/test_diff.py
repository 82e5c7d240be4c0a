"""Differences of two snapshots."""

from pathlib import Path
from typing import Any

import pytest

from exports.models import Export
from exports.recipe import read
from exports.snapshots import diff
from exports.snapshots.diff import Difference, difference, label_of, text_of
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from labeling.models import Comparison
from projects.models import Project, User
from tests.exports.judgements import make_comparison, next_of

pytestmark = pytest.mark.django_db(transaction=True)


def made(project: Project, **told: Any) -> Export:
    return export_now(project=project, recipe=read({"kind": "preferences", "gate": "off", **told}))


def compared(before: Export, after: Export) -> Difference:
    return difference(folder_of(before), folder_of(after))


@pytest.mark.parametrize("file_type", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_rows_that_came_and_rows_that_stayed(
    project: Project, labeler: User, file_type: str
) -> None:
    kept = make_comparison(project, labeler)
    before = made(project)
    new = make_comparison(project, labeler, a="Newly this.", b="Newly that.")
    after = made(project, file_type=file_type, rows_per_file=1)
    found = compared(before, after)
    assert (found.n_before, found.n_after, found.n_same) == (1, 2, 1)
    assert found.counts == dict.fromkeys(diff.CHANGES, 0) | {"added": 1}
    (sample,) = found.samples["added"]
    assert (sample.id, sample.split, sample.before) == (f"comparison-{new.pk}", "train", None)
    assert sample.after is not None
    assert sample.after["chosen"][0]["content"] == "Newly this."
    back = compared(after, before)
    assert (back.counts["removed"], back.samples["removed"][0].id) == (1, f"comparison-{new.pk}")
    assert kept.pk != new.pk


def test_a_snapshot_does_not_differ_from_itself(project: Project, labeler: User) -> None:
    for _ in range(3):
        make_comparison(project, labeler)
    export = made(project)
    found = compared(export, export)
    assert (found.n_same, sum(found.counts.values())) == (3, 0)


def test_a_correction_is_one_row_that_went_and_one_that_came(
    project: Project, labeler: User
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = made(project)
    Comparison.objects.create(
        **next_of(first),
        response_a=first.response_a,
        response_b=first.response_b,
        preference=3,
    )
    found = compared(before, made(project))
    assert (found.n_same, found.counts["added"], found.counts["removed"]) == (0, 1, 1)


def test_masked_texts_are_rows_that_say_something_else(project: Project, labeler: User) -> None:
    make_comparison(project, labeler, a="Write to ann@example.org.", b="I cannot say.")
    before = made(project)
    found = compared(before, made(project, hygiene={"personal_data": "mask"}))
    assert {name for name, n in found.counts.items() if n} == {"text"}
    (sample,) = found.samples["text"]
    assert sample.before != sample.after


def test_another_judgement_of_the_same_texts_is_another_label() -> None:
    before = {"chosen": "This.", "rejected": "That.", "prompt": "Which?"}
    after = {"chosen": "That.", "rejected": "This.", "prompt": "Which?"}
    assert text_of(before) == text_of(after)
    assert label_of({"strength": -2, "seconds": 3}) != label_of({"strength": 2, "seconds": 3})
    assert label_of({"strength": -2, "seconds": 3}) == label_of({"strength": -2, "seconds": 9})
    # In Parquet what is no plain value is a text.
    assert label_of({"tiers": [[0], [1]]}) == label_of({"tiers": "[[0],[1]]"})


def test_many_parts_find_what_one_part_finds(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        make_comparison(project, labeler, a=f"Yes, {number}.", b=f"No, {number}.")
    before = made(project)
    for number in range(5):
        make_comparison(project, labeler, a=f"Also {number}.", b=f"Not {number}.")
    after = made(project, rows_per_file=4, splits={"validation": 300})
    whole = compared(before, after)
    monkeypatch.setattr(diff, "ROWS_IN_A_PART", 3)
    assert compared(before, after) == whole
    assert whole.counts["added"] == 5
    assert whole.n_same + whole.counts["moved"] == 12
    assert len(whole.samples["added"]) == 5


def test_samples_are_as_many_as_are_asked_for(
    project: Project, labeler: User, data_folder: Path
) -> None:
    before = made(project)
    for number in range(4):
        make_comparison(project, labeler, a=f"Yes, {number}.", b=f"No, {number}.")
    after = made(project)
    found = difference(folder_of(before), folder_of(after), n_samples=2)
    ids = [sample.id for sample in found.samples["added"]]
    first = list(Comparison.objects.order_by("pk").values_list("pk", flat=True)[:2])
    assert ids == [f"comparison-{pk}" for pk in first]

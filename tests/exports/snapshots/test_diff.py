"""Differences of two snapshots."""

from pathlib import Path
from typing import Any

import pytest

from exports.formats import FORMATS, formats_of
from exports.models import Export
from exports.recipe import read
from exports.snapshots import diff
from exports.snapshots.diff import Difference, difference
from exports.snapshots.digests import label_of, text_of
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from labeling.models import Comparison
from projects.models import Project, User
from tests.exports.judgements import (
    make_comparison,
    make_demonstration,
    make_ranking,
    next_of,
)
from tests.exports.reading.mixture import correct

pytestmark = pytest.mark.django_db(transaction=True)


def made(project: Project, **told: Any) -> Export:
    file_type = FORMATS[told.get("format", "trl")].file_types[0]
    recipe = {"kind": "preferences", "gate": "off", "file_type": file_type, **told}
    return export_now(project=project, recipe=read(recipe))


def corrected(row: Comparison, **told: Any) -> Comparison:
    sides = {"response_a": row.response_a, "response_b": row.response_b}
    return Comparison.objects.create(**next_of(row) | sides | told)


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


@pytest.mark.parametrize("name", [each.name for each in formats_of("preferences")])
def test_a_correction_is_a_row_that_was_judged_otherwise(
    project: Project, labeler: User, name: str
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = made(project, format=name)
    later = corrected(first, preference=3)
    last = corrected(later, preference=1)
    found = compared(before, made(project, format=name))
    assert (found.n_same, found.counts["label"]) == (0, 1)
    assert (found.counts["added"], found.counts["removed"]) == (0, 0)
    (sample,) = found.samples["label"]
    assert (sample.id, sample.corrects) == (f"comparison-{last.pk}", f"comparison-{first.pk}")
    assert (sample.label_before, sample.label_after) == ({"strength": -2}, {"strength": 1})


def test_a_correction_that_says_the_same_changes_nothing(project: Project, labeler: User) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = made(project)
    corrected(first, preference=-2)
    found = compared(before, made(project))
    assert (found.n_same, sum(found.counts.values())) == (1, 0)


def test_what_somebody_else_judged_is_another_row(
    project: Project, labeler: User, reviewer: User
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = made(project)
    corrected(first, preference=3, labeler=reviewer)
    found = compared(before, made(project))
    assert (found.n_same, found.counts["added"], found.counts["removed"]) == (0, 1, 1)


@pytest.mark.parametrize("name", [each.name for each in formats_of("unpaired")])
def test_each_answer_of_a_correction_was_judged_otherwise(
    project: Project, labeler: User, name: str
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = made(project, kind="unpaired", format=name)
    corrected(first, preference=1)
    found = compared(before, made(project, kind="unpaired", format=name))
    assert (found.counts["label"], found.counts["added"], found.counts["removed"]) == (2, 0, 0)


@pytest.mark.parametrize("name", [each.name for each in formats_of("rankings")])
def test_each_row_of_a_ranking_that_was_corrected_is_judged_otherwise(
    project: Project, labeler: User, name: str
) -> None:
    first = make_ranking(project, labeler, [["Best."], ["Good."], ["Bad."]])
    before = made(project, kind="rankings", format=name)
    correct(first, **next_of(first))
    found = compared(before, made(project, kind="rankings", format=name))
    assert found.counts["label"] == found.n_before == found.n_after
    assert (found.n_same, found.counts["added"], found.counts["removed"]) == (0, 0, 0)


@pytest.mark.parametrize("name", [each.name for each in formats_of("sft")])
def test_an_answer_that_was_corrected_says_something_else(
    project: Project, labeler: User, name: str
) -> None:
    first = make_demonstration(project, labeler, "An answer.")
    before = made(project, kind="sft", format=name)
    later = correct(first, **next_of(first))
    found = compared(before, made(project, kind="sft", format=name))
    assert {change for change, n in found.counts.items() if n} == {"text"}
    (sample,) = found.samples["text"]
    assert sample.corrects == f"demonstration-{first.pk}"
    assert sample.id == f"demonstration-{later.pk}"


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

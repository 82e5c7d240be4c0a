"""What people do with an export: `datasets.load_dataset`, without a network."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration

pytestmark = pytest.mark.django_db(transaction=True)
DATA = "train-00000-of-00001.jsonl"


@pytest.fixture
def load(offline: None, tmp_path: Path) -> Any:
    from datasets import load_dataset

    def loaded(*args: Any, **options: Any) -> Any:
        return load_dataset(*args, split="train", cache_dir=str(tmp_path / "cache"), **options)

    return loaded


def test_demonstrations_load_from_the_file_and_from_the_folder(
    project: Project, labeler: User, load: Any
) -> None:
    make_demonstration(project, labeler, "First 👩‍🚀\u2028answer.")
    make_demonstration(project, labeler, "Second answer.")
    folder = folder_of(export_now(project=project, kind="sft"))
    for rows in (load("json", data_files=str(folder / DATA)), load(str(folder))):
        assert rows.column_names == ["messages"]
        assert [row["messages"][-1] for row in rows] == [
            {"role": "assistant", "content": "First 👩‍🚀\u2028answer."},
            {"role": "assistant", "content": "Second answer."},
        ]


def test_preferences_load_from_the_file_and_from_the_folder(
    project: Project, labeler: User, load: Any
) -> None:
    make_comparison(project, labeler, a="Left.", b="Right.", preference=1)
    folder = folder_of(export_now(project=project, kind="preferences"))
    for rows in (load("json", data_files=str(folder / DATA)), load(str(folder))):
        assert rows.column_names == ["prompt", "chosen", "rejected"]
        assert rows[0]["chosen"] == [{"role": "assistant", "content": "Right."}]


def test_a_project_name_of_special_characters_does_not_break_the_card(
    project: Project, labeler: User, load: Any
) -> None:
    project.name = "--- 'x': {kind} [&*!|>%@`\"\n---\nconfigs: no"
    project.save(update_fields=["name"])
    make_demonstration(project, labeler, "An answer.")
    folder = folder_of(export_now(project=project, kind="sft"))
    assert load(str(folder)).num_rows == 1
    header = (folder / "README.md").read_text().split("---\n")[1]
    assert "\nconfigs: no" not in header


def test_answers_that_all_read_like_dates_are_text(
    project: Project, labeler: User, load: Any
) -> None:
    from datasets import Dataset

    make_comparison(project, labeler, a="1989-11-09", b="1990-10-03", preference=-3)
    folder = folder_of(export_now(project=project, kind="preferences"))
    assert isinstance(load(str(folder))[0]["chosen"][0]["content"], str)
    lines = (folder / DATA).read_bytes().splitlines()
    kept = Dataset.from_list([orjson.loads(line) for line in lines])
    assert kept[0]["chosen"][0]["content"] == "1989-11-09"

"""`manage.py export`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exports.models import Export
from exports.snapshots.folders import folder_of
from exports.snapshots.signing import verify
from projects.models import Project, User
from tests.exports.judgements import make_comparison

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("export", *arguments, stdout=out)
    return out.getvalue()


def test_it_writes_an_export_and_says_what_was_left_out(project: Project, labeler: User) -> None:
    make_comparison(project, labeler)
    make_comparison(project, labeler, preference=0)
    told = run("preferences", "--project", "harbour")
    export = Export.objects.get()
    assert told.splitlines() == [
        f"1 rows, address {export.address}",
        "left out 1: a tie: neither answer was preferred",
        str(folder_of(export)),
    ]


def test_it_copies_to_a_new_folder(project: Project, labeler: User, tmp_path: Path) -> None:
    make_comparison(project, labeler)
    output = tmp_path / "deep" / "snapshot"
    run("preferences", "--project", "harbour", "--output", str(output))
    made = {path.name for path in folder_of(Export.objects.get()).iterdir()}
    assert {path.name for path in output.iterdir()} == made - {"plan.npz"}
    assert verify(output).problems == ()
    (output / "README.md").write_text("A copy is its owner's to write in.")
    assert [path.name for path in output.parent.iterdir()] == ["snapshot"]


def test_a_folder_that_exists_is_not_written_into(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="exists already; name a new folder"):
        run("sft", "--project", "harbour", "--output", str(tmp_path))
    assert not Export.objects.exists()


def test_an_output_that_cannot_be_made_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"--output: .*The export itself is in"):
        run("sft", "--project", "harbour", "--output", str(tmp_path / "file" / "snapshot"))


def test_an_unknown_project_is_named(project: Project) -> None:
    with pytest.raises(CommandError, match="--project: there is no project 'nowhere'"):
        run("sft", "--project", "nowhere")


@pytest.mark.parametrize(
    "arguments", [("csv",), ("sft", "--source", "elsewhere"), ("sft", "--source", "votes")]
)
def test_a_wrong_argument_stores_nothing(project: Project, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"kind|source"):
        run(*arguments, "--project", "harbour")
    assert not Export.objects.exists()


def test_a_recipe_comes_from_a_file_and_arguments_stand_over_it(
    project: Project, labeler: User, tmp_path: Path
) -> None:
    make_comparison(project, labeler)
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"kind": "preferences", "format": "openai", "file_type": "parquet"}')
    run("--recipe", str(recipe), "--project", "harbour", "--format", "trl", "--rows-per-file", "7")
    told = {"kind": "preferences", "file_type": "parquet", "rows_per_file": 7}
    assert Export.objects.get().recipe == told


@pytest.mark.parametrize("text", ["[]", "{", '{"kind": "sft", "unknown": 1}', "\x00"])
def test_a_recipe_that_is_none_stores_nothing(project: Project, tmp_path: Path, text: str) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(text)
    with pytest.raises(CommandError, match=r"recipe|unknown"):
        run("--recipe", str(recipe), "--project", "harbour")
    assert not Export.objects.exists()

"""Snapshots made again, checked, and signed."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from exports.files.manifest import MANIFEST, as_bytes
from exports.models import Export
from exports.recipe import read
from exports.snapshots import code, describing
from exports.snapshots.folders import folder_of
from exports.snapshots.plan import PLAN, Plan
from exports.snapshots.rebuilding import rebuild
from exports.snapshots.requests import export_now
from exports.snapshots.signing import SIGNATURE, public_key_of, verify
from labeling.models import Comparison
from projects.errors import Conflict, NotFound
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_ranking, make_vote, next_of
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "7f" * 32
OTHER = "80" * 32


@pytest.fixture
def export(project: Project, labeler: User) -> Export:
    for number in range(6):
        make_comparison(project, labeler, a=f"Ask ann{number}@example.org.", b=f"No, {number}.")
        make_vote(project, turns=[(f"Say {number}.", "Yes.", "No.")])
    make_ranking(project, labeler, [["Best."], ["Good."], ["Poor."]])
    told = {
        "kind": "preferences",
        "file_type": "jsonl.zst",
        "rows_per_file": 4,
        "splits": {"validation": 200, "test": 200},
        "hygiene": {"personal_data": "mask", "near_duplicates": 0.9},
    }
    return export_now(project=project, recipe=read(told))


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def altered(export: Export, name: str, content: bytes) -> Path:
    folder = folder_of(export)
    folder.chmod(0o755)
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_bytes(content)
    return folder


def test_the_same_bytes_come_of_the_plan_whatever_has_come_since(
    project: Project, labeler: User, export: Export
) -> None:
    superseded = Comparison.objects.earliest("pk")
    Comparison.objects.create(
        **next_of(superseded),
        response_a=superseded.response_a,
        response_b=superseded.response_b,
        preference=1,
    )
    make_comparison(project, labeler, a="Later.", b="Too late.")
    rebuilt = rebuild(export)
    assert (rebuilt.differing, rebuilt.address) == ((), export.address)
    assert run("rebuild_export", str(export.public_id)).strip().endswith(export.address)


def test_a_rebuild_tells_that_the_code_is_another(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export.manifest["code_sha256"] == code.sum_of(code.SOURCES)
    monkeypatch.setattr(describing, "CODE", "0" * 64)
    rebuilt = rebuild(export)
    assert (rebuilt.differing, rebuilt.address) == ((), export.address)
    assert not rebuilt.is_same_code
    LanguageModel.objects.update(licence="mit")
    with pytest.raises(CommandError, match="made by other code"):
        run("rebuild_export", str(export.public_id))


def test_another_module_or_name_makes_another_sum(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("ONE = 1\n")
    sums = {code.sum_of(tmp_path)}
    (tmp_path / "one.py").write_text("ONE = 2\n")
    sums.add(code.sum_of(tmp_path))
    (tmp_path / "one.py").rename(tmp_path / "two.py")
    sums.add(code.sum_of(tmp_path))
    (tmp_path / "notes.txt").write_text("Nothing that runs.")
    sums.add(code.sum_of(tmp_path))
    assert len(sums) == 3


def test_what_is_not_finished_or_has_no_plan_cannot_be_rebuilt(
    project: Project, export: Export
) -> None:
    with pytest.raises(Conflict):
        rebuild(Export.objects.create(project=project, kind="sft"))
    folder_of(export).chmod(0o755)
    (folder_of(export) / "plan.npz").unlink()
    with pytest.raises(NotFound):
        rebuild(export)
    with pytest.raises(CommandError, match="plan of this export"):
        run("rebuild_export", str(export.public_id))


def test_a_whole_snapshot_verifies(export: Export) -> None:
    verified = verify(folder_of(export))
    assert (verified.problems, verified.address, verified.signed_by) == ((), export.address, "")
    assert "Whole" in run("verify_export", str(export.public_id))


def test_every_alteration_is_found(export: Export) -> None:
    name = str(export.manifest["files"][0]["name"])
    content = (folder_of(export) / name).read_bytes()
    folder = altered(export, name, content[:-1] + b"\x00")
    assert verify(folder).problems == (f"{name}: its SHA-256 is another one",)
    altered(export, name, content + b"more")
    assert verify(folder).problems == (f"{name}: has {len(content) + 4} bytes, not {len(content)}",)
    (folder / name).unlink()
    altered(export, "extra.jsonl", b"{}")
    assert set(verify(folder).problems) == {
        f"{name}: is not there",
        "extra.jsonl: is not in the manifest",
    }
    with pytest.raises(CommandError, match="is not there"):
        run("verify_export", str(folder))


def test_another_plan_is_found(export: Export) -> None:
    content = (folder_of(export) / PLAN).read_bytes()
    for other in (replace(Plan.from_bytes(content), read_sha256="", ids={}).as_bytes(), b"none"):
        folder = altered(export, PLAN, other)
        assert verify(folder).problems == ("plan.npz: its SHA-256 is another one",)
        with pytest.raises(CommandError, match="made by another plan"):
            run("rebuild_export", str(export.public_id))
    altered(export, PLAN, content)
    assert verify(folder).problems == ()
    assert rebuild(export).address == export.address
    (folder / PLAN).unlink()
    assert verify(folder).problems == ()


def test_a_manifest_of_before_the_plan_was_told_verifies(export: Export) -> None:
    told = {name: each for name, each in export.manifest.items() if name != "plan_sha256"}
    verified = verify(altered(export, MANIFEST, as_bytes(told)))
    assert (verified.problems, verified.address) == ((), export.address)


def test_a_manifest_that_tells_another_count_has_another_address(export: Export) -> None:
    text = (folder_of(export) / "manifest.json").read_bytes()
    folder = altered(export, "manifest.json", text.replace(b'"by_source"', b'"by_sauce"'))
    assert verify(folder).problems == ("manifest.json: does not have the address that it tells",)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"files": 3, "address": "x"}'])
def test_what_is_no_manifest_is_said_to_be_none(export: Export, text: bytes) -> None:
    (problem,) = verify(altered(export, "manifest.json", text)).problems
    assert problem.startswith("manifest.json: ")


def test_signed_exports_say_by_whom(project: Project, labeler: User, settings: Settings) -> None:
    settings.SIGNING_KEY = KEY
    make_comparison(project, labeler)
    export = export_now(project=project, kind="preferences")
    verified = verify(folder_of(export), public_key=public_key_of(KEY))
    assert (verified.problems, verified.signed_by) == ((), public_key_of(KEY))
    other = verify(folder_of(export), public_key=public_key_of(OTHER))
    assert other.problems == (f"{SIGNATURE}: is by another key, {public_key_of(KEY)}",)
    told = run("verify_export", str(export.public_id), "--key", public_key_of(KEY))
    assert f"signed by {public_key_of(KEY)}" in told
    unsigned = verify(altered(export, SIGNATURE, b"{}"))
    assert unsigned.problems == (f"{SIGNATURE}: is not a signature",)


def test_a_signature_covers_every_byte_of_the_manifest(
    project: Project, labeler: User, settings: Settings
) -> None:
    settings.SIGNING_KEY = KEY
    make_comparison(project, labeler)
    export = export_now(project=project, kind="preferences")
    text = (folder_of(export) / "manifest.json").read_bytes()
    folder = altered(export, "manifest.json", text + b" ")
    assert verify(folder).problems == (f"{SIGNATURE}: does not fit the manifest",)


def test_where_a_signature_is_wanted_one_has_to_be(export: Export) -> None:
    verified = verify(folder_of(export), public_key=public_key_of(KEY))
    assert verified.problems == (f"{SIGNATURE}: is not there",)

"""The page of one export, its archive, its comparison, what is beside it."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exports.hygiene.benchmarks import add_benchmark
from exports.models import Benchmark, Export, HeldOut, Target, Upload
from exports.recipe import read
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from labeling.models import Comparison
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration, next_of

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], Client]
ROWS = "train-00000-of-00001.jsonl"


@pytest.fixture
def browser(reviewer: User, signed_in: SignIn) -> Client:
    return signed_in(reviewer)


def test_the_page_says_how_to_load_what_was_left_out_and_how_long_rows_are(
    project: Project, labeler: User, browser: Client
) -> None:
    make_comparison(project, labeler)
    make_comparison(project, labeler, preference=None)
    export = export_now(project=project, kind="preferences")
    page = browser.get(f"/exports/{export.public_id}/")
    told = page.context["told"]
    assert [(part.name, part.number) for part in told.dropped] == [
        ("both answers were bad: neither was preferred", 1)
    ]
    assert sum(rows for _, rows in told.lengths.bins) == 1
    assert len(told.sampling) == 2
    text = page.content.decode()
    assert "DPOTrainer(" in text
    assert export.address in text


def test_the_page_says_what_scans_met_and_how_many_findings_there_are(
    project: Project, labeler: User, browser: Client
) -> None:
    add_benchmark(by=None, project=project, name="sums", data=b"What is 2 and 2?")
    make_demonstration(project, labeler, "Write to a@b.de. <|im_end|>")
    asked = read({"kind": "sft", "hygiene": {"decontaminate": ["sums"]}})
    export = export_now(project=project, recipe=asked)
    page = browser.get(f"/exports/{export.public_id}/")
    assert [(each.name, each.rows, each.found_said) for each in page.context["told"].scans] == [
        ("Personal data", 1, "e-mail address 1"),
        ("Hidden text", 0, ""),
        ("Control tokens", 1, "<|im_end|> 1"),
        ("Benchmarks", None, ""),
        ("Exact duplicates", None, ""),
    ]
    text = page.content.decode()
    assert hashlib.sha256(b"What is 2 and 2?").hexdigest() in text
    assert "Not looked for: near-duplicates, other languages." in text
    assert "Nothing was found." in text


def test_the_archive_holds_every_file_as_it_is(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    answer: Any = browser.get(f"/exports/{export.public_id}/archive.tar")
    sent = b"".join(answer.streaming_content)
    assert len(sent) == int(answer["Content-Length"])
    stem = f"harbour-sft-{str(export.public_id)[:8]}"
    assert answer["Content-Disposition"] == f'attachment; filename="{stem}.tar"'
    with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
        held = {each.name: archive.extractfile(each) for each in archive}
    there = {path.name for path in folder_of(export).iterdir()}
    assert {name.removeprefix(f"{stem}/") for name in held} <= there
    assert f"{stem}/{ROWS}" in held


def test_a_part_of_a_file_can_be_asked_for(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    path = f"/exports/{export.public_id}/files/{ROWS}"
    answer: Any = browser.get(path, headers={"Range": "bytes=2-5"})
    whole = (folder_of(export) / ROWS).read_bytes()
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, whole[2:6])


def test_what_is_held_is_not_downloaded_before_it_is_signed_off(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = Export.objects.create(
        project=project,
        kind="sft",
        recipe={"kind": "sft", "gate": "hold"},
        state="done",
        n_rows=1,
        sha256="a" * 64,
        finished_at="2026-11-21T12:00:00Z",
        manifest=export_now(project=project, kind="sft").manifest,
    )
    assert browser.get(f"/exports/{export.public_id}/files/{ROWS}").status_code == 409
    assert browser.get(f"/exports/{export.public_id}/archive.tar").status_code == 409


def test_a_waiting_export_is_cancelled_and_asked_for_again(
    project: Project, browser: Client
) -> None:
    recipe = {"kind": "sft", "splits": {"test": 100}}
    export = Export.objects.create(project=project, kind="sft", recipe=recipe)
    steer = f"/exports/{export.public_id}/steer/"
    browser.post(steer, {"action": "cancel"})
    export.refresh_from_db()
    assert export.state == "cancelled"
    page = browser.get(f"/exports/{export.public_id}/").content.decode()
    assert "This export was cancelled" in page
    answer = browser.post(steer, {"action": "again"})
    again = Export.objects.exclude(pk=export.pk).get()
    assert answer.headers["Location"] == f"/exports/{again.public_id}/"
    assert again.recipe == recipe
    assert browser.post(steer, {"action": "explode"}).status_code == 400


def test_two_exports_are_compared_row_by_row(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "The first answer.")
    before = export_now(project=project, kind="sft")
    make_demonstration(project, labeler, "Another answer.")
    after = export_now(project=project, recipe=read({"kind": "sft", "file_type": "parquet"}))
    path = "/projects/harbour/exports/compare/"
    page = browser.get(f"{path}?before={before.public_id}&after={after.public_id}")
    counts = {change.name: change.number for change in page.context["changes"]}
    assert counts == {"added": 1, "removed": 0, "label": 0, "text": 0, "moved": 0}
    assert page.context["found"].n_same == 1
    assert "Another answer." in page.content.decode()
    assert browser.get(f"{path}?before=x").status_code == 400


def test_a_correction_is_shown_with_both_judgements(
    project: Project, labeler: User, browser: Client
) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = export_now(project=project, kind="preferences")
    sides = {"response_a": first.response_a, "response_b": first.response_b}
    Comparison.objects.create(**next_of(first), **sides, preference=3)
    after = export_now(project=project, kind="preferences")
    ids = (before.public_id, after.public_id)
    path = "/projects/harbour/exports/compare/?before={}&after={}"
    page = browser.get(path.format(*ids)).content.decode()
    assert f"a correction of comparison-{first.pk}" in page
    assert "&quot;strength&quot;: -2" in page
    assert "&quot;strength&quot;: 3" in page


def test_a_benchmark_is_uploaded_and_a_prompt_held_out(
    project: Project, labeler: User, browser: Client
) -> None:
    made = make_demonstration(project, labeler, "An answer.")
    file = SimpleUploadedFile("b.txt", b"What is the capital of the country of France called?\n")
    path = "/projects/harbour/exports/benchmarks/"
    assert browser.post(path, {"name": "Capitals", "file": file}).status_code == 302
    assert Benchmark.objects.get().n_items == 1
    held = "/projects/harbour/exports/held-out/"
    browser.post(held, {"action": "hold", "ids": made.prompt.external_id})
    assert HeldOut.objects.get().prompt == made.prompt
    page = browser.get(path).content.decode()
    assert "Capitals" in page
    assert made.prompt.external_id in page
    browser.post(held, {"action": "release", "ids": made.prompt.external_id})
    assert not HeldOut.objects.exists()


def test_texts_are_held_out_written_or_in_a_file(project: Project, browser: Client) -> None:
    held = "/projects/harbour/exports/held-out/"
    browser.post(held, {"action": "hold", "texts": "Why is it so?\r\nAnd how?\r\n"})
    file = SimpleUploadedFile("asked.jsonl", b'{"messages": [{"role": "user", "content": "Who?"}]}')
    browser.post(held, {"action": "hold", "file": file})
    assert HeldOut.objects.count() == 3
    page = browser.get("/projects/harbour/exports/benchmarks/").content.decode()
    assert "Why is it so?" in page
    assert "Who?" in page
    file.seek(0)
    both = browser.post(held, {"action": "hold", "texts": "Why?", "file": file})
    assert both.status_code == 400
    assert "must be written here or be in a file" in both.content.decode()
    wrong = browser.post(held, {"action": "hold", "texts": '{"messages": []}'})
    assert "must hold a message of the user" in wrong.content.decode()
    browser.post(held, {"action": "release", "texts": "Why is it so?\nAnd how?"})
    assert HeldOut.objects.get().asked == [{"role": "user", "content": "Who?"}]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{\n"])
def test_a_benchmark_that_cannot_be_read_is_refused(
    project: Project, browser: Client, data: bytes
) -> None:
    file = SimpleUploadedFile("b.jsonl", data)
    page = browser.post("/projects/harbour/exports/benchmarks/", {"name": "Broken", "file": file})
    assert page.status_code == 400
    assert not Benchmark.objects.exists()


def test_an_owner_adds_a_target_and_whoever_exports_sends_there(
    project: Project, labeler: User, owner: User, reviewer: User, signed_in: SignIn
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    owners = signed_in(owner)
    given = {"kind": "hub", "name": "Hub", "url": "harbour/answers", "secret": "hf_very_secret"}
    assert owners.post("/projects/harbour/exports/targets/", given).status_code == 302
    page = owners.get("/projects/harbour/exports/targets/").content.decode()
    assert "harbour/answers" in page
    assert "hf_very_secret" not in page
    theirs = signed_in(reviewer)
    theirs.post(f"/exports/{export.public_id}/send/", {"action": "send", "target": "Hub"})
    upload = Upload.objects.get()
    sent = {"action": "cancel", "upload": str(upload.public_id)}
    theirs.post(f"/exports/{export.public_id}/send/", sent)
    upload.refresh_from_db()
    assert upload.state == "cancelled"
    target = Target.objects.get()
    give_up = f"/projects/harbour/exports/targets/{target.public_id}/give-up/"
    assert owners.post(give_up).status_code == 302
    target.refresh_from_db()
    assert (target.given_up_at is None, target.secret) == (False, "")


def test_a_target_that_breaks_a_rule_is_refused_and_its_secret_not_shown_again(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    given = {"kind": "files", "name": "b", "url": "ftp://x", "key": "k", "secret": "hush"}
    page = signed_in(owner).post("/projects/harbour/exports/targets/", given)
    assert page.status_code == 400
    assert "url" in page.context["wrong"]
    assert "hush" not in page.content.decode()

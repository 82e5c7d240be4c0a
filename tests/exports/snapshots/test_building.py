"""Exports from request to finished snapshot."""

import hashlib
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from exports import formats
from exports.files.manifest import address_of
from exports.models import Export
from exports.poisoning.found import Scanned
from exports.recipe import KINDS, read
from exports.snapshots.building import build
from exports.snapshots.folders import draft_of, folder_of
from exports.snapshots.rebuilding import rebuild
from exports.snapshots.requests import cancel, export_now, reconcile, request_export
from exports.snapshots.signing import verify
from exports.tasks import build_export
from labeling.models import Assignment
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.exports.judgements import (
    HAIKU,
    make_comparison,
    make_demonstration,
    make_ranking,
    make_vote,
)

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = '<script>alert(1)</script>\u2028\u202e{{7*7}} 👩‍🚀 ],"rejected":[ \\u0000 null'


DATA = "train-00000-of-00001.jsonl"
PROVENANCE = f"provenance-{DATA}"
WRITTEN = {DATA, PROVENANCE, "README.md", "croissant.json", "manifest.json", "plan.npz"}


def lines(export: Export, name: str = DATA) -> list[Any]:
    return [orjson.loads(line) for line in (folder_of(export) / name).read_bytes().splitlines()]


def waiting(project: Project, **fields: Any) -> Export:
    return Export.objects.create(project=project, kind=fields.pop("kind", "preferences"), **fields)


def lapsed(project: Project, *, attempts: int) -> Export:
    return waiting(
        project,
        state=Export.State.RUNNING,
        attempts=attempts,
        leased_until=timezone.now() - timedelta(seconds=1),
        created_at=timezone.now() - timedelta(minutes=5),
    )


@pytest.fixture
def tasks_run_at_once() -> Iterator[None]:
    build_export.app.conf.task_always_eager = True
    yield
    build_export.app.conf.task_always_eager = False


@contextmanager
def no_room_on_disk() -> Iterator[None]:
    """No file may grow past a few bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_demonstrations_become_conversations(project: Project, labeler: User) -> None:
    system = [{"role": "system", "content": "Be brief."}, *HAIKU]
    make_demonstration(project, labeler, "Bent wire, patient", messages=system)
    export = export_now(project=project, kind="sft")
    assert (export.state, export.n_rows, export.n_read) == ("done", 1, 1)
    assert lines(export) == [
        {"messages": [*system, {"role": "assistant", "content": "Bent wire, patient"}]}
    ]


def test_preferences_are_rows_and_the_rest_is_counted_with_its_reason(
    project: Project, labeler: User
) -> None:
    make_comparison(project, labeler, a="Left.", b="Right.", preference=2, messages=HAIKU)
    make_comparison(project, labeler, preference=0)
    make_comparison(project, labeler, preference=None)
    make_comparison(project, labeler, a="Same.", b="Same.")
    make_vote(project, verdict="b", turns=[("Say hello.", "Go away.", "Hello!")])
    make_vote(project, turns=[])
    make_vote(project, turns=[("Hello.", "A1", "B1"), ("And?", "A2", "B2")])
    export = export_now(project=project, kind="preferences")
    assert lines(export) == [
        {
            "prompt": HAIKU,
            "chosen": [{"role": "assistant", "content": "Right."}],
            "rejected": [{"role": "assistant", "content": "Left."}],
        },
        {
            "prompt": [{"role": "user", "content": "Say hello."}],
            "chosen": [{"role": "assistant", "content": "Hello!"}],
            "rejected": [{"role": "assistant", "content": "Go away."}],
        },
    ]
    reasons = (
        formats.TIE,
        formats.BOTH_BAD,
        formats.SAME_TEXT,
        formats.NO_TEXT,
        formats.DIVERGED,
    )
    counts = export.manifest["counts"]
    assert (counts["rows"], counts["by_split"]) == (2, {"train": 2})
    assert counts["by_source"] == {"comparison": 1, "vote": 1}
    assert counts["dropped"] == dict.fromkeys(reasons, 1)
    assert (export.n_read, export.n_expected) == (7, 7)


def test_the_manifest_says_what_lies_on_the_disk(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    folder = folder_of(export)
    assert orjson.loads((folder / "manifest.json").read_bytes()) == export.manifest
    assert [file["name"] for file in export.manifest["files"]] == [
        DATA,
        PROVENANCE,
        "README.md",
        "croissant.json",
    ]
    for file in export.manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["bytes"] == len(content)
    assert export.sha256 == export.manifest["files"][0]["sha256"]
    assert export.manifest["guideline_versions"] == {"1": 1}
    assert export.manifest["annotators"] == {labeler.pseudonym: 1}
    assert export.manifest["models"] == {"a person": 1}
    assert export.manifest["recipe"] == {"kind": "sft"}
    assert export.manifest["address"] == export.address == address_of(export.manifest)


def test_provenance_stands_line_by_line_beside_the_rows(project: Project, labeler: User) -> None:
    make_comparison(project, labeler, preference=0)
    kept = make_comparison(project, labeler, preference=-3)
    export = export_now(project=project, kind="preferences")
    (line,) = lines(export, PROVENANCE)
    assert line["id"] == f"comparison-{kept.pk}"
    assert (line["strength"], line["seconds"], line["guideline_version"]) == (-3, 17.25, 1)
    assert [answer["origin"] for answer in line["answers"]] == ["model", "model"]
    assert "text" not in line["answers"][0]
    assert labeler.username not in (folder_of(export) / PROVENANCE).read_text()


def test_hostile_text_stays_the_text_it_is(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, HOSTILE, messages=[{"role": "user", "content": HOSTILE}])
    export = export_now(project=project, kind="sft")
    assert [message["content"] for message in lines(export)[0]["messages"]] == [HOSTILE, HOSTILE]
    text = (folder_of(export) / DATA).read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1


def test_the_same_judgements_give_the_same_bytes(project: Project, labeler: User) -> None:
    for preference in (-2, 1, 3):
        make_comparison(project, labeler, preference=preference)
        make_vote(project)
    first = export_now(project=project, kind="preferences")
    second = export_now(project=project, kind="preferences")
    assert (first.sha256, first.address) == (second.sha256, second.address)
    for name in (DATA, PROVENANCE, "plan.npz"):
        assert (folder_of(first) / name).read_bytes() == (folder_of(second) / name).read_bytes()


def test_another_recipe_has_another_address(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An answer.")
    one = export_now(project=project, kind="sft")
    other = export_now(project=project, recipe=read({"kind": "sft", "file_type": "jsonl.gz"}))
    assert one.address != other.address


def test_the_card_says_under_which_licence_and_with_whose_consent(
    project: Project, labeler: User
) -> None:
    make_demonstration(project, labeler, "Paperclips bend.")
    told = {"licence": "cc-by-4.0", "consent": "Labelers agreed to publication."}
    export = export_now(project=project, recipe=read({"kind": "sft", **told}))
    card = (folder_of(export) / "README.md").read_text()
    assert "license: cc-by-4.0" in card
    assert "Labelers agreed to publication." in card
    assert export.manifest["licence"] == "cc-by-4.0"


def test_a_finished_folder_can_be_read_alone(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An answer.")
    folder = folder_of(export_now(project=project, kind="sft"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(WRITTEN, 0o444)
    assert folder.stat().st_mode & 0o777 == 0o555


def test_a_project_without_judgements_gives_an_empty_export(project: Project) -> None:
    export = export_now(project=project, kind="sft")
    assert (export.state, export.n_rows, lines(export)) == ("done", 0, [])


def test_building_twice_changes_nothing(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    make_demonstration(project, labeler, "A later answer.")
    build(export.pk)
    assert len(lines(export)) == 1
    assert Export.objects.get(pk=export.pk).attempts == 1


def test_a_full_disk_fails_the_export_and_leaves_no_folder(
    project: Project, labeler: User, data_folder: Path
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = waiting(project, kind="sft")
    with no_room_on_disk(), pytest.raises(OSError, match="File too large"):
        build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.FAILED
    assert "File too large" in export.error
    assert list((data_folder / "exports").iterdir()) == []


def test_a_builder_that_died_is_taken_over_and_its_remains_go(
    project: Project, labeler: User, data_folder: Path
) -> None:
    make_comparison(project, labeler)
    export = lapsed(project, attempts=1)
    stale = draft_of(export) / "work-dead"
    stale.mkdir(parents=True)
    (stale / "train-00000.jsonl").write_text("half a r")
    renamed_before_its_commit = folder_of(export)
    renamed_before_its_commit.mkdir()
    (renamed_before_its_commit / "left.txt").write_text("from the dead builder")
    build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.DONE
    assert {path.name for path in folder_of(export).iterdir()} == WRITTEN
    assert [path.name for path in (data_folder / "exports").iterdir()] == [str(export.public_id)]


def test_an_export_in_other_hands_is_left_alone(project: Project) -> None:
    export = waiting(
        project,
        state=Export.State.RUNNING,
        attempts=1,
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    build(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == (Export.State.RUNNING, 1)


def test_the_reconciler_has_lost_and_lapsed_exports_built(
    project: Project, labeler: User, tasks_run_at_once: None
) -> None:
    make_comparison(project, labeler)
    lost = waiting(project, created_at=timezone.now() - timedelta(minutes=1))
    fresh = waiting(project)
    died = lapsed(project, attempts=2)
    reconcile()
    states = dict(Export.objects.values_list("pk", "state"))
    assert states == {lost.pk: "done", fresh.pk: "queued", died.pk: "done"}


def test_an_export_interrupted_three_times_is_given_up(project: Project) -> None:
    export = lapsed(project, attempts=3)
    reconcile()
    export.refresh_from_db()
    assert (export.state, export.error) == (Export.State.FAILED, "Interrupted three times.")
    build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.FAILED


def test_a_finished_export_never_changes(project: Project) -> None:
    export = export_now(project=project, kind="sft")
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(n_rows=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(state=Export.State.QUEUED)


def test_an_export_cannot_be_done_without_its_checksum(project: Project) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        waiting(project, state=Export.State.DONE)


def test_asking_for_an_export_queues_it_and_is_on_record(project: Project, reviewer: User) -> None:
    export = request_export(by=reviewer, project=project, kind="preferences", source="votes")
    assert (export.state, export.by) == (Export.State.QUEUED, reviewer)
    event = AuditEvent.objects.get(verb="export.requested")
    assert (event.actor, event.subject) == (reviewer, f"export:{export.pk}")


@pytest.mark.parametrize(
    ("kind", "source", "field"),
    [
        ("", "all", "kind"),
        ("csv", "all", "kind"),
        ("sft", "x", "source"),
        ("sft", "votes", "source"),
    ],
)
def test_a_wrong_request_names_the_field_and_stores_nothing(
    project: Project, owner: User, kind: str, source: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        request_export(by=owner, project=project, kind=kind, source=source)
    assert refused.value.problems[0].field == field
    assert not Export.objects.exists()


def test_only_owners_and_reviewers_may_ask(project: Project, labeler: User, stranger: User) -> None:
    with pytest.raises(NotPermitted):
        request_export(by=labeler, project=project, kind="sft")
    with pytest.raises(NotFound):
        request_export(by=stranger, project=project, kind="sft")


def test_a_recipe_is_kept_with_the_export_and_its_files_are_as_it_says(
    project: Project, labeler: User
) -> None:
    for _ in range(5):
        make_comparison(project, labeler)
    recipe = read(
        {"kind": "preferences", "rows_per_file": 2, "hygiene": {"exact_duplicates": False}}
    )
    export = export_now(project=project, recipe=recipe)
    assert read(export.recipe) == recipe
    data = [file for file in export.manifest["files"] if file["name"].startswith("train-")]
    assert [(file["name"], file["rows"]) for file in data] == [
        ("train-00000-of-00003.jsonl", 2),
        ("train-00001-of-00003.jsonl", 2),
        ("train-00002-of-00003.jsonl", 1),
    ]


def test_a_format_that_cannot_say_the_kind_is_refused(project: Project, owner: User) -> None:
    recipe = read({"kind": "sft", "format": "verl", "file_type": "jsonl"})
    with pytest.raises(InvalidInput) as refused:
        request_export(by=owner, project=project, recipe=recipe)
    assert refused.value.problems[0].field in ("format", "file_type")
    assert not Export.objects.exists()


def test_a_cancelled_export_is_not_built_and_leaves_nothing(
    project: Project, reviewer: User, data_folder: Path
) -> None:
    export = request_export(by=reviewer, project=project, kind="sft")
    draft_of(export).mkdir(parents=True)
    cancelled = cancel(by=reviewer, export=export)
    assert cancelled.state == Export.State.CANCELLED
    assert AuditEvent.objects.filter(verb="export.cancelled", actor=reviewer).count() == 1
    build(export.pk)
    export.refresh_from_db()
    assert export.state == Export.State.CANCELLED
    assert list((data_folder / "exports").iterdir()) == []
    with pytest.raises(Conflict):
        cancel(by=reviewer, export=export)


def test_only_staff_may_cancel(project: Project, reviewer: User, labeler: User) -> None:
    export = request_export(by=reviewer, project=project, kind="sft")
    with pytest.raises(NotPermitted):
        cancel(by=labeler, export=export)


def test_what_dead_exports_left_is_swept_up_and_what_lives_is_kept(
    project: Project, data_folder: Path
) -> None:
    failed = waiting(project, state=Export.State.FAILED)
    alive = waiting(project)
    for export in (failed, alive):
        draft_of(export).mkdir(parents=True)
    reconcile()
    assert [path.name for path in (data_folder / "exports").iterdir()] == [draft_of(alive).name]


def test_time_left_follows_from_the_pace(project: Project) -> None:
    export = waiting(project, n_expected=1000, n_read=400, rows_per_second=200.0)
    assert export.seconds_left == 3.0
    export.rows_per_second = None
    assert export.seconds_left is None


def test_pairs_of_a_ranking_that_no_row_says_are_counted(project: Project, labeler: User) -> None:
    make_ranking(project, labeler, [["Best."], ["Good.", "As good."], ["Poor."]])
    export = export_now(project=project, kind="rankings")
    assert export.n_rows == 5
    reason = f"{formats.TIE} (a pair of a ranking)"
    assert export.manifest["counts"]["dropped"] == {reason: 1}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_every_format_is_built_and_whole(
    project: Project, labeler: User, kind: str
) -> None:
    make_demonstration(project, labeler, "An answer.")
    make_comparison(project, labeler)
    make_ranking(project, labeler, [["Best."], ["Good."], ["Poor."]])
    make_vote(project)
    for each in formats.formats_of(kind):
        told = {"kind": kind, "format": each.name, "file_type": each.file_types[0]}
        export = export_now(project=project, recipe=read(told))
        assert verify(folder_of(export)).problems == ()
        assert rebuild(export).differing == ()


def test_what_is_found_in_the_texts_is_kept_with_the_export(
    project: Project, labeler: User
) -> None:
    make_comparison(project, labeler, a="Write to ann@example.org.")
    export = export_now(project=project, kind="preferences")
    assert export.poisoning_scan.n_findings == export.manifest["poisoning"]["findings"]
    off = export_now(project=project, recipe=read({"kind": "preferences", "gate": "off"}))
    assert off.manifest["poisoning"] == {}


def test_judgements_held_back_meanwhile_stay_in_a_snapshot_that_was_planned(
    project: Project, labeler: User
) -> None:
    for _ in range(3):
        make_comparison(project, labeler)
    export = export_now(project=project, kind="preferences")
    Assignment.objects.update(state="reopened")
    assert rebuild(export).differing == ()
    assert export_now(project=project, kind="preferences").n_rows == 0


def test_the_scan_tells_how_far_it_is(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_comparison(project, labeler)
    told = []

    def scanned(records: Any) -> Scanned:
        for _ in (1, 2):
            for _ in records:
                hold = records.guard
                told.append((hold.phase, hold.n_read, hold.n_expected))
        return Scanned(found=(), figures={})

    monkeypatch.setattr("exports.snapshots.writing.scanned", scanned)
    export = export_now(project=project, kind="preferences")
    assert told == [("scanning", n, 8) for n in range(1, 9)]
    assert (export.n_read, export.n_expected) == (4, 4)


@pytest.mark.parametrize("state", [Export.State.CANCELLED, Export.State.FAILED])
def test_what_was_renamed_into_place_and_never_finished_goes(project: Project, state: str) -> None:
    done = export_now(project=project, kind="prompts")
    dead = waiting(project, state=state, finished_at=timezone.now())
    folder_of(dead).mkdir(mode=0o555)
    reconcile()
    assert not folder_of(dead).exists()
    assert folder_of(done).is_dir()


def test_of_a_ranking_each_row_counts_the_two_answers_in_it(
    project: Project, labeler: User
) -> None:
    make_ranking(project, labeler, [["a"], ["bb", "ccc"], ["dddd"]])
    export = export_now(project=project, kind="rankings")
    rows = [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in lines(export)]
    assert rows == [("a", "bb"), ("a", "ccc"), ("a", "dddd"), ("bb", "dddd"), ("ccc", "dddd")]
    n_stands = Counter(len(text) for row in rows for text in row)
    assert sorted(export.manifest["models"].values()) == sorted(n_stands.values())
    assert export.manifest["characters"] == {"model": sum(len("".join(row)) for row in rows)}
    asked = len(lines(export)[0]["prompt"][0]["content"])
    assert export.manifest["lengths"]["most"] == asked + len("cccdddd")


def test_a_whole_ranking_in_a_row_counts_all_its_answers(project: Project, labeler: User) -> None:
    make_ranking(project, labeler, [["a"], ["bb", "ccc"], ["dddd"]])
    export = export_now(project=project, recipe=read({"kind": "rankings", "format": "touchstone"}))
    assert list(export.manifest["models"].values()) == [1, 1, 1, 1]
    assert export.manifest["characters"] == {"model": 10}

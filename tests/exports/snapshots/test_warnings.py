"""What a finished export warns of: what its chat template refuses, what its trainer would not take.
The same after it was taken up again, and when it is made anew."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports.api.exports import ExportSerializer
from exports.files import templated
from exports.models import Export
from exports.recipe import read
from exports.snapshots.building import build
from exports.snapshots.claims import Lost
from exports.snapshots.describing import Described, describe
from exports.snapshots.folders import folder_of
from exports.snapshots.rebuilding import rebuild
from exports.snapshots.requests import export_now
from exports.snapshots.shards import Desk, Whole
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration
from tests.exports.tokenizers import MARKED, WITHOUT_SYSTEM, put_tokenizer

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], Client]
REFUSED = "the chat template refused it: System role not supported"


@pytest.fixture
def browser(reviewer: User, signed_in: SignIn) -> Client:
    return signed_in(reviewer)


def asked(number: int, *, system: bool = False) -> list[dict[str, str]]:
    question = {"role": "user", "content": f"Question {number}?"}
    return [{"role": "system", "content": "Be brief."}, question] if system else [question]


def told(export: Export) -> dict[str, Any]:
    """What the manifest says but of this one export."""
    apart = ("id", "created_at", "files")
    return {name: value for name, value in export.manifest.items() if name not in apart}


def test_what_the_template_refuses_is_told_and_stays_in(
    project: Project, labeler: User, data_folder: Path, browser: Client
) -> None:
    name = put_tokenizer(data_folder, WITHOUT_SYSTEM)
    judged = [
        make_comparison(project, labeler, messages=asked(number, system=number > 0))
        for number in range(3)
    ]
    export = export_now(project=project, recipe=read({"kind": "preferences", "tokenizer": name}))
    first_one = f"comparison-{judged[1].pk}"
    assert export.n_rows == 3
    assert export.manifest["chat_template"] == {
        "tokenizer": name,
        "rows_looked_at": 3,
        "rows": 2,
        "rows_bare": 2,
        "found": {REFUSED: 2},
        "first": {REFUSED: first_one},
    }
    first, second = export.manifest["warnings"]
    assert first == (
        f"Of 3 rows put through the chat template of {name}, 2 did not come through: {REFUSED} (2)."
    )
    assert second == (
        f"The chat template of {name} refused 2 rows, whose length is that of the bare texts."
    )
    card = (folder_of(export) / "README.md").read_text()
    assert f"## Warnings\n\n- {first}\n- {second}\n" in card
    assert f"| {REFUSED} | 2 | {first_one} |" in card
    page = browser.get(f"/exports/{export.public_id}/")
    assert page.context["told"].warnings == [first, second]
    assert REFUSED in page.content.decode()
    assert ExportSerializer(export).data["warnings"] == [first, second]


def test_a_template_that_takes_everything_is_told_without_a_warning(
    project: Project, labeler: User, data_folder: Path, browser: Client
) -> None:
    name = put_tokenizer(data_folder, MARKED)
    make_demonstration(project, labeler, "An answer.", messages=asked(1, system=True))
    export = export_now(project=project, recipe=read({"kind": "sft", "tokenizer": name}))
    looked = export.manifest["chat_template"]
    assert (looked["rows_looked_at"], looked["rows"], looked["rows_bare"]) == (1, 0, 0)
    assert export.manifest["warnings"] == []
    assert "Warnings" not in (folder_of(export) / "README.md").read_text()
    assert "all came through" in browser.get(f"/exports/{export.public_id}/").content.decode()


def test_the_same_is_told_when_it_is_taken_up_again_and_when_it_is_rebuilt(
    project: Project, labeler: User, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templated, "ALL_OF", 3)
    monkeypatch.setattr(templated, "ONE_IN", 4)
    recipe = read(
        {
            "kind": "unpaired",
            "tokenizer": put_tokenizer(data_folder, WITHOUT_SYSTEM),
            "rows_per_file": 5,
            "gate": "off",
        }
    )
    for number in range(12):
        make_comparison(
            project, labeler, a=f"A {number}.", messages=asked(number, system=number > 2)
        )
    undisturbed = export_now(project=project, recipe=recipe)
    looked = undisturbed.manifest["chat_template"]
    # Rows 0, 1, 2, then 4, 8, 12, 16 and 20 of 24; the first six are without a system message.
    assert (looked["rows_looked_at"], looked["rows"], looked["rows_bare"]) == (8, 4, 18)
    interrupted = Export.objects.create(project=project, kind=recipe.kind, recipe=recipe.as_dict())
    keep = Desk.keep
    for _ in range(2):
        n_kept = 0

        def keep_two(desk: Desk, whole: Whole) -> None:
            nonlocal n_kept
            if n_kept == 2:
                raise Lost
            n_kept += 1
            keep(desk, whole)

        with monkeypatch.context() as until:
            until.setattr(Desk, "keep", keep_two)
            build(interrupted.pk)
        past = timezone.now() - timedelta(seconds=1)
        running = Export.objects.filter(pk=interrupted.pk, state="running")
        running.update(leased_until=past, attempts=0)
    build(interrupted.pk)
    interrupted.refresh_from_db()
    assert interrupted.is_done
    assert told(interrupted) == told(undisturbed)

    described: list[Described] = []

    def describing(*given: Any) -> Described:
        described.append(describe(*given))
        return described[-1]

    monkeypatch.setattr("exports.snapshots.rebuilding.describe", describing)
    assert rebuild(undisturbed).differing == ()
    [again] = described
    for key in ("chat_template", "warnings", "lengths", "address"):
        assert again.manifest[key] == undisturbed.manifest[key]


def test_too_few_rows_for_the_trainer_are_told(
    project: Project, labeler: User, browser: Client
) -> None:
    for number in range(9):
        make_demonstration(project, labeler, f"Answer {number}.", messages=asked(number))
    recipe = read({"kind": "sft", "format": "openai"})
    export = export_now(project=project, recipe=recipe)
    [warning] = export.manifest["warnings"]
    assert warning == (
        "9 rows to train on; for OpenAI, Together, Fireworks there have to be 10 at least."
    )
    assert warning in browser.get(f"/exports/{export.public_id}/").content.decode()
    assert f"- {warning}\n" in (folder_of(export) / "README.md").read_text()
    make_demonstration(project, labeler, "Answer 9.", messages=asked(9))
    assert export_now(project=project, recipe=recipe).manifest["warnings"] == []


def test_only_rows_that_train_are_counted(project: Project, labeler: User) -> None:
    for number in range(12):
        make_demonstration(project, labeler, f"Answer {number}.", messages=asked(number))
    split = {"splits": {"validation": 500}, "format": "openai"}
    export = export_now(project=project, recipe=read({"kind": "sft", **split}))
    n_train = export.manifest["counts"]["by_split"]["train"]
    assert n_train < 10
    assert export.manifest["warnings"][0].startswith(f"{n_train} rows to train on; ")


def test_labels_of_one_class_are_told(project: Project, labeler: User) -> None:
    make_comparison(project, labeler, a="A", b="B", preference=None)
    recipe = read({"kind": "unpaired", "mapping": {"both_bad": "undesirable"}})
    export = export_now(project=project, recipe=recipe)
    assert export.n_rows == 2
    assert export.manifest["warnings"] == ["Every label is false; there is nothing to tell apart."]
    make_comparison(project, labeler, messages=asked(1))
    assert export_now(project=project, recipe=recipe).manifest["warnings"] == []

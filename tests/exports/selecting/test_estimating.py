"""What an export would come to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exports.formats import formats_of
from exports.formats.reasons import TIE
from exports.hygiene.verdicts import EXACT, PERSONAL
from exports.reading.critiques import LOST_TURN
from exports.recipe import KINDS, Recipe, read
from exports.selecting import estimating, looking, tally
from exports.selecting.estimating import estimate, preview, sample
from exports.selecting.filters import known
from exports.selecting.reasons import WORDS, Reason
from exports.snapshots.requests import export_now
from exports.splitting.holding_out import hold_out
from exports.splitting.mapping import HELD_OUT
from labeling.models import Assignment, Demonstration
from projects.errors import InvalidInput
from projects.models import Project, User
from tests.exports.judgements import (
    HAIKU,
    make_comparison,
    make_demonstration,
    make_ranking,
    make_repair,
    make_vote,
)
from tests.exports.reading.mixture import mixed
from tests.exports.tokenizers import put_tokenizer

pytestmark = pytest.mark.django_db

PREFERENCES = read({"kind": "preferences"})


@pytest.fixture
def judged(project: Project, labeler: User) -> Project:
    """Four comparisons, of which one is a tie and one is being corrected, a ranking of three
    answers, and two votes."""
    for preference in (-2, 1, 0):
        make_comparison(project, labeler, preference=preference)
    corrected = make_comparison(project, labeler)
    Assignment.objects.filter(pk=corrected.assignment_id).update(state="reopened")
    make_ranking(project, labeler, [["Good."], ["Fair."], ["Poor."]])
    make_vote(project)
    make_vote(project, verdict="both_bad")
    return project


def test_rows_and_what_drops_out_are_counted(judged: Project) -> None:
    found = estimate(judged, PREFERENCES)
    assert (found.n_judgements, found.n_selected, found.rows) == (7, 6, 6)
    assert [(lost.number, lost.of_format) for lost in found.dropped] == [
        (1, False), (1, True), (1, True),
    ]  # fmt: skip
    assert found.dropped[0].reason == WORDS[Reason.CORRECTED]
    assert (found.is_sample, found.n_looked_at) == (False, 6)
    assert found.by_source == [("comparison", 4, 3), ("ranking", 1, 1), ("vote", 2, 2)]


def test_of_many_it_is_reckoned_from_an_even_sample(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(8):
        make_comparison(project, labeler, preference=0 if at % 2 else -1)
    monkeypatch.setattr(estimating, "MOST_LOOKED_AT", 4)
    monkeypatch.setattr(looking, "MOST_RECORDS", 4)
    found = estimate(project, PREFERENCES)
    assert (found.n_selected, found.is_sample, found.n_looked_at) == (8, True, 4)
    assert (found.has_hygiene, found.hygiene_dropped) == (False, ())
    assert found.rows + sum(number for _, number in found.format_dropped) == 8
    keys = np.arange(10, 20)
    assert sample(keys, 4).tolist() == [10, 12, 15, 17]
    assert sample(keys, 10).tolist() == keys.tolist()


def test_a_preview_has_real_rows_of_each_source_in_turn(judged: Project) -> None:
    rows = preview(judged, PREFERENCES, 3)
    assert [row["chosen"][0]["content"] for row in rows] == [
        "The first answer.", "Good.", "Hello!",
    ]  # fmt: skip
    assert len(preview(judged, PREFERENCES, 50)) == 6


def test_demonstrations_are_told_from_their_own(judged: Project, labeler: User) -> None:
    make_demonstration(judged, labeler, "An ideal answer.")
    recipe = read({"kind": "sft"})
    [row] = preview(judged, recipe, 3)
    assert row["messages"][-1]["content"] == "An ideal answer."
    assert estimate(judged, recipe).rows == 1


@pytest.mark.django_db(transaction=True)
def test_of_few_the_count_is_what_the_export_comes_to(
    project: Project, labeler: User, owner: User
) -> None:
    messages = [{"role": "user", "content": "What moves the tides?"}]
    for text in ("The moon.", "The moon. ", "Ask a@b.de.", "The sun."):
        make_demonstration(project, labeler, text, messages=messages)
    held = make_demonstration(project, labeler, "Nobody.")
    hold_out(by=owner, project=project, ids=[held.prompt.external_id])
    make_demonstration(project, labeler, " ")
    recipe = read(
        {"kind": "sft", "hygiene": {"personal_data": "drop"}, "splits": {"validation": 500}}
    )
    found = estimate(project, recipe)
    assert (found.rows, found.has_hygiene, found.is_sample) == (2, True, False)
    assert dict(found.hygiene_dropped) == {EXACT: 1, PERSONAL: 1, HELD_OUT: 1}
    assert [(lost.of_format, lost.of_hygiene) for lost in found.dropped] == [
        (True, False), *[(False, True)] * 3,
    ]  # fmt: skip
    export = export_now(project=project, recipe=recipe)
    assert export.n_rows == found.rows
    dropped = {lost.reason: lost.number for lost in found.dropped}
    assert export.manifest["counts"]["dropped"] == dropped


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind_the_count_is_what_the_export_comes_to(project: Project, kind: str) -> None:
    mixed(project, seed=7)
    for at, made in enumerate(Demonstration.objects.filter(supersedes=None).order_by("pk")):
        make_repair(made, turn=at % 2)
    with_machine = "with_machine" in known(Recipe(kind=kind))
    for name in sorted({formats_of(kind)[0].name, "touchstone"}):
        told = {"kind": kind, "format": name, "gate": "off", "with_machine": with_machine}
        recipe = read(told)
        found = estimate(project, recipe)
        export = export_now(project=project, recipe=recipe)
        dropped = {lost.reason: lost.number for lost in found.dropped}
        assert export.n_rows == found.rows, name
        assert export.manifest["counts"]["dropped"] == dropped, name


@pytest.mark.django_db(transaction=True)
def test_a_repair_of_a_reply_whose_conversation_is_lost_is_in_no_export(
    project: Project, labeler: User
) -> None:
    make_repair(make_demonstration(project, labeler, "Written."))
    make_repair(make_demonstration(project, labeler, "Written."), turn=1)
    export = export_now(project=project, recipe=read({"kind": "critiques"}))
    assert (export.n_rows, export.manifest["counts"]["dropped"]) == (1, {LOST_TURN: 1})


@pytest.mark.django_db(transaction=True)
def test_pairs_of_a_ranking_that_have_no_row_are_counted_as_the_export_counts_them(
    project: Project, labeler: User
) -> None:
    make_ranking(project, labeler, [["Good."], ["Fair.", "Middling."], ["Poor.", "Poor. "]])
    recipe = read({"kind": "rankings"})
    found = estimate(project, recipe)
    made = export_now(project=project, recipe=recipe)
    assert found.rows == made.n_rows == 8
    assert {lost.reason: lost.number for lost in found.dropped} == made.manifest["counts"][
        "dropped"
    ]
    assert made.manifest["counts"]["dropped"] == {f"{TIE} (a pair of a ranking)": 2}


def test_a_preview_is_masked_as_the_rows_will_be(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "Ask a@b.de.")
    [row] = preview(project, read({"kind": "sft", "hygiene": {"personal_data": "mask"}}), 3)
    assert row["messages"][-1]["content"] == "Ask [EMAIL_1]."


@pytest.fixture
def unclean(project: Project, labeler: User, owner: User) -> Project:
    """Answers to one prompt of which one repeats another and one holds an address, and one to a
    prompt that is held out."""
    held = make_demonstration(project, labeler, "Nobody.")
    hold_out(by=owner, project=project, ids=[held.prompt.external_id])
    for text in ("The moon.", "The moon. ", "Ask a@b.de.", "The sun."):
        make_demonstration(project, labeler, text, messages=HAIKU)
    return project


def answers_in(rows: list[dict[str, Any]]) -> list[str]:
    return [row["messages"][-1]["content"] for row in rows]


def test_a_preview_shows_nothing_that_the_export_leaves_out(
    unclean: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = {"personal_data": "drop", "language_check": True}
    recipe = read({"kind": "sft", "hygiene": left_out, "splits": {"test": 500}})
    assert answers_in(preview(unclean, recipe, 3)) == ["The moon.", "The sun."]
    monkeypatch.setattr(looking, "MOST_PROMPTS", 1)
    assert answers_in(preview(unclean, recipe, 3)) == ["The moon.", "The sun."]


def test_a_preview_looks_at_few_of_many(unclean: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_RECORDS", 4)
    monkeypatch.setattr(estimating, "MOST_TRIED", 2)
    assert answers_in(preview(unclean, read({"kind": "sft"}), 2)) == ["The moon.", "Ask a@b.de."]


def test_a_format_that_cannot_say_the_kind_is_refused(judged: Project) -> None:
    with pytest.raises(InvalidInput, match="format: must for this kind be one of"):
        estimate(judged, read({"kind": "sft", "format": "no-such"}))


def test_there_is_nothing_to_see_of_nothing(project: Project) -> None:
    found = estimate(project, PREFERENCES)
    assert (found.rows, found.dropped, found.is_sample) == (0, [], False)
    assert preview(project, PREFERENCES, 3) == []


def test_what_a_trainer_would_refuse_is_said_beforehand(
    project: Project, labeler: User, data_folder: Path
) -> None:
    make_comparison(project, labeler, preference=None)
    undesirable = {"kind": "unpaired", "mapping": {"both_bad": "undesirable"}}
    one_class = "Every label is false; there is nothing to tell apart."
    assert estimate(project, read(undesirable)).warnings == [one_class]
    make_comparison(project, labeler)
    assert estimate(project, read(undesirable)).warnings == []
    assert estimate(project, read({"kind": "preferences", "format": "openai"})).warnings == [
        "1 row to train on; for OpenAI, Together, Fireworks there have to be 10 at least."
    ]
    name = put_tokenizer(data_folder, "{{ raise_exception('Not today') }}")
    assert estimate(project, read(undesirable | {"tokenizer": name})).warnings == [
        f"Of 4 rows put through the chat template of {name}, 4 did not come through: "
        "the chat template refused it: Not today (4)."
    ]


def test_a_sample_says_nothing_of_labels_that_it_did_not_see(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_comparison(project, labeler, preference=None)
    monkeypatch.setattr(estimating, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(looking, "MOST_RECORDS", 2)
    recipe = read({"kind": "unpaired", "mapping": {"both_bad": "undesirable"}})
    found = estimate(project, recipe)
    assert (found.is_sample, found.rows, found.warnings) == (True, 8, [])


def test_at_most_so_many_rows_are_put_through_a_template(
    project: Project, labeler: User, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MOST_TEMPLATED", 3)
    name = put_tokenizer(data_folder, "{{ raise_exception('Not today') }}")
    for at in range(5):
        make_demonstration(project, labeler, f"Answer {at}.")
    [warning] = estimate(project, read({"kind": "sft", "tokenizer": name})).warnings
    assert warning.startswith("Of 3 rows put through")

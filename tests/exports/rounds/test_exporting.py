"""Exports of a round: what is in them, what they say of it, and that they can be made again."""

import pytest

from exports.files.telling import recipe_in_words
from exports.models import Export, Round
from exports.recipe import read
from exports.rounds.keeping import begin, change
from exports.snapshots.folders import folder_of
from exports.snapshots.rebuilding import rebuild
from exports.snapshots.requests import export_now
from projects.models import Project, User
from tests.exports.judgements import make_comparison

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second(project: Project, owner: User, labeler: User) -> Round:
    """The round that goes on, with one judgement before it and two in it."""
    make_comparison(project, labeler, a="Before.", b="It began.")
    begun = begin(by=owner, project=project, number=2, name="With *dpo-1*")
    for number in range(2):
        make_comparison(project, labeler, a=f"In it, {number}.", b="And not so good.")
    return begun


def exported(project: Project, *rounds: int) -> Export:
    told = {"kind": "preferences", "gate": "off", "selection": {"rounds": list(rounds)}}
    return export_now(project=project, recipe=read(told))


def said_of(export: Export) -> str:
    return " ".join(recipe_in_words(export.manifest))


def test_a_round_is_exported_alone_and_told_with_its_span(project: Project, second: Round) -> None:
    first, going_on, both = exported(project, 1), exported(project, 0), exported(project, 1, 2)
    assert [export.n_rows for export in (first, going_on, both)] == [1, 2, 3]
    assert first.manifest["counts"]["dropped"] == {"of none of the rounds chosen": 2}
    assert second.began_at is not None
    began = second.began_at.isoformat()
    assert first.manifest["rounds"] == [{"number": 1, "name": "", "from": None, "to": began}]
    assert going_on.manifest["rounds"] == [
        {"number": 2, "name": "With *dpo-1*", "from": began, "to": None}
    ]
    minute = began[:16].replace("T", " ")
    assert f"Of round 1: until {minute} (UTC)." in said_of(first)
    assert f": from {minute}, which was going on (UTC)." in said_of(going_on)
    assert r"Of round 2, With \*dpo-1\*:" in said_of(going_on)
    assert r"Of round 2, With \*dpo-1\*:" in (folder_of(both) / "README.md").read_text()


def test_a_round_that_never_was_has_no_rows_and_says_so(project: Project, second: Round) -> None:
    export = exported(project, 7)
    assert (export.n_rows, "rounds" in export.manifest) == (0, False)
    assert "Of rounds that there were not." in said_of(export)


def test_the_same_bytes_and_address_come_again_when_the_round_is_over(
    project: Project, owner: User, labeler: User, second: Round
) -> None:
    export = exported(project, 0)
    begin(by=owner, project=project, number=3)
    change(by=owner, project=project, number=2, given={"name": "Another name"})
    make_comparison(project, labeler, a="Of the third.", b="Round.")
    rebuilt = rebuild(export)
    assert (rebuilt.differing, rebuilt.address) == ((), export.address)
    later = exported(project, 2)
    sums = [[file["sha256"] for file in each.manifest["files"][:2]] for each in (export, later)]
    assert sums[0] == sums[1]


def test_of_all_judgements_nothing_is_said_of_rounds(project: Project, second: Round) -> None:
    export = export_now(project=project, kind="preferences")
    assert (export.n_rows, "rounds" in export.manifest) == (3, False)

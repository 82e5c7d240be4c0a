"""Records of each kind: what they say, in which order, and of which keys."""

from random import Random
from typing import Any

import numpy as np
import pytest
from django.db import InterfaceError, connection, transaction

from exports.reading import comparisons
from exports.recipe import KINDS
from labeling.models import Assignment, Comparison
from projects.models import Project, User
from tests.exports.judgements import (
    HAIKU,
    make_comparison,
    make_demonstration,
    make_prompt,
    make_ranking,
    make_vote,
    next_of,
)
from tests.exports.reading.mixture import mixed
from tests.exports.reading.records_of import read
from tests.factories import make_guideline_version, make_project

pytestmark = pytest.mark.django_db
SOURCES = ("demonstration", "comparison", "ranking", "judge", "vote")


def keys_in(records: list[Any]) -> dict[str, list[int]]:
    """The primary keys of these records by source, each once."""
    found: dict[str, dict[int, None]] = {}
    for record in records:
        source, key, *_ = record.id.split("-")
        found.setdefault(source, {})[int(key)] = None
    return {source: list(keys) for source, keys in found.items()}


@pytest.fixture
def everything() -> Project:
    made, other = make_project(), make_project()
    for each in (made, other):
        make_guideline_version(each)
        mixed(each, seed=7, n_each=4)
    return made


def test_keys_that_are_named_give_exactly_their_records(everything: Project) -> None:
    random = Random(3)
    for kind in KINDS:
        whole = list(read(kind, everything, with_machine=True))
        assert whole, kind
        keys = keys_in(whole)
        some = {
            source: [key for key in each if random.random() < 0.5] for source, each in keys.items()
        }
        ids = {source: np.array(each[::-1], dtype=np.int64) for source, each in some.items()}
        expected = [
            record
            for record in whole
            if int(record.id.split("-")[1]) in some[record.id.split("-")[0]]
        ]
        for is_streamed in (False, True):
            found = read(kind, everything, with_machine=True, ids=ids, is_streamed=is_streamed)
            assert list(found) == expected


def test_sources_and_keys_come_in_order(everything: Project) -> None:
    for kind in ("preferences", "raw", "unpaired"):
        keys = keys_in(list(read(kind, everything, with_machine=True)))
        assert list(keys) == [name for name in SOURCES if name in keys]
        assert all(each == sorted(each) for each in keys.values())


def test_keys_of_another_project_give_nothing(everything: Project) -> None:
    elsewhere = make_project()
    for kind in KINDS:
        keys = keys_in(list(read(kind, everything, with_machine=True)))
        ids = {source: np.array(each) for source, each in keys.items()}
        assert list(read(kind, elsewhere, with_machine=True, ids=ids)) == []


def test_a_source_that_is_not_named_is_not_read(everything: Project) -> None:
    assert list(read("preferences", everything, ids={})) == []


def test_what_was_superseded_is_read_where_it_is_named(project: Project, labeler: User) -> None:
    made = make_comparison(project, labeler, preference=-2)
    sides = {"response_a": made.response_a, "response_b": made.response_b}
    Comparison.objects.create(**next_of(made), **sides, preference=1)
    ids = {"comparison": np.array([made.pk])}
    assert [record.strength for record in read("preferences", project)] == [1]
    assert [record.strength for record in read("preferences", project, ids=ids)] == [-2]


def test_a_reader_that_is_left_half_way_leaves_the_transaction_whole(everything: Project) -> None:
    records = read("preferences", everything, is_streamed=True)
    next(records)
    records.close()
    assert Project.objects.filter(pk=everything.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


def test_more_than_one_statement_reads_them_all(
    project: Project, labeler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_comparison(project, labeler).pk for _ in range(5)]
    for at_once, is_streamed in ((2, False), (1, True)):
        monkeypatch.setattr("exports.reading.copying.AT_ONCE", at_once)
        found = read("preferences", project, is_streamed=is_streamed)
        assert [record.id for record in found] == [f"comparison-{pk}" for pk in made]


def test_margins_are_numbers_in_every_row(project: Project, labeler: User) -> None:
    for preference in (None, -3, 0, 2):
        make_comparison(project, labeler, preference=preference)
    make_ranking(project, labeler, [["1"], ["2"]])
    make_vote(project, verdict="b")
    margins = [record.margin for record in read("reward", project)]
    assert margins == [0.0, 3.0, 0.0, 2.0, 1.0, 1.0]
    assert {type(margin) for margin in margins} == {float}
    assert {record.margin for record in read("preferences", project)} == {None}


def test_a_ranking_stays_whole(project: Project, labeler: User) -> None:
    make_ranking(project, labeler, [["Best."], ["Good.", "As good."], ["Bad."]])
    (record,) = read("rankings", project)
    assert [answer.text for answer in record.answers] == ["Best.", "Good.", "As good.", "Bad."]
    assert record.tiers == [[0], [1, 2], [3]]
    assert (record.all_bad, record.seconds, record.autonomy_level) == (False, 61.0, 3)


def test_both_answers_of_a_comparison_are_wanted_or_not(project: Project, labeler: User) -> None:
    for preference in (-1, 2, 0, None):
        make_comparison(project, labeler, preference=preference)
    said = [(record.is_desirable, record.verdict) for record in read("unpaired", project)]
    assert said == [
        (True, ""),
        (False, ""),
        (False, ""),
        (True, ""),
        (False, "tie"),
        (False, "tie"),
        (False, "both_bad"),
        (False, "both_bad"),
    ]


def test_of_a_ranking_the_ends_are_wanted_and_not(project: Project, labeler: User) -> None:
    make_ranking(project, labeler, [["1"], ["2", "3"], ["4"]])
    make_ranking(project, labeler, [["5", "6"]])
    make_ranking(project, labeler, [["7"], ["8"]], all_bad=True)
    said = [
        (record.answer.text, record.is_desirable, record.verdict)
        for record in read("unpaired", project)
    ]
    assert said == [
        ("1", True, ""),
        ("2", False, "tie"),
        ("3", False, "tie"),
        ("4", False, ""),
        ("5", False, "tie"),
        ("6", False, "tie"),
        ("7", False, "both_bad"),
        ("8", False, "both_bad"),
    ]


def test_a_single_answer_of_a_battle_follows_its_own_side(project: Project) -> None:
    make_vote(project, verdict="b", turns=[("One?", "A1", "B1"), ("Two?", "A2", "B2")])
    first, second = read("unpaired", project)
    assert [message["content"] for message in first.prompt] == ["One?", "A1", "Two?"]
    assert [message["content"] for message in second.prompt] == ["One?", "B1", "Two?"]
    assert (first.answer.text, first.is_desirable) == ("A2", False)
    assert (second.answer.text, second.is_desirable) == ("B2", True)


def test_turns_in_which_both_sides_said_the_same_are_the_prompt(project: Project) -> None:
    make_vote(project, turns=[("Hi.", "Hello!", "Hello!"), ("And?", "A2", "B2")])
    make_vote(project, turns=[("Hi.", "A", "B"), ("And?", "A2", "B2")])
    shared, diverged = read("preferences", project)
    assert [message["content"] for message in shared.prompt] == ["Hi.", "Hello!", "And?"]
    assert (shared.first.text, shared.second.text, shared.n_turns) == ("A2", "B2", 1)
    assert [message["content"] for message in diverged.prompt] == ["Hi."]
    assert (diverged.first.text, diverged.n_turns) == ("A", 2)


def test_each_answer_has_its_ratings_and_flags(project: Project, labeler: User) -> None:
    made = make_comparison(project, labeler)
    sides = {"response_a": made.response_a, "response_b": made.response_b}
    marks = {"helpfulness": [4, 1], "tone": "a"}
    flags = {"a": [], "b": ["violence"]}
    again = Comparison.objects.create(
        **next_of(made), **sides, preference=-1, marks=marks, flags=flags
    )
    first, second = read("ratings", project)
    assert (first.id, second.id) == (f"comparison-{again.pk}-1", f"comparison-{again.pk}-2")
    assert (first.ratings, first.flags) == ({"helpfulness": 4}, ())
    assert (second.ratings, second.flags) == ({"helpfulness": 1}, ("violence",))
    assert second.answer.text == "The second answer."


def test_prompts_are_read_alone(project: Project) -> None:
    made = make_prompt(project, HAIKU)
    (record,) = read("prompts", project)
    assert (record.id, record.prompt, record.tags) == (f"prompt-{made.pk}", HAIKU, ("tried",))
    assert (record.external_id, record.language) == (made.external_id, "")


def test_who_is_correcting_holds_the_judgement_back(project: Project, labeler: User) -> None:
    made = make_demonstration(project, labeler, "Written.")
    Assignment.objects.filter(pk=made.assignment_id).update(state="reopened")
    assert [record.held_back for record in read("sft", project)] == ["its author is correcting it"]


def test_a_judgement_without_a_level_has_its_kinds_lowest(project: Project, labeler: User) -> None:
    make_comparison(project, labeler)
    (record,) = read("preferences", project)
    assert record.autonomy_level == comparisons.LOWEST == 3


def test_another_query_is_refused_while_rows_are_streamed(everything: Project) -> None:
    records = read("preferences", everything, is_streamed=True)
    next(records)
    with pytest.raises(InterfaceError):
        Project.objects.get(pk=everything.pk)
    list(records)
    assert Project.objects.filter(pk=everything.pk).exists()


def test_who_fails_while_rows_are_streamed_is_told_why(everything: Project) -> None:
    records = read("preferences", everything, is_streamed=True)

    def fail() -> None:
        with transaction.atomic():
            raise ValueError(next(records).id)

    with pytest.raises(ValueError, match="comparison-"):
        fail()
    records.close()

"""What a judgement may say in a project."""

from typing import Any

import pytest

from labeling.judging.guards import check_comparison, check_ranking
from labeling.models import Criterion, WorkRules
from projects.errors import InvalidInput

CRITERIA = [
    Criterion(key="tone", name="Tone", form="sides"),
    Criterion(key="truth", name="Truth", form="rating", is_required=True),
]
COMPARISON: dict[str, Any] = {
    "is_disputed": False,
    "preference": 1,
    "both_bad": False,
    "justification": "",
    "marks": {"truth": [4, 0]},
    "flags": None,
}
RANKING: dict[str, Any] = {
    "is_disputed": False,
    "tiers": [[0], [1, 2]],
    "all_bad": False,
    "justification": "",
    "flags": None,
}
PRESENTED = [30, 10, 20]


def rules(**changes: Any) -> WorkRules:
    return WorkRules(**changes)


def compared(work_rules: WorkRules, **changes: Any) -> dict[str, Any]:
    return check_comparison(work_rules, CRITERIA, **{**COMPARISON, **changes})


def ranked(work_rules: WorkRules, **changes: Any) -> dict[str, Any]:
    return check_ranking(work_rules, PRESENTED, **{**RANKING, **changes})


def broken(caught: Any) -> list[str]:
    return [problem.field for problem in caught.value.problems]


def test_a_comparison_becomes_its_columns() -> None:
    assert compared(rules(), justification=" Clear. ", marks={"tone": "b", "truth": (0, 4)}) == {
        "scale": "seven",
        "preference": 1,
        "both_bad": False,
        "justification": "Clear.",
        "marks": {"tone": "b", "truth": [0, 4]},
        "flags": {},
    }


@pytest.mark.parametrize(("scale", "end"), [("seven", 3), ("simple", 1)])
def test_the_scale_of_the_project_holds(scale: str, end: int) -> None:
    for preference in range(-end, end + 1):
        assert compared(rules(scale=scale), preference=preference)["preference"] == preference
    bad: list[Any] = [-end - 1, end + 1, None, True, 0.0, "0", [0], {}, 10**400]
    for wrong in bad:
        with pytest.raises(InvalidInput) as caught:
            compared(rules(scale=scale), preference=wrong)
        assert broken(caught) == ["preference"]
        assert f"from -{end} (A) to {end} (B)" in str(caught.value)


def test_both_bad_is_there_with_either_scale() -> None:
    for scale in ("seven", "simple"):
        found = compared(rules(scale=scale), preference=None, both_bad=True)
        assert (found["preference"], found["both_bad"]) == (None, True)
        with pytest.raises(InvalidInput, match="empty when both are bad"):
            compared(rules(scale=scale), preference=0, both_bad=True)


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ({}, "marks.truth"),
        (None, "marks.truth"),
        ({"truth": None}, "marks.truth"),
        ({"truth": "a"}, "marks.truth"),
        ({"truth": [5, 0]}, "marks.truth"),
        ({"truth": [-1, 0]}, "marks.truth"),
        ({"truth": [1.0, 0]}, "marks.truth"),
        ({"truth": [True, 0]}, "marks.truth"),
        ({"truth": [1]}, "marks.truth"),
        ({"truth": [1, 2, 3]}, "marks.truth"),
        ({"truth": {"a": 1}}, "marks.truth"),
        ({"truth": [0, 0], "tone": "c"}, "marks.tone"),
        ({"truth": [0, 0], "tone": 1}, "marks.tone"),
        ({"truth": [0, 0], "tone": ["a"]}, "marks.tone"),
        ({"truth": [0, 0], "colour": "a"}, "marks"),
        ([], "marks"),
        ("a", "marks"),
    ],
    ids=repr,
)
def test_bad_marks_are_refused_by_name(marks: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        compared(rules(), marks=marks)
    assert broken(caught) == [field]


def test_an_unknown_criterion_is_named() -> None:
    with pytest.raises(InvalidInput, match="'colour' is not a criterion"):
        compared(rules(), marks={"colour": "a"})


def test_every_broken_rule_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        compared(
            rules(justify_always=True),
            preference=9,
            both_bad=1,
            justification=" ",
            marks={"tone": 7},
            flags={"c": []},
        )
    assert broken(caught) == [
        "both_bad", "preference", "justification", "marks.tone", "marks.truth", "flags",
    ]  # fmt: skip


def test_flags_are_those_of_the_project_on_each_side() -> None:
    work_rules = rules(safety_flags=["violence", "private data"])
    found = compared(work_rules, flags={"b": ["private data", "violence", "violence"]})
    assert found["flags"] == {"a": [], "b": ["violence", "private data"]}
    assert compared(work_rules)["flags"] == {"a": [], "b": []}
    for flags, field in (
        ({"a": ["rude"]}, "flags.a"),
        ({"a": "violence"}, "flags.a"),
        ({"a": [["violence"]]}, "flags.a"),
        ({"c": []}, "flags"),
        ([], "flags"),
    ):
        with pytest.raises(InvalidInput) as caught:
            compared(work_rules, flags=flags)
        assert broken(caught) == [field]
    with pytest.raises(InvalidInput, match="not a safety flag"):
        compared(rules(), flags={"a": ["violence"]})


@pytest.mark.parametrize(
    ("work_rules", "changes", "is_asked"),
    [
        ({}, {"preference": 3, "is_disputed": True}, False),
        ({"justify_always": True}, {"preference": 0}, True),
        ({"justify_strong": True}, {"preference": 2}, False),
        ({"justify_strong": True}, {"preference": 3}, True),
        ({"justify_strong": True}, {"preference": -3}, True),
        ({"justify_strong": True}, {"preference": None, "both_bad": True}, True),
        ({"justify_strong": True, "scale": "simple"}, {"preference": 1}, False),
        (
            {"justify_strong": True, "scale": "simple"},
            {"preference": None, "both_bad": True},
            True,
        ),
        ({"justify_disputed": True}, {"is_disputed": False}, False),
        ({"justify_disputed": True}, {"is_disputed": True}, True),
    ],
)
def test_when_a_comparison_wants_a_justification(
    work_rules: dict[str, Any], changes: dict[str, Any], is_asked: bool
) -> None:
    assert compared(rules(**work_rules), **changes, justification="Why.")["justification"] == "Why."
    if not is_asked:
        assert compared(rules(**work_rules), **changes)["justification"] == ""
        return
    with pytest.raises(InvalidInput) as caught:
        compared(rules(**work_rules), **changes, justification=" \n")
    assert broken(caught) == ["justification"]


def test_a_ranking_becomes_responses_in_tiers() -> None:
    assert ranked(rules(safety_flags=["rude"]), flags={"0": ["rude"], 2: [], "1": None}) == {
        "tiers": [[30], [10, 20]],
        "all_bad": False,
        "justification": "",
        "flags": {"30": ["rude"]},
    }


@pytest.mark.parametrize(
    "tiers",
    [
        None,
        [],
        {},
        "012",
        [[0, 1]],
        [[0], [1], []],
        [[0], [1], [1, 2]],
        [[0], [1], [3]],
        [[0], [1], [-1]],
        [[0], [1], [True]],
        [[0], [1], ["2"]],
        [0, 1, 2],
        [[0], [1], [2.0]],
        [[0], [1], [[2]]],
    ],
    ids=repr,
)
def test_every_place_stands_in_one_tier(tiers: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        ranked(rules(), tiers=tiers)
    assert broken(caught) == ["tiers"]


@pytest.mark.parametrize("number", [1, 10])
def test_a_ranking_has_two_to_nine_answers(number: int) -> None:
    places = list(range(number))
    with pytest.raises(InvalidInput, match="2 to 9"):
        check_ranking(rules(), places, **{**RANKING, "tiers": [places]})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"all_bad": 1}, "all_bad"),
        ({"flags": {"3": []}}, "flags"),
        ({"flags": {"x": []}}, "flags"),
        ({"flags": {"0": ["rude"]}}, "flags.0"),
        ({"flags": 7}, "flags"),
        ({"justification": 7}, "justification"),
    ],
    ids=repr,
)
def test_the_rest_of_a_ranking_is_checked(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ranked(rules(), **changes)
    assert broken(caught) == [field]


def test_that_all_are_bad_is_a_strong_judgement() -> None:
    strong = rules(justify_strong=True)
    assert ranked(strong)["justification"] == ""
    with pytest.raises(InvalidInput, match="this strong"):
        ranked(strong, all_bad=True)
    with pytest.raises(InvalidInput, match="disagree"):
        ranked(rules(justify_disputed=True), is_disputed=True)

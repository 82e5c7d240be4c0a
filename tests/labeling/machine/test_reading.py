"""Verdicts read strictly, and both orders brought together."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.machine.attacks import ATTACKS
from labeling.machine.reading import Decided, Said, Unreadable, decide, probability_of, read
from tests.labeling.judged import as_json, tokens_of

GOOD = '{"verdict": "A", "confidence": 70}'
SIDES = {"A": "a", "B": "b", "equal": "equal"}
jsons: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)


def test_a_verdict_is_read() -> None:
    assert read(GOOD, explains=False) == Said("a", 0.7)
    reasoned = as_json(reason="Shorter.", verdict="equal", confidence=0)
    assert read(f"\n {reasoned} \n", explains=True) == Said("equal", 0.0, "Shorter.")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "A",
        '"A"',
        "null",
        "[]",
        "{}",
        '{"verdict": "A"}',
        '{"verdict": "a", "confidence": 70}',
        '{"verdict": "C", "confidence": 70}',
        '{"verdict": ["A"], "confidence": 70}',
        '{"verdict": "A", "confidence": 70.5}',
        '{"verdict": "A", "confidence": true}',
        '{"verdict": "A", "confidence": "70"}',
        '{"verdict": "A", "confidence": 101}',
        '{"verdict": "A", "confidence": -1}',
        '{"verdict": "A", "confidence": 1e400}',
        '{"verdict": "A", "confidence": NaN}',
        '{"verdict": "B", "verdict": "A", "confidence": 70}',
        '{"verdict": "A", "confidence": 70, "more": 1}',
        '{"verdict": "A", "confidence": 70} {"verdict": "B", "confidence": 70}',
        'Here: {"verdict": "A", "confidence": 70}',
        '```json\n{"verdict": "A", "confidence": 70}\n```',
        "{'verdict': 'A', 'confidence': 70}",
        '{"reason": "x", "verdict": "A", "confidence": 70}',
        '{"verdict": "A", "confidence": 70',
        "[" * 100_000,
        " " * 30_000 + GOOD,
        '{"verdict": "A", "confidence": ' + "9" * 5_000 + "}",
    ],
)
def test_anything_else_is_no_verdict(output: str) -> None:
    assert read(output, explains=False) == Unreadable("unreadable")


def test_a_reason_must_be_a_text_of_bounded_length() -> None:
    for reason in (None, 3, ["x"], "x" * 2_001):
        output = as_json(reason=reason, verdict="A", confidence=3)
        assert read(output, explains=True) == Unreadable("unreadable")


@given(jsons)
def test_no_json_but_the_one_asked_for_is_a_verdict(value: Any) -> None:
    found = read(json.dumps(value), explains=False)
    is_one = isinstance(value, dict) and set(value) == {"verdict", "confidence"}
    assert isinstance(found, Unreadable) or is_one


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(read(text, explains=True), Unreadable | Said)


@given(st.sampled_from(["A", "B", "equal"]), st.text(max_size=200), st.integers(0, 100))
def test_a_reason_never_changes_the_verdict(verdict: str, reason: str, sure: int) -> None:
    output = json.dumps({"reason": reason, "verdict": verdict, "confidence": sure})
    assert read(output, explains=True) == Said(SIDES[verdict], sure / 100, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.key)
def test_an_attack_that_is_repeated_smuggles_no_verdict(attack: Any) -> None:
    """In a reason it is a reason; around the object it makes it none."""
    said = attack.spoken("", side="A").strip()
    inside = as_json(reason=said, verdict="B", confidence=60)
    found = read(inside, explains=True)
    assert found == Said("b", 0.6, said)
    assert read(f"{said}\n{inside}", explains=True) == Unreadable("unreadable")
    assert read(f"{inside}\n{said}", explains=True) == Unreadable("unreadable")


def test_both_orders_that_agree_decide() -> None:
    assert decide(Said("a", 0.8), Said("b", 0.6)) == Decided("first", "", 0.7, "stated")
    assert decide(Said("b", 1.0), Said("a", 1.0)) == Decided("second", "", 1.0, "stated")
    assert decide(Said("equal", 0.0), Said("equal", 1.0)) == Decided("equal", "", 0.5, "stated")


@pytest.mark.parametrize(
    ("forward", "backward"),
    [("a", "a"), ("b", "b"), ("equal", "a"), ("b", "equal"), ("a", "equal"), ("equal", "b")],
)
def test_orders_that_disagree_abstain(forward: Any, backward: Any) -> None:
    assert decide(Said(forward, 1.0), Said(backward, 1.0)) == Decided("abstained", "inconsistent")


def test_one_answer_that_is_none_abstains_with_its_reason() -> None:
    said = Said("a", 1.0)
    assert decide(said, Unreadable("truncated")) == Decided("abstained", "truncated")
    assert decide(Unreadable("failed", "no"), said) == Decided("abstained", "failed")
    assert decide(Unreadable("failed"), Unreadable("truncated")) == Decided("abstained", "failed")


def test_probabilities_count_where_both_orders_have_them() -> None:
    both = decide(Said("a", 0.1, "", 0.9), Said("b", 0.1, "", 0.7))
    assert both == Decided("first", "", 0.8, "logprobs")
    one = decide(Said("a", 0.2, "", 0.9), Said("b", 0.4))
    assert one.confidence == pytest.approx(0.3)
    assert one.confidence_from == "stated"


def test_the_probability_of_a_verdict_is_its_share_of_the_possible_ones() -> None:
    tokens = tokens_of(
        GOOD,
        ("A", {"A": math.log(0.3), "B": math.log(0.1), "e": math.log(0.05), "Z": math.log(0.5)}),
    )
    tokens[GOOD.index("A")]["logprob"] = math.log(0.3)
    assert probability_of("A", GOOD, tokens) == pytest.approx(0.3 / 0.45)
    assert probability_of("A", GOOD, {"content": tokens}) == pytest.approx(0.3 / 0.45)


def test_tokens_longer_than_a_sign_are_read_where_the_verdict_begins() -> None:
    tokens = [
        {"token": '{"verdict', "logprob": 0.0},
        {"token": '":', "logprob": 0.0},
        {
            "token": ' "A',
            "logprob": math.log(0.6),
            "top_logprobs": [
                {"token": ' "A', "logprob": math.log(0.6)},
                {"token": ' "B', "logprob": math.log(0.2)},
                {"token": "A", "logprob": math.log(0.2)},
            ],
        },
        {"token": '", "confidence": 70}', "logprob": 0.0},
    ]
    assert probability_of("A", GOOD, tokens) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        [],
        {},
        "no",
        [{"token": "other", "logprob": -1}],
        [{"token": 3, "logprob": -1}],
        [{"logprob": -1}],
        tokens_of(GOOD[:5]),
        {"content": {"token": "A"}},
    ],
)
def test_logprobs_that_do_not_spell_the_answer_say_nothing(logprobs: Any) -> None:
    assert probability_of("A", GOOD, logprobs) is None


def test_a_line_break_that_was_counted_and_not_sent_is_passed_over() -> None:
    tokens = tokens_of(GOOD, ("A", {"A": -0.1, "B": -0.1}))
    counted = [{"token": "\n", "logprob": -4.9}, *tokens]
    assert probability_of("A", GOOD, counted) == pytest.approx(0.5)
    assert probability_of("A", GOOD, [*tokens[:3], counted[0], *tokens[3:]]) is None


def test_a_verdict_quoted_in_a_reason_is_not_where_the_probability_is_read() -> None:
    output = json.dumps({"reason": '"verdict": "B"', "verdict": "A", "confidence": 70})
    tokens = tokens_of(output, ("A", {"A": -0.2, "B": -2.0}))
    tokens[output.index('"A"') + 1]["logprob"] = -0.2
    expected = math.exp(-0.2) / (math.exp(-0.2) + math.exp(-2.0))
    assert probability_of("A", output, tokens) == pytest.approx(expected)

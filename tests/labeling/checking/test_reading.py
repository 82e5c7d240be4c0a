"""What a model claimed, read strictly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.checking.reading import find_quote, read_claims

TEXT = "The sky is  green.\nGrass is green too. It is “quite” so."
CLAUSES = {"1": "c-1", "4.2": "c-4-2"}
GOOD = {"quote": "sky is green", "clause": "4.2", "problem": "Not so.", "severity": "minor"}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


def read(*claims: Any) -> Any:
    return read_claims(json.dumps({"claims": list(claims)}), text=TEXT, clauses=CLAUSES)


def test_a_claim_names_its_place_in_the_answers_own_words() -> None:
    (claim,) = read(GOOD).kept
    assert (claim.anchor, claim.quote, claim.starts_at) == ("c-4-2", "sky is  green", 4)
    assert read(GOOD).n_dropped == 0


def test_an_empty_list_is_a_reading_too() -> None:
    assert read().kept == ()


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "the sea is green"},
        {"quote": ""},
        {"quote": "."},
        {"quote": "sky is green " * 200},
        {"clause": "9"},
        {"clause": ""},
        {"problem": "  "},
        {"problem": "x" * 2_000},
    ],
)
def test_what_cannot_be_placed_is_dropped_and_counted(change: dict[str, str]) -> None:
    found = read(GOOD | change, GOOD)
    assert [claim.quote for claim in found.kept] == ["sky is  green"]
    assert found.n_dropped == 1


def test_said_twice_counts_once() -> None:
    found = read(GOOD, GOOD | {"problem": "Again."})
    assert (len(found.kept), found.n_dropped) == (1, 1)


def test_what_a_model_puts_round_a_quote_does_not_count() -> None:
    (claim,) = read(GOOD | {"quote": '"sky is green…"', "clause": "§ 4.2"}).kept
    assert claim.quote == "sky is  green"


def test_a_quote_that_has_such_signs_keeps_them() -> None:
    (claim,) = read(GOOD | {"quote": "“quite” so."}).kept
    assert claim.quote == "“quite” so."


def test_more_claims_than_asked_for_are_dropped() -> None:
    found = read(*[GOOD] * 40)
    assert (len(found.kept), found.n_dropped) == (1, 39)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "No problems.",
        "[]",
        "{}",
        '{"claims": {}}',
        '{"claims": [1]}',
        '{"claims": [], "verdict": "fine"}',
        '{"claims": [], "claims": []}',
        '{"claims": NaN}',
        '{"claims": [' + json.dumps({**GOOD, "more": 1}) + "]}",
        '{"claims": [' + json.dumps({**GOOD, "quote": 1}) + "]}",
        '{"claims": [' + json.dumps({**GOOD, "severity": "awful"}) + "]}",
        'Sure! {"claims": []}',
        '{"claims": [',
        "[" * 50_000,
        '{"claims": []}' + " " * 50_000,
    ],
)
def test_anything_out_of_form_cannot_be_read(output: str) -> None:
    assert read_claims(output, text=TEXT, clauses=CLAUSES) is None


@given(st.text(max_size=200))
def test_no_output_breaks_the_reading(output: str) -> None:
    read_claims(output, text=TEXT, clauses=CLAUSES)


def test_what_the_database_cannot_keep_is_left_out() -> None:
    (claim,) = read(GOOD | {"problem": "Not\x00 so\ud800."}).kept
    assert claim.problem == "Not so."


@given(WORDS, WORDS, WORDS)
def test_a_part_of_a_text_is_found_with_white_space_folded(a: str, part: str, b: str) -> None:
    text = a + part + b
    folded = "  \n ".join(part.split())
    found = find_quote(folded, text)
    if not part.split():
        assert found is None
    else:
        assert found is not None
        start, end = found
        assert text[start:end].split() == part.split()
        assert start <= len(a) + len(part)

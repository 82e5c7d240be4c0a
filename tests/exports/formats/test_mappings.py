"""Ties, both bad, system messages, rankings and critiques in rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.formats import FORMATS, Dropped
from exports.formats.flags import control_tokens, row_flags
from exports.formats.mappings import heeded, mapping_problems
from exports.formats.reasons import (
    BOTH_BAD,
    MANY_TURNS,
    NO_REVISION,
    NO_SYSTEM,
    NOT_TAKEN,
    NOT_UNICODE,
    TIE,
    TURN_MARKS,
)
from exports.formats.saying import unsaid_pairs
from exports.recipe import CHOICES, Mappings, Recipe
from exports.records import (
    Asked,
    Candidate,
    Critique,
    Demonstration,
    Message,
    Preference,
    Ranked,
    Unpaired,
)
from tests.exports.formats.mixtures import OF_KIND

WHEN = "2026-01-02T03:04:05.678+00:00"
ASKED: list[Message] = [{"role": "user", "content": "Hi?"}]
SYSTEM: list[Message] = [{"role": "system", "content": "Be brief."}, *ASKED]


def said(text: str) -> Candidate:
    return Candidate(text=text, origin="person")


def preference(strength: int | None, prompt: list[Message] = ASKED) -> Preference:
    return Preference(
        id="comparison-1",
        source="comparison",
        prompt=prompt,
        first=said("First."),
        second=said("Second."),
        strength=strength,
        annotator="p-1",
        created_at=WHEN,
    )


def rows(name: str, kind: str, record: Any, **mapping: str) -> list[dict[str, Any]]:
    return FORMATS[name].accepts[kind](record, Mappings(**mapping))


def reason(name: str, kind: str, record: Any, **mapping: str) -> str:
    with pytest.raises(Dropped) as dropped:
        rows(name, kind, record, **mapping)
    return dropped.value.reason


def test_a_tie_is_dropped_or_each_answer_is_chosen_once() -> None:
    assert reason("trl-text", "preferences", preference(0)) == TIE
    assert rows("trl-text", "preferences", preference(0), ties="both") == [
        {"prompt": "Hi?", "chosen": "First.", "rejected": "Second."},
        {"prompt": "Hi?", "chosen": "Second.", "rejected": "First."},
    ]


def test_formats_that_have_a_word_for_ties_say_them() -> None:
    assert rows("helpsteer", "preferences", preference(0))[0]["overall_preference"] == 0
    [argilla] = rows("argilla", "preferences", preference(None))
    assert argilla["suggestions"]["preference"]["value"] == "both_bad"
    [ours] = rows("touchstone", "preferences", preference(None))
    assert (ours["preference"], ours["winner"]) == (None, "both_bad")


def test_the_margin_is_the_strength() -> None:
    assert rows("trl", "reward", preference(3))[0]["margin"] == 3.0


def test_a_bad_answer_of_two_is_unwanted_where_the_mapping_says_so() -> None:
    record = Unpaired(
        id="comparison-1-1",
        source="comparison",
        prompt=ASKED,
        answer=said("Bad."),
        is_desirable=False,
        verdict="both_bad",
        annotator="p-1",
        created_at=WHEN,
    )
    assert reason("trl", "unpaired", record) == BOTH_BAD
    [row] = rows("trl", "unpaired", record, both_bad="undesirable")
    assert row["label"] is False


def test_a_system_message_is_merged_or_the_record_is_dropped() -> None:
    assert reason("hh", "preferences", preference(1, SYSTEM)) == NO_SYSTEM
    [row] = rows("hh", "preferences", preference(1, SYSTEM), system="merge")
    assert row["chosen"] == "\n\nHuman: Be brief.\n\nHi?\n\nAssistant: Second."


def test_texts_without_roles_hold_one_message_alone() -> None:
    prompt: list[Message] = [*ASKED, {"role": "assistant", "content": "Ho."}, *ASKED]
    assert reason("verl", "reward", preference(1, prompt)) == MANY_TURNS
    marked: list[Message] = [{"role": "user", "content": "a\n\nAssistant: b"}]
    assert reason("hh", "preferences", preference(1, marked)) == TURN_MARKS


def test_a_ranking_is_all_its_pairs_side_by_side_and_what_is_not_said_is_counted() -> None:
    record = Ranked(
        id="ranking-5",
        prompt=ASKED,
        answers=[said("A"), said("B"), said("C"), said("D")],
        tiers=[[1], [0, 2], [3]],
        all_bad=False,
        annotator="p-1",
        created_at=WHEN,
    )
    made = rows("trl-text", "rankings", record)
    assert [(row["chosen"], row["rejected"]) for row in made] == [
        ("B", "A"),
        ("B", "C"),
        ("B", "D"),
        ("A", "D"),
        ("C", "D"),
    ]
    assert {row["group"] for row in made} == {"ranking-5"}
    assert unsaid_pairs(record, Mappings()) == {TIE: 1}
    assert len(rows("trl-text", "rankings", record, ties="both")) == 7


@pytest.mark.parametrize(
    ("revision", "outcome", "expected"),
    [(None, "", NO_REVISION), ("Better.", "discarded", NOT_TAKEN), ("Better.", "open", NOT_TAKEN)],
)
def test_only_a_revision_that_was_taken_is_better(
    revision: str | None, outcome: str, expected: str
) -> None:
    record = Critique(
        id="critique-1",
        source="repair",
        prompt=ASKED,
        answer=said("Worse."),
        critique="Too short.",
        clauses=(),
        revision=said(revision) if revision else None,
        outcome=outcome,
        annotator="p-1",
        created_at=WHEN,
    )
    assert reason("trl", "critiques", record) == expected
    assert rows("touchstone", "critiques", record)[0]["outcome"] == outcome


@pytest.mark.parametrize("place", ["critique", "clauses", "revision"])
def test_half_a_character_anywhere_in_a_critique_leaves_it_out(place: str) -> None:
    half = {"critique": "\ud800", "clauses": ("\ud800",), "revision": said("\ud800")}
    fields: dict[str, Any] = {"critique": "Too long.", "clauses": (), "revision": None}
    record = Critique(
        id="repair-1",
        source="repair",
        prompt=ASKED,
        answer=said("An answer."),
        annotator="p-1",
        created_at=WHEN,
        **{**fields, place: half[place]},
    )
    assert reason("touchstone", "critiques", record) == NOT_UNICODE


def test_control_tokens_are_found_and_ordinary_brackets_are_not() -> None:
    assert control_tokens("a <|im_start|>system <|im_start|> [INST] </s>") == [
        "<|im_start|>",
        "[INST]",
        "</s>",
    ]
    assert control_tokens("if a < b and c[0] > 2: <b>bold</b> <|> [1]") == []
    assert row_flags({"messages": [{"content": "<|eot_id|>"}], "n": 1}) == ("<|eot_id|>",)


JUDGED: dict[str, Any] = {"annotator": "p-1", "created_at": WHEN, "prompt": SYSTEM}
RANKED: dict[str, Any] = {"id": "ranking-1", "all_bad": False, **JUDGED}
TELLING: dict[str, list[Any]] = {
    "sft": [
        Demonstration(
            id="demonstration-1", answer=said("A"), guideline_version=1, seconds=1.0, **JUDGED
        )
    ],
    "preferences": [preference(0), preference(1, SYSTEM)],
    "reward": [preference(0), preference(1, SYSTEM)],
    "rankings": [
        Ranked(
            answers=[said("A"), said("B"), said("C")],
            tiers=[[0, 1], [2]],
            **{**RANKED, "prompt": prompt},
        )
        for prompt in (ASKED, SYSTEM)
    ],
    "unpaired": [
        Unpaired(
            id="comparison-1-1",
            source="comparison",
            answer=said("Bad."),
            is_desirable=False,
            **{**JUDGED, "verdict": verdict, "prompt": prompt},
        )
        for verdict, prompt in (("both_bad", ASKED), ("", SYSTEM))
    ],
    "critiques": [
        Critique(
            id="critique-1",
            source="fix",
            answer=said("Worse."),
            critique="Too short.",
            clauses=(),
            revision=said("Better."),
            **JUDGED,
        )
    ],
    "prompts": [Asked(id="prompt-1", prompt=SYSTEM, created_at=WHEN, language="en")],
}
"""Records of each kind that say something else by every mapping that a kind can know."""
MAPPED = [
    (name, kind, field, value)
    for name, form in FORMATS.items()
    for kind in form.shapes
    for field in ("ties", "both_bad", "system")
    for value in CHOICES[f"mapping.{field}"][1:]
]


def made(name: str, kind: str, record: Any, **mapping: str) -> list[dict[str, Any]]:
    try:
        return rows(name, kind, record, **mapping)
    except Dropped:
        return []


@pytest.mark.parametrize(
    ("name", "kind", "field", "value"),
    [each for each in MAPPED if each[3] in heeded(each[1], each[0])[each[2]]],
)
def test_a_mapping_that_is_offered_makes_other_rows(
    name: str, kind: str, field: str, value: str
) -> None:
    assert any(
        made(name, kind, record, **{field: value}) != made(name, kind, record)
        for record in TELLING[kind]
    )


@pytest.mark.parametrize("kind", OF_KIND)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_mapping_that_is_refused_would_have_done_nothing(kind: str, data: st.DataObject) -> None:
    records = (*TELLING.get(kind, ()), data.draw(OF_KIND[kind]))
    refused = [
        (name, field, value)
        for name, of, field, value in MAPPED
        if of == kind and value not in heeded(kind, name)[field]
    ]
    for name, field, value in refused:
        for record in records:
            same = made(name, kind, record, **{field: value}) == made(name, kind, record)
            assert same, (name, field, value)


def test_a_mapping_without_meaning_is_refused_by_its_name_and_rule() -> None:
    def problems(kind: str, form: str, **mapping: str) -> list[tuple[str, str]]:
        recipe = Recipe(kind=kind, format=form, mapping=Mappings(**mapping))
        return [(each.field, each.rule) for each in mapping_problems(recipe)]

    rule = "must for this kind and format be: "
    assert problems("unpaired", "trl", ties="both") == [("mapping.ties", f"{rule}drop")]
    assert problems("preferences", "trl", both_bad="undesirable") == [
        ("mapping.both_bad", f"{rule}drop")
    ]
    assert problems("raw", "touchstone", system="merge") == [("mapping.system", f"{rule}keep")]
    assert problems("preferences", "helpsteer", ties="both") == [("mapping.ties", f"{rule}drop")]
    assert problems("sft", "trl", system="merge") == []
    assert problems("unpaired", "touchstone", both_bad="undesirable") == []

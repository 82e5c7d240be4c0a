"""What our own validator refuses, each with its reason."""

import copy
from typing import Any

import pytest

from exports.formats.validity import Whole, problems

ASKED = [{"role": "user", "content": "Hi?"}]
ANSWER = {"role": "assistant", "content": "Hello."}
OTHER = {"role": "assistant", "content": "Go away."}
PAIR: dict[str, Any] = {"prompt": ASKED, "chosen": [ANSWER], "rejected": [OTHER]}
TALK: dict[str, Any] = {"messages": [*ASKED, ANSWER]}


def test_sound_rows_have_no_problem() -> None:
    assert problems("trl", "preferences", PAIR) == []
    assert problems("trl", "sft", TALK) == []
    assert problems("openai", "sft", TALK) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"rejected": [{**ANSWER, "content": " Hello. "}]},
            "chosen and rejected are the same text",
        ),
        ({"rejected": [{**OTHER, "content": " "}]}, "rejected is empty"),
        ({"chosen": [*ASKED, ANSWER]}, "an answer is not one message of the assistant"),
        ({"prompt": [*ASKED, ANSWER]}, "the prompt does not end with the user"),
        ({"prompt": "Hi?"}, "prompt is not a list"),
        ({"prompt": [*ASKED, *ASKED]}, "message 2 is of 'user' where assistant's turn is"),
        (
            {"prompt": [*ASKED, {"role": "system", "content": "x"}]},
            "message 2 is of 'system' where assistant's turn is",
        ),
        ({"prompt": [{"role": "user", "content": "\u200b"}]}, "message 1 is empty"),
        ({"prompt": [{"role": "user", "content": "\ud800"}]}, "message 1 holds a lone surrogate"),
        ({"prompt": [{"role": "user"}]}, "prompt[0].content is missing"),
        ({"margin": 1.0}, "margin is not a key of this format"),
    ],
)
def test_a_broken_pair_is_told_with_its_reason(change: dict[str, Any], reason: str) -> None:
    assert reason in problems("trl", "preferences", {**copy.deepcopy(PAIR), **change})


def test_pairs_of_whole_conversations_have_to_share_their_beginning() -> None:
    row = {"chosen": [*ASKED, ANSWER], "rejected": [{"role": "user", "content": "Ho?"}, OTHER]}
    for name in ("trl-implicit", "torchtune", "openrlhf"):
        assert problems(name, "preferences", row) == [
            "chosen and rejected do not share their prompt"
        ]


def test_a_whole_number_is_no_margin() -> None:
    row = {"chosen": [*ASKED, ANSWER], "rejected": [*ASKED, OTHER], "margin": 2}
    assert problems("trl", "reward", row) == ["margin is not a number with a point"]
    assert problems("trl", "reward", {**row, "margin": 7.0}) == ["the margin is not from 0 to 3"]


def test_a_label_that_is_no_boolean_trains_something_else_so_it_is_refused() -> None:
    row = {"conversations": [{"from": "human", "value": "Hi?"}], "system": "", "kto_tag": "true"}
    assert problems("llama-factory", "unpaired", row) == ["kto_tag is not true or false"]


def test_marks_of_turns_inside_a_text_are_refused() -> None:
    row = {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: c\n\nAssistant: d"}
    assert problems("hh", "preferences", row) == [
        "chosen and rejected differ before the last turn of the assistant"
    ]
    assert problems("hh", "preferences", {"chosen": "Hi", "rejected": "Ho"}) == [
        "the text does not begin with a turn"
    ]


def test_openai_wants_ten_rows() -> None:
    whole = Whole("openai", "sft")
    for _ in range(9):
        whole.see(TALK)
    assert whole.problems() == [
        "9 rows to train on; for OpenAI, Together, Fireworks there have to be 10 at least"
    ]
    whole.see(TALK)
    assert whole.problems() == []


def test_labels_of_one_class_teach_nothing() -> None:
    whole = Whole("trl", "unpaired")
    whole.see({"label": True})
    assert whole.problems() == ["every label is true; there is nothing to tell apart"]
    whole.see({"label": False})
    assert whole.problems() == []


def test_pairs_of_a_ranking_stand_together() -> None:
    whole = Whole("trl", "rankings")
    for group in ("r-1", "r-1", "r-2", "r-1"):
        whole.see({"group": group})
    assert whole.problems() == ["1 groups do not stand together"]

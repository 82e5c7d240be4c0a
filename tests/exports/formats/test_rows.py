"""Trainers' rows from neutral records."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exports import formats
from exports.files.lines import as_line
from exports.formats import Dropped, preference_row, sft_row
from exports.records import Candidate, Demonstration, Message, Preference

ASKED: list[Message] = [{"role": "user", "content": "What is monopsony?"}]
LATER = "2026-01-02T03:04:05.678+00:00"


def answer(text: str = "A market with one buyer.") -> Candidate:
    return Candidate(text=text, origin="model", model="slate-1")


def demonstration(**fields: Any) -> Demonstration:
    defaults: dict[str, Any] = {
        "id": "demonstration-1",
        "prompt": ASKED,
        "answer": answer(),
        "annotator": "p-1",
        "guideline_version": 1,
        "seconds": 3.0,
        "created_at": LATER,
    }
    return Demonstration(**defaults | fields)


def preference(**fields: Any) -> Preference:
    defaults: dict[str, Any] = {
        "id": "comparison-1",
        "source": "comparison",
        "prompt": ASKED,
        "first": answer("One buyer."),
        "second": answer("One seller."),
        "strength": -2,
        "annotator": "p-1",
        "created_at": LATER,
    }
    return Preference(**defaults | fields)


def test_a_demonstration_is_the_conversation_and_its_ideal_answer() -> None:
    assert sft_row(demonstration()) == {
        "messages": [*ASKED, {"role": "assistant", "content": "A market with one buyer."}]
    }


def test_a_system_message_stays_in_front() -> None:
    prompt: list[Message] = [{"role": "system", "content": "Be brief."}, *ASKED]
    assert sft_row(demonstration(prompt=prompt))["messages"][:2] == prompt
    assert preference_row(preference(prompt=prompt))["prompt"] == prompt


@pytest.mark.parametrize(
    ("strength", "chosen"), [(-3, "One buyer."), (-1, "One buyer."), (1, "One seller.")]
)
def test_the_sign_of_the_strength_says_which_answer_is_chosen(strength: int, chosen: str) -> None:
    row = preference_row(preference(strength=strength))
    assert row["chosen"] == [{"role": "assistant", "content": chosen}]
    assert row["rejected"] != row["chosen"]
    assert row["prompt"] == ASKED


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"strength": 0}, formats.TIE),
        ({"strength": None}, formats.BOTH_BAD),
        ({"second": answer(" One\n buyer. ")}, formats.SAME_TEXT),
        ({"second": answer(" \n")}, formats.NO_ANSWER),
        ({"first": answer("")}, formats.NO_ANSWER),
        ({"first": answer(""), "second": answer("")}, formats.NO_TEXT),
        ({"prompt": []}, formats.NO_TEXT),
        ({"n_turns": 2}, formats.DIVERGED),
        ({"prompt": [{"role": "assistant", "content": "Hello."}]}, formats.BAD_PROMPT),
    ],
)
def test_what_is_no_preference_is_dropped_with_its_reason(
    fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Dropped) as dropped:
        preference_row(preference(**fields))
    assert dropped.value.reason == reason


@pytest.mark.parametrize(
    "prompt",
    [
        [],
        [{"role": "system", "content": "Be brief."}],
        [{"role": "user", "content": " "}],
        [{"role": "system", "content": ""}, *ASKED],
        [*ASKED, {"role": "assistant", "content": "Yes."}],
        [*ASKED, *ASKED],
        [*ASKED, {"role": "system", "content": "Be brief."}, *ASKED],
        [{"role": "tool", "content": "12"}, *ASKED],
    ],
)
def test_a_prompt_that_is_no_conversation_is_dropped(prompt: list[Message]) -> None:
    with pytest.raises(Dropped, match=formats.BAD_PROMPT):
        sft_row(demonstration(prompt=prompt))


def test_an_empty_demonstration_is_dropped() -> None:
    with pytest.raises(Dropped, match=formats.NO_ANSWER):
        sft_row(demonstration(answer=answer("\t")))


texts = st.text(min_size=1).filter(lambda text: text.strip())


@st.composite
def prompts(draw: st.DrawFn) -> list[Message]:
    system: list[Message] = (
        [{"role": "system", "content": draw(texts)}] if draw(st.booleans()) else []
    )
    turns: list[Message] = [{"role": "user", "content": draw(texts)}]
    for _ in range(draw(st.integers(0, 3))):
        turns.append({"role": "assistant", "content": draw(texts)})
        turns.append({"role": "user", "content": draw(texts)})
    return system + turns


def roles_after_system(messages: list[Message]) -> list[str]:
    roles: list[str] = [message["role"] for message in messages]
    return roles[1:] if roles[0] == "system" else roles


@given(prompts(), texts)
def test_every_valid_demonstration_alternates_and_ends_with_the_assistant(
    prompt: list[Message], text: str
) -> None:
    messages = sft_row(demonstration(prompt=prompt, answer=answer(text)))["messages"]
    roles = roles_after_system(messages)
    assert roles == ["user", "assistant"] * (len(roles) // 2)
    assert messages[-1]["content"] == text


@given(prompts(), texts, texts, st.sampled_from([-3, -2, -1, 1, 2, 3]))
def test_every_valid_preference_has_two_different_answers_in_place(
    prompt: list[Message], first: str, second: str, strength: int
) -> None:
    record = preference(prompt=prompt, strength=strength, first=answer(first))
    record = replace(record, second=answer(second))
    if first.split() == second.split():
        with pytest.raises(Dropped, match=formats.SAME_TEXT):
            preference_row(record)
        return
    row = preference_row(record)
    assert row["chosen"] != row["rejected"]
    assert row["prompt"][-1]["role"] == "user"
    assert row["chosen"][0]["content"] == (first if strength < 0 else second)
    assert [message["role"] for message in row["chosen"] + row["rejected"]] == ["assistant"] * 2


@given(texts)
def test_a_line_is_one_line_for_every_reader_and_says_the_same(text: str) -> None:
    line = as_line({"text": text})
    assert orjson.loads(line) == {"text": text}
    assert line.decode().splitlines() == [line.decode().removesuffix("\n")]


def test_a_number_of_more_than_64_bits_does_not_stop_an_export() -> None:
    assert as_line({"seed": 2**70, "text": "\u2028"}) == b'{"seed":%d,"text":"\\u2028"}\n' % 2**70


def test_a_conversation_that_goes_on_is_one_row() -> None:
    turns = (
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "Goodbye."},
    )
    row = sft_row(demonstration(turns=turns))
    assert row["messages"][-3:] == list(turns)


def test_a_conversation_must_end_with_the_assistant() -> None:
    turns = ({"role": "assistant", "content": "Hi."}, {"role": "user", "content": "And?"})
    with pytest.raises(Dropped):
        sft_row(demonstration(turns=turns))


def test_what_is_held_back_says_why() -> None:
    with pytest.raises(Dropped, match="correcting"):
        sft_row(demonstration(held_back="its author is correcting it"))

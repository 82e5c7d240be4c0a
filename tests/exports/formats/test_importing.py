"""What is exported in our own format is imported as it was."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import FORMATS
from exports.recipe import Mappings
from exports.records import Asked, Candidate, Message, Preference
from labeling.intake.comparison_files import read_judgements
from labeling.intake.prompt_files import Problems, read_items

WHEN = "2026-01-02T03:04:05.678+00:00"
ASKED: list[Message] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is monopsony? 日本"},
]

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: any(sign.isalnum() for sign in text)
)
tags = st.lists(st.sampled_from(["economics", "maths", "Grüße"]), unique=True, max_size=3)
models = st.sampled_from(["", "slate-1", "flint 2 (70B)"])


@st.composite
def prompts(draw: st.DrawFn) -> list[Message]:
    said = draw(st.lists(texts, min_size=1, max_size=5).filter(lambda some: len(some) % 2))
    messages: list[Message] = [
        {"role": "assistant" if place % 2 else "user", "content": text}
        for place, text in enumerate(said)
    ]
    system: list[Message] = [{"role": "system", "content": draw(texts)}]
    return system + messages if draw(st.booleans()) else messages


def candidates() -> st.SearchStrategy[Candidate]:
    return st.builds(Candidate, text=texts, origin=st.just("model"), model=models)


@given(
    prompt=prompts(),
    answers=st.lists(candidates(), min_size=2, max_size=2, unique_by=lambda each: each.text),
    strength=st.one_of(st.none(), st.integers(-3, 3)),
    justification=st.one_of(st.just(""), texts),
    tagged=tags,
)
def test_any_judgement_comes_back_as_it_was(
    prompt: list[Message],
    answers: list[Candidate],
    strength: int | None,
    justification: str,
    tagged: list[str],
) -> None:
    record = Preference(
        id="comparison-17",
        source="comparison",
        prompt=prompt,
        first=answers[0],
        second=answers[1],
        strength=strength,
        annotator="p-1",
        justification=justification,
        created_at=WHEN,
        tags=tuple(tagged),
    )
    [row] = FORMATS["touchstone"].accepts["preferences"](record, Mappings())
    faults = Problems()
    found = read_judgements(orjson.dumps(row) + b"\n", problems=faults)
    assert faults.total == 0
    pair, [judgement] = found.pairs["comparison-17"], found.judgements
    assert (pair.prompt.messages, pair.prompt.tags) == (prompt, tagged)
    assert pair.texts == tuple(each.text for each in answers)
    assert pair.models == tuple(each.model for each in answers)
    assert (judgement.preference, judgement.justification) == (strength, justification)


@given(prompt=prompts(), external_id=st.sampled_from(["", "x-3", "Ü 4"]), tagged=tags)
def test_any_prompt_comes_back_as_it_was(
    prompt: list[Message], external_id: str, tagged: list[str]
) -> None:
    record = Asked(
        id="prompt-3",
        prompt=prompt,
        created_at=WHEN,
        language="de",
        external_id=external_id,
        tags=tuple(tagged),
    )
    [row] = FORMATS["touchstone"].accepts["prompts"](record, Mappings())
    faults = Problems()
    [found] = read_items([(1, orjson.loads(orjson.dumps(row)))], problems=faults)
    assert faults.total == 0
    # Without an id of its owner's it is known again by the one it had here.
    assert (found.messages, found.external_id) == (prompt, external_id or record.id)
    assert (found.tags, found.language) == (tagged, "de")


@pytest.mark.parametrize("strength", [-3, -1, 0, 2, None])
def test_a_judgement_comes_back_with_its_texts_models_and_strength(strength: int | None) -> None:
    record = Preference(
        id="comparison-17",
        source="comparison",
        prompt=ASKED,
        first=Candidate(text="One buyer.", origin="model", model="slate-1"),
        second=Candidate(text="One seller.", origin="person"),
        strength=strength,
        annotator="p-1",
        justification="It is.",
        created_at=WHEN,
        tags=("economics",),
    )
    [row] = FORMATS["touchstone"].accepts["preferences"](record, Mappings())
    faults = Problems()
    found = read_judgements(orjson.dumps(row) + b"\n", problems=faults)
    assert faults.total == 0
    pair = found.pairs["comparison-17"]
    assert pair.prompt.messages == ASKED
    assert pair.prompt.tags == ["economics"]
    assert (pair.texts, pair.models) == (("One buyer.", "One seller."), ("slate-1", ""))
    [judgement] = found.judgements
    assert judgement.preference == strength
    assert (judgement.annotator, judgement.justification) == ("p-1", "It is.")
    assert judgement.created_at is not None
    assert judgement.created_at.isoformat(timespec="milliseconds") == WHEN


def test_a_prompt_comes_back() -> None:
    record = Asked(
        id="prompt-3", prompt=ASKED, created_at=WHEN, language="en", external_id="x-3", tags=("a",)
    )
    [row] = FORMATS["touchstone"].accepts["prompts"](record, Mappings())
    faults = Problems()
    items: list[tuple[int, Any]] = [(1, orjson.loads(orjson.dumps(row)))]
    [found] = read_items(items, problems=faults)
    assert faults.total == 0
    assert (found.messages, found.external_id) == (ASKED, "x-3")
    assert (found.tags, found.language) == (["a"], "en")

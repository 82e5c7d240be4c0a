"""What is exported in our own format is imported as it was."""

from typing import Any

import orjson
import pytest

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

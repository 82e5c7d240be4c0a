"""Lengths in tokens and chat templates, with the tokenizer that the embedded weights carry."""

from pathlib import Path

import pytest

from config.endpoints import find_weights
from exports.formats.gguf import NoTokenizer
from exports.formats.tokens import BadTemplate, Known, load, ruler
from exports.records import Message
from tests.exports.tokenizers import MARKED, WITHOUT_SYSTEM, bytes_alone

ASKED: list[Message] = [{"role": "user", "content": "What is 12 plus 30?"}]


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Known:
    found = find_weights(tmp_path_factory.mktemp("data"))
    if not found:
        pytest.skip("the embedded weights are not installed")
    return load(found[0].path)


def test_tokens_are_those_of_the_model(smollm2: Known) -> None:
    encoded = smollm2.tokenizer.encode("Hello 12, it's <|im_start|>")
    assert encoded.tokens == ["Hello", "Ġ", "1", "2", ",", "Ġit", "'s", "Ġ", "<|im_start|>"]
    assert smollm2.count("Hello 12") == 4


@pytest.mark.parametrize("text", ["It is 42.", "café 日本 🎉\n\n  indented", "a <|im_end|> b"])
def test_a_templated_conversation_comes_back_from_the_tokenizer(smollm2: Known, text: str) -> None:
    assert smollm2.turn_problems(ASKED, text) == []


def test_the_template_is_the_models_own(smollm2: Known) -> None:
    system: Message = {"role": "system", "content": "Be brief."}
    assert smollm2.rendered([system, *ASKED], to_go_on=True) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nWhat is 12 plus 30?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_of_a_pair_the_longer_conversation_counts(smollm2: Known) -> None:
    count = ruler(smollm2, "trl", "preferences").measured
    short: Message = {"role": "assistant", "content": "42."}
    long: Message = {"role": "assistant", "content": "It is 42, as far as I know."}
    row = {"prompt": ASKED, "chosen": [short], "rejected": [long]}
    assert count(row) == (smollm2.count(smollm2.rendered([*ASKED, long])), False)


def test_a_template_that_loses_the_answer_is_told(smollm2: Known) -> None:
    shouting = "{% for m in messages %}{{ m['content'] | upper }}\n{% endfor %}"
    known = Known("shouting", smollm2.tokenizer, shouting)
    assert "the template changes the answer" in known.turn_problems(ASKED, "It is so.")


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{% for m in messages %}{{ m.clear() }}{% endfor %}",
        "{{ raise_exception('no') }}",
        "{% if %}",
        "",
    ],
)
def test_a_template_gets_out_of_its_sandbox_in_no_way(smollm2: Known, template: str) -> None:
    known = Known("hostile", smollm2.tokenizer, template)
    with pytest.raises(BadTemplate):
        known.rendered(ASKED)


def test_what_is_no_tokenizer_is_told(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "weights.gguf"):
        path = tmp_path / name
        path.write_text('{"model": 1}')
        with pytest.raises(NoTokenizer):
            load(path)


def test_marks_of_what_is_learnt_are_no_part_of_the_text() -> None:
    known = Known("marked", bytes_alone(), MARKED)
    assert known.rendered([*ASKED, {"role": "assistant", "content": "42."}]) == (
        "<|user|>What is 12 plus 30?<|end|><|assistant|>42.<|end|>"
    )
    assert known.turn_problems(ASKED, "It is 42.") == []


def test_what_a_template_refuses_is_counted_bare_and_said() -> None:
    system: Message = {"role": "system", "content": "Be brief."}
    measures = ruler(Known("gemma", bytes_alone(), WITHOUT_SYSTEM), "trl", "prompts")
    bare = len("Be brief.What is 12 plus 30?")
    assert measures.measured({"prompt": [system, *ASKED]}) == (bare, True)
    assert measures.problems({"prompt": [system, *ASKED]}) == [
        "the chat template refused it: System role not supported"
    ]
    assert measures.measured({"prompt": ASKED}).is_bare is False
    assert measures.problems({"prompt": ASKED}) == []


def test_each_reason_of_a_row_is_said_once() -> None:
    answers = {name: [{"role": "assistant", "content": name}] for name in ("chosen", "rejected")}
    shouting = "{% for m in messages %}{{ m['content'] | upper }}\n{% endfor %}"
    measures = ruler(Known("shouting", bytes_alone(), shouting), "trl", "preferences")
    assert measures.problems({"prompt": ASKED, **answers}) == ["the template changes the answer"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% if %}", "the chat template cannot be read: "),
        ("{{ '{0}{1}'.format('x') }}", "the chat template refused it: "),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "the chat template refused it: "),
    ],
)
def test_whatever_a_template_raises_is_told_as_its_refusal(template: str, expected: str) -> None:
    measures = ruler(Known("broken", bytes_alone(), template), "trl", "prompts")
    [reason] = measures.problems({"prompt": ASKED})
    assert reason.startswith(expected)
    assert measures.measured({"prompt": ASKED}).is_bare is True


def test_a_template_that_tells_the_date_makes_the_same_every_day() -> None:
    known = Known("dated", bytes_alone(), "{{ strftime_now('%Y-%m-%d') }}")
    assert known.rendered(ASKED) == "2026-01-01"


def test_without_a_template_the_bare_texts_are_what_a_trainer_sees() -> None:
    measures = ruler(Known("plain", bytes_alone()), "trl", "prompts")
    assert measures.has_template is False
    assert measures.measured({"prompt": ASKED}) == (19, False)

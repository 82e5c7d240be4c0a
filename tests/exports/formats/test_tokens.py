"""Lengths in tokens and chat templates, with the tokenizer that the embedded weights carry."""

from pathlib import Path

import pytest

from config.endpoints import find_weights
from exports.formats.gguf import NoTokenizer
from exports.formats.tokens import BadTemplate, Known, counter, load
from exports.records import Message

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
    count = counter(smollm2, "trl", "preferences")
    short: Message = {"role": "assistant", "content": "42."}
    long: Message = {"role": "assistant", "content": "It is 42, as far as I know."}
    row = {"prompt": ASKED, "chosen": [short], "rejected": [long]}
    assert count(row) == smollm2.count(smollm2.rendered([*ASKED, long]))


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

"""Rules that consumers document, of those whose own readers no test can run: said again here, and
by nothing of our own formats, so that a row has to hold more than what we ourselves ask of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exports.consumers import data

Row = dict[str, Any]


def is_message(message: Any, *roles: str) -> bool:
    return (
        message.keys() == {"role", "content"}
        and message["role"] in roles
        and isinstance(message["content"], str)
        and message["content"].strip() != ""
    )


def are_messages(messages: Any, *, last: str) -> bool:
    return (
        isinstance(messages, list)
        and all(is_message(each, "system", "user", "assistant") for each in messages)
        and all(each["role"] != "system" for each in messages[1:])
        and messages[-1]["role"] == last
    )


def are_answers(*texts: Any) -> bool:
    said = [text for text in texts if isinstance(text, str) and text.strip()]
    return len(said) == len(texts) == len(set(said))


def openai_sft(row: Row) -> bool:
    """Chat messages under one key, at least one of them the assistant's."""
    return row.keys() == {"messages"} and are_messages(row["messages"], last="assistant")


def openai_preferences(row: Row) -> bool:
    """`input.messages` ends before the answer; each output is one message of the assistant."""
    outputs = [row["preferred_output"], row["non_preferred_output"]]
    return (
        row.keys() == {"input", "preferred_output", "non_preferred_output"}
        and are_messages(row["input"]["messages"], last="user")
        and all(len(each) == 1 and is_message(each[0], "assistant") for each in outputs)
        and are_answers(*(each[0]["content"] for each in outputs))
    )


def verl_pairs(row: Row) -> bool:
    """RMDataset: `prompt`, `chosen` and `rejected`, each a text."""
    return row.keys() == {"prompt", "chosen", "rejected"} and are_answers(*row.values())


def verl_prompts(row: Row) -> bool:
    """RLHFDataset: the five columns that its preprocessing scripts write."""
    return (
        row.keys() == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
        and are_messages(row["prompt"], last="user")
        and are_answers(row["data_source"])
        and row["reward_model"].keys() == {"style", "ground_truth"}
        and row["reward_model"]["style"] in ("rule", "model")
        and isinstance(row["extra_info"], dict)
    )


def nemo_pairs(row: Row) -> bool:
    """PreferenceDataset: `context` and exactly two completions, of different ranks; the least rank
    is the best."""
    completions = row["completions"]
    said = [each["completion"] for each in completions]
    return (
        row.keys() == {"context", "completions"}
        and are_messages(row["context"], last="user")
        and [each["rank"] for each in completions] == [0, 1]
        and all(are_messages(each, last="assistant") for each in said)
        and are_answers(*(each[-1]["content"] for each in said))
    )


def deepspeed_pairs(row: Row) -> bool:
    """The prompt in one text that ends where the assistant's begins, to which its code adds the
    answers as they are."""
    return (
        row.keys() == {"prompt", "chosen", "rejected"}
        and row["prompt"].startswith("Human: ")
        and row["prompt"].rstrip().endswith("Assistant:")
        and are_answers(row["chosen"], row["rejected"])
    )


RULES: dict[tuple[str, str], Callable[[Row], bool]] = {
    ("openai", "sft"): openai_sft,
    ("openai", "preferences"): openai_preferences,
    ("openai", "rankings"): openai_preferences,
    ("openai", "critiques"): openai_preferences,
    ("verl", "sft"): openai_sft,
    ("verl", "preferences"): verl_pairs,
    ("verl", "reward"): verl_pairs,
    ("verl", "rankings"): verl_pairs,
    ("verl", "critiques"): verl_pairs,
    ("verl", "prompts"): verl_prompts,
    ("nemo-rl", "sft"): openai_sft,
    ("nemo-rl", "preferences"): nemo_pairs,
    ("nemo-rl", "reward"): nemo_pairs,
    ("nemo-rl", "rankings"): nemo_pairs,
    ("nemo-rl", "critiques"): nemo_pairs,
    ("deepspeed-chat", "preferences"): deepspeed_pairs,
    ("deepspeed-chat", "reward"): deepspeed_pairs,
    ("deepspeed-chat", "rankings"): deepspeed_pairs,
    ("deepspeed-chat", "critiques"): deepspeed_pairs,
}


@pytest.mark.parametrize(("name", "kind"), RULES)
def test_every_row_keeps_what_its_consumer_documents(name: str, kind: str, tmp_path: Path) -> None:
    rows = data.write(tmp_path, name, kind, "parquet" if name == "verl" else "jsonl")
    assert rows
    assert [row for row in rows if not RULES[name, kind](row)] == []

"""Rows as other trainers' own code reads them: `read_elsewhere.py CONSUMER FOLDER KIND`.

Prints what it read as one JSON line; a consumer that refuses a row raises.
"""

import importlib.machinery
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from tiny import make_tokenizer


def rows_in(folder: Path) -> list[dict[str, Any]]:
    [path] = folder.glob("train-*.jsonl")
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def axolotl(folder: Path, kind: str) -> Any:
    tokenizer = make_tokenizer()
    if kind == "sft":
        from axolotl.prompt_strategies.chat_template import ChatTemplatePrompter
        from axolotl.prompt_strategies.chat_template import ChatTemplateStrategy as Strategy

        prompter = ChatTemplatePrompter(
            tokenizer, chat_template=tokenizer.chat_template, max_length=512
        )
        strategy = Strategy(prompter, tokenizer, train_on_inputs=False, sequence_len=512)
        read = [strategy.tokenize_prompt(row) for row in rows_in(folder)]
        learned = [[token for token in row["labels"] if token != -100] for row in read]
        return [tokenizer.decode(tokens) for tokens in learned]
    if kind == "unpaired":
        from axolotl.prompt_strategies.kto.chatml import argilla_chat

        transform: Any = argilla_chat({})
    else:
        from axolotl.prompt_strategies.dpo.chat_template import default

        config = {"datasets": [{}], "chat_template": "tokenizer_default"}
        transform, _ = default(config)
        return [transform(row, tokenizer=tokenizer) for row in rows_in(folder)]
    return [transform(row) for row in rows_in(folder)]


def llamafactory(folder: Path, kind: str) -> Any:
    # It imports sound at once, and there is none here.
    sound = types.ModuleType("torchaudio")
    sound.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = sound
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    name = next(iter(json.loads((folder / "dataset_info.json").read_text())))
    [attributes] = get_dataset_list([name], str(folder))
    if not (folder / attributes.dataset_name).is_file():
        raise FileNotFoundError(attributes.dataset_name)
    arguments = DataArguments(dataset_dir=str(folder))
    convert = get_dataset_converter(attributes.formatting, attributes, arguments)
    return [convert(row) for row in rows_in(folder)]


def torchtune(folder: Path, kind: str) -> Any:
    from torchtune.data import ChosenRejectedToMessages, OpenAIToMessages

    transform = OpenAIToMessages() if kind == "sft" else ChosenRejectedToMessages()
    read = [transform(row) for row in rows_in(folder)]
    return [
        {
            key: [[each.role, each.text_content] for each in messages]
            for key, messages in row.items()
        }
        for row in read
    ]


def _told(messages: Any) -> list[list[str]]:
    return [[each.role, each.text_content] for each in messages]


def openrlhf(folder: Path, kind: str) -> Any:
    template = make_tokenizer().apply_chat_template
    if kind == "sft":
        from openrlhf.datasets.sft_dataset import preprocess_data

        options: dict[str, Any] = {"input_key": "input", "output_key": "output"}
    elif kind == "prompts":
        from openrlhf.datasets.prompts_dataset import preprocess_data

        options = {"input_key": "input"}
    else:
        from openrlhf.datasets.reward_dataset import preprocess_data

        options = {"is_dpo": kind == "preferences"}
    return [
        preprocess_data(row, apply_chat_template=template, **options) for row in rows_in(folder)
    ]


def argilla(folder: Path, kind: str) -> Any:
    import argilla as rg
    from argilla._models import UserModel

    # The client asks its server who it is before anything else; there is no server here.
    rg.Argilla._validate_connection = lambda self: UserModel(username="a", role="owner")
    rg.Argilla(api_url="http://localhost:9", api_key="none")
    settings = rg.Settings.from_json(folder / "argilla_settings.json")
    settings.validate()
    names = {field.name for field in settings.fields}
    records = [rg.Record.from_dict(row) for row in rows_in(folder)]
    asked = {question.name for question in settings.questions}
    for record in records:
        if set(record.fields.to_dict()) != names:
            raise ValueError(f"fields {record.fields.to_dict()} are not {names}")
        if not {each.question_name for each in record.suggestions} <= asked:
            raise ValueError("a suggestion for a question that is not asked")
    return [record.to_dict() for record in records]


CONSUMERS: dict[str, Callable[[Path, str], Any]] = {
    each.__name__: each for each in (axolotl, llamafactory, torchtune, openrlhf, argilla)
}

if __name__ == "__main__":
    consumer, folder, kind = sys.argv[1:]
    print(json.dumps(CONSUMERS[consumer](Path(folder), kind)))  # noqa: T201

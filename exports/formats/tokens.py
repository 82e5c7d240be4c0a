"""Lengths in tokens, by a real tokenizer, and what its chat template makes of conversations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from exports.formats import gguf
from exports.formats.flags import texts_of
from exports.formats.gguf import NoTokenizer
from exports.formats.meaning import Judged, Pair, Talk
from exports.formats.registry import FORMATS
from exports.formats.shape import Row
from exports.records import Message

LONGEST_TEMPLATE = 200_000


class BadTemplate(ValueError):
    """A chat template that cannot be used, or that refused a conversation."""


@dataclass(frozen=True)
class Known:
    """A tokenizer, and the chat template that came with it (empty: none)."""

    name: str
    tokenizer: Tokenizer
    template: str = ""
    bos: str = ""
    eos: str = ""

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def rendered(self, messages: list[Message], *, to_go_on: bool = False) -> str:
        """The conversation as a model reads it; `to_go_on`: with the head of the next answer."""
        try:
            text: str = _compiled(self.template).render(
                messages=messages,
                add_generation_prompt=to_go_on,
                bos_token=self.bos,
                eos_token=self.eos,
            )
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise BadTemplate(f"the chat template refused it: {error}"[:300]) from error
        return text

    def turn_problems(self, prompt: list[Message], answer: str) -> list[str]:
        """What is lost when a prompt and its answer are templated, tokenized and read back.

        Trainers mask the prompt by its length, so the templated prompt has to be the head of the
        whole; and what a model learns has to be the answer as it was written.
        """
        head = self.rendered(prompt, to_go_on=True)
        message: Message = {"role": "assistant", "content": answer}
        whole = self.rendered([*prompt, message])
        if not whole.startswith(head):
            return ["the templated prompt is not the head of the whole conversation"]
        found = []
        if answer.strip() not in whole[len(head) :]:
            found.append("the template changes the answer")
        ids = self.tokenizer.encode(whole, add_special_tokens=False).ids
        if self.tokenizer.decode(ids, skip_special_tokens=False) != whole:
            found.append("the tokenizer does not give back what it was given")
        first = self.tokenizer.encode(head, add_special_tokens=False).ids
        if ids[: len(first)] != first:
            found.append("the prompt's tokens are not the first of the whole conversation")
        return found


def load(path: Path) -> Known:
    """From a tokenizer.json (its chat template in a tokenizer_config.json or chat_template.jinja
    beside it), or from a GGUF file of weights."""
    if path.suffix == ".gguf":
        return _from_gguf(path)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    # The library raises bare exceptions of its own.
    except Exception as error:
        raise NoTokenizer(f"{path.name} is not a tokenizer: {error}"[:300]) from error
    config = _json(path.with_name("tokenizer_config.json"))
    beside = path.with_name("chat_template.jinja")
    template = beside.read_text() if beside.is_file() else config.get("chat_template", "")
    return Known(
        path.parent.name if path.name == "tokenizer.json" else path.stem,
        tokenizer,
        template if isinstance(template, str) else "",
        _token(config.get("bos_token")),
        _token(config.get("eos_token")),
    )


def counter(known: Known, format_name: str, kind: str) -> Callable[[Row], int]:
    """How many tokens a trainer sees of a row: of a pair, the prompt and the longer answer. With a
    chat template, as it makes them."""
    read = FORMATS[format_name].shapes[kind].read

    def count(row: Row) -> int:
        if read is None:
            return sum(known.count(text) for text in texts_of(row))
        said = read(row)
        if isinstance(said, Talk):
            return _of_conversation(known, said.messages)
        if isinstance(said, Pair):
            answers = (said.chosen, said.rejected)
            return max(_of_conversation(known, [*said.prompt, _answer(each)]) for each in answers)
        if isinstance(said, Judged):
            return _of_conversation(known, [*said.prompt, _answer(said.answer)])
        return _of_conversation(known, said.prompt)

    return count


def _of_conversation(known: Known, messages: list[Message]) -> int:
    if known.template:
        try:
            return known.count(known.rendered(messages))
        except BadTemplate:
            pass
    return sum(known.count(message["content"]) for message in messages)


def _answer(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _from_gguf(path: Path) -> Known:
    told = gguf.metadata(path)
    tokens = told.get("tokenizer.ggml.tokens", [])

    def token(name: str) -> str:
        place = told.get(f"tokenizer.ggml.{name}_token_id", -1)
        return tokens[place] if 0 <= place < len(tokens) else ""

    template = told.get("tokenizer.chat_template", "")
    return Known(path.stem, gguf.tokenizer_of(told), template, token("bos"), token("eos"))


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        told = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise NoTokenizer(f"{path.name} is not JSON: {error}") from error
    return told if isinstance(told, dict) else {}


def _token(told: Any) -> str:
    """In older files a token is an object with its text in `content`."""
    if isinstance(told, dict):
        told = told.get("content")
    return told if isinstance(told, str) else ""


@lru_cache(maxsize=8)
def _compiled(template: str) -> Any:
    if not template or len(template) > LONGEST_TEMPLATE:
        raise BadTemplate("there is no chat template, or it is too long")
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.globals["raise_exception"] = _refuse
    environment.filters["tojson"] = _tojson
    return environment.from_string(template)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _tojson(value: Any, indent: int | None = None) -> str:
    option = orjson.OPT_INDENT_2 if indent else 0
    return orjson.dumps(value, option=option).decode()

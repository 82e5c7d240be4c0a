"""Lengths in tokens, by a real tokenizer, and what its chat template makes of conversations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from exports.formats import gguf
from exports.formats.flags import texts_of
from exports.formats.gguf import NoTokenizer
from exports.formats.meaning import Judged, Pair, Said, Talk
from exports.formats.registry import FORMATS
from exports.formats.shape import Row
from exports.records import Message

LONGEST_TEMPLATE = 200_000
LONGEST_REASON = 200
SOME_DAY = datetime(2026, 1, 1)
WHAT_TEMPLATES_RAISE = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


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
        compiled = _compiled(self.template)
        if isinstance(compiled, str):
            raise BadTemplate(compiled)
        try:
            text: str = compiled.render(
                messages=messages,
                add_generation_prompt=to_go_on,
                bos_token=self.bos,
                eos_token=self.eos,
            )
        except WHAT_TEMPLATES_RAISE as error:
            raise BadTemplate(f"the chat template refused it: {_first_line(error)}") from error
        return text

    def turn_problems(self, prompt: list[Message], answer: str) -> list[str]:
        """What is lost when a prompt and its answer are templated, tokenized and read back.

        Trainers mask the prompt by its length, so the templated prompt has to be the head of the
        whole; and what a model learns has to be the answer as it was written.
        """
        head = self.rendered(prompt, to_go_on=True)
        whole = self.rendered(_whole(prompt, answer))
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


class Measured(NamedTuple):
    n_tokens: int
    is_bare: bool
    """The chat template refused the row, so it is its bare texts that were counted."""


@dataclass(frozen=True)
class Ruler:
    """Measures the rows of one format and kind as a trainer with this tokenizer sees them."""

    known: Known
    read: Callable[[Row], Said] | None

    @property
    def has_template(self) -> bool:
        """Whether there is one, and conversations in the rows that it could be put on."""
        return bool(self.known.template) and self.read is not None

    def measured(self, row: Row) -> Measured:
        """The tokens of a row: of a pair, of the prompt and the longer answer. With a chat
        template, as it makes them."""
        if self.read is None:
            return Measured(sum(self.known.count(text) for text in texts_of(row)), False)
        found = [self._measured(_whole(*each)) for each in _turns(self.read(row))]
        return Measured(max(each.n_tokens for each in found), any(each.is_bare for each in found))

    def problems(self, row: Row) -> list[str]:
        """What the chat template refuses or changes in a row, each reason once."""
        if self.read is None:
            return []
        found: dict[str, None] = {}
        try:
            for prompt, answer in _turns(self.read(row)):
                if answer is None:
                    self.known.rendered(prompt, to_go_on=True)
                else:
                    found |= dict.fromkeys(self.known.turn_problems(prompt, answer))
        except BadTemplate as refused:
            found[str(refused)] = None
        return list(found)

    def _measured(self, messages: list[Message]) -> Measured:
        if self.known.template:
            try:
                return Measured(self.known.count(self.known.rendered(messages)), False)
            except BadTemplate:
                pass
        n_tokens = sum(self.known.count(message["content"]) for message in messages)
        return Measured(n_tokens, bool(self.known.template))


def ruler(known: Known, format_name: str, kind: str) -> Ruler:
    return Ruler(known, FORMATS[format_name].shapes[kind].read)


def _turns(said: Said) -> list[tuple[list[Message], str | None]]:
    """Each prompt with the answer to it; a question has none."""
    if isinstance(said, Talk):
        return [(said.messages[:-1], said.messages[-1]["content"])]
    if isinstance(said, Pair):
        return [(said.prompt, said.chosen), (said.prompt, said.rejected)]
    if isinstance(said, Judged):
        return [(said.prompt, said.answer)]
    return [(said.prompt, None)]


def _whole(prompt: list[Message], answer: str | None) -> list[Message]:
    if answer is None:
        return prompt
    return [*prompt, {"role": "assistant", "content": answer}]


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


class _Generation(Extension):
    """`{% generation %}` marks what a model learns, for trainers; what is in it is written."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


@lru_cache(maxsize=8)
def _compiled(template: str) -> Any:
    """The template, or why there is none: one that is broken is not to be read anew every row."""
    if not template or len(template) > LONGEST_TEMPLATE:
        return "there is no chat template, or it is too long"
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
    )
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _on_some_day
    environment.filters["tojson"] = _tojson
    try:
        return environment.from_string(template)
    except WHAT_TEMPLATES_RAISE as error:
        return f"the chat template cannot be read: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:LONGEST_REASON]


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _on_some_day(form: str) -> str:
    """For templates that tell the date: the same one always, as the same rows stay as long."""
    return SOME_DAY.strftime(form)


def _tojson(value: Any, indent: int | None = None) -> str:
    option = orjson.OPT_INDENT_2 if indent else 0
    return orjson.dumps(value, option=option).decode()

"""What an endpoint streams, read piece by piece. The other side is not trusted. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from workers.endpoints.errors import Broken, Refused

OUTPUT_LIMIT_BYTES = 256 * 1024
LINE_LIMIT_BYTES = 256 * 1024
RECEIVED_LIMIT_BYTES = 64 * 1024 * 1024
MOST_ALTERNATIVES = 20
LOGPROB_LIMIT = 1e6
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# vLLM names these where it gave up by itself; what came before is not the whole reply.
GIVEN_UP = frozenset({"abort", "error"})


@dataclass
class Completion:
    """What a stream has brought so far; whole when `stream_chat` has ended without an error."""

    finish_reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    served_model: str = ""
    revision: str = ""
    """What the server calls its own state of the model (`system_fingerprint`)."""
    logprobs: list[dict[str, Any]] | None = None
    """One a token of the output, where the request asked for them."""
    pieces: list[str] = field(default_factory=list)
    n_bytes: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Lines:
    """Bytes in, the data of whole server-sent events out, both bounded.

    An event is one line here: no OpenAI-compatible server breaks its JSON over several.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._n_received = 0
        self.is_done = False
        """`[DONE]` has come."""

    def feed(self, received: bytes) -> Iterator[bytes]:
        self._n_received += len(received)
        if self._n_received > RECEIVED_LIMIT_BYTES:
            raise Refused("The endpoint sent more than 64 MB.", status=200)
        if self._waiting:
            received = self._waiting + received
        *lines, self._waiting = received.split(b"\n")
        if len(self._waiting) > LINE_LIMIT_BYTES:
            raise _too_long()
        for line in lines:
            if line.startswith(b"data:") and not self.is_done:
                yield from self._data(line)

    def end(self) -> Iterator[bytes]:
        """What stands in a last line without an end."""
        return self.feed(b"\n")

    def _data(self, line: bytes) -> Iterator[bytes]:
        if len(line) > LINE_LIMIT_BYTES:
            raise _too_long()
        data = line[5:].strip()
        if data == b"[DONE]":
            self.is_done = True
        else:
            yield data


def read(data: bytes, completion: Completion) -> str:
    """Take one event into `completion`; return the text it brought. Raises EndpointError."""
    event = _parse(data)
    if event.get("error"):
        raise Broken("The endpoint reported an error in the middle of its answer.")
    if isinstance(model := event.get("model"), str) and model != completion.served_model:
        completion.served_model = clean(model)
    if isinstance(revision := event.get("system_fingerprint"), str):
        completion.revision = clean(revision)
    if isinstance(usage := event.get("usage"), dict):
        completion.usage = _counts(usage)
    choices = event.get("choices")
    if not (isinstance(choices, list) and choices):
        return ""
    if not isinstance(choices[0], dict):
        raise Broken("The endpoint sent a choice that is not an object.")
    return _take(choices[0], completion)


def clean(text: str) -> str:
    """Text that PostgreSQL can keep: NUL and lone surrogates become the replacement sign."""
    return NOT_STORABLE.sub("\ufffd", text)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(data)
    except orjson.JSONDecodeError:
        event = _parse_odd(data)
    if not isinstance(event, dict):
        raise Broken("The endpoint sent an event that is not an object.")
    return event


def _parse_odd(data: bytes) -> Any:
    """Bytes and lone surrogates that are no Unicode, which orjson does not take."""
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Broken("The endpoint sent something that is not JSON.") from error


def _take(choice: dict[str, Any], completion: Completion) -> str:
    if isinstance(reason := choice.get("finish_reason"), str):
        if reason in GIVEN_UP:
            raise Broken("The endpoint gave up in the middle of its answer.")
        completion.finish_reason = clean(reason)
    if completion.logprobs is not None and isinstance(said := choice.get("logprobs"), dict):
        completion.logprobs.extend(_logprobs(said.get("content")))
    piece = _piece(choice)
    if piece:
        completion.pieces.append(piece)
        completion.n_bytes += len(piece.encode())
        if completion.n_bytes > OUTPUT_LIMIT_BYTES:
            raise Refused("The answer is longer than 256 kB.", status=200)
    return piece


def _piece(choice: dict[str, Any]) -> str:
    delta = choice.get("delta")
    content = delta.get("content") if isinstance(delta, dict) else None
    if content is None:
        return ""
    if not isinstance(content, str):
        raise Broken("The endpoint sent a text that is not a text.")
    return clean(content)


def _logprobs(rows: Any) -> Iterator[dict[str, Any]]:
    """Token, logprob and its alternatives; whatever else a server puts there is not kept."""
    for row in rows if isinstance(rows, list) else []:
        if not (isinstance(row, dict) and (token := _token(row))):
            continue
        others = row.get("top_logprobs")
        if isinstance(others, list):
            near = (_token(other) for other in others[:MOST_ALTERNATIVES])
            token["top_logprobs"] = [other for other in near if other]
        yield token


def _token(row: Any) -> dict[str, Any] | None:
    if not isinstance(row, dict):
        return None
    text: Any = row.get("token")
    value: Any = row.get("logprob")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(text, str) or not is_number:
        return None
    if not -LOGPROB_LIMIT <= value <= LOGPROB_LIMIT:  # which infinities and NaN are not either
        return None
    return {"token": clean(text), "logprob": value}


def _counts(usage: dict[str, Any]) -> dict[str, int]:
    """The plain counts of tokens; whatever else a server puts there is not kept."""
    return {
        name: value
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        if isinstance(value := usage.get(name), int)
        and not isinstance(value, bool)
        and 0 <= value < 2**31
    }


def _too_long() -> Broken:
    return Broken("The endpoint sent a line that is far too long.")

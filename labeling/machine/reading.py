"""What a judge answered, read strictly, and what its answers in both orders come to. Pure.

Nothing is looked for inside an answer: it is one JSON object with exactly the keys asked for, or it
is not a verdict. So no text that a model repeats can pass for what it decided.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from labeling.machine.asking import VERDICTS

Side = Literal["a", "equal", "b"]
Outcome = Literal["first", "equal", "second", "abstained"]
LONGEST_ANSWER = 20_000
LONGEST_REASON = 2_000
SIDES: dict[str, Side] = {"A": "a", "B": "b", "equal": "equal"}
FORWARD: dict[Side, Outcome] = {"a": "first", "equal": "equal", "b": "second"}
BACKWARD: dict[Side, Outcome] = {"a": "second", "equal": "equal", "b": "first"}
# A quotation mark inside a JSON text has a backslash before it.
VALUE = re.compile(r'(?<!\\)"verdict"\s*:\s*"')


@dataclass(frozen=True)
class Said:
    """One answer that was a verdict. `probability` is of its token among the possible ones."""

    side: Side
    stated: float
    reason: str = ""
    probability: float | None = None


@dataclass(frozen=True)
class Unreadable:
    """An answer that was none, or no answer at all; `reason` is an abstention of JudgeVerdict."""

    reason: Literal["unreadable", "truncated", "failed", "too_long", "stopped"]
    note: str = ""


Read = Said | Unreadable


@dataclass(frozen=True)
class Decided:
    """What the two orders come to. `abstention` is empty unless the outcome is to abstain."""

    outcome: Outcome
    abstention: str = ""
    confidence: float | None = None
    confidence_from: str = ""


def read(output: str, *, explains: bool, logprobs: Any = None) -> Read:
    """The verdict in an answer of the model."""
    found = _object(output)
    expected = {"verdict", "confidence"} | ({"reason"} if explains else set())
    if found is None or set(found) != expected:
        return Unreadable("unreadable")
    verdict, stated, reason = found["verdict"], found["confidence"], found.get("reason", "")
    is_number = isinstance(stated, int) and not isinstance(stated, bool)
    if verdict not in VERDICTS or not is_number or not 0 <= stated <= 100:
        return Unreadable("unreadable")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        return Unreadable("unreadable")
    return Said(SIDES[verdict], stated / 100, reason, probability_of(verdict, output, logprobs))


def decide(forward: Read, backward: Read) -> Decided:
    """One outcome for a pair: what both orders say alike, or an abstention with its reason.

    Confidence is the mean over the orders: of the probability of the verdict where the endpoint
    told it for both, of what the model stated otherwise.
    """
    for answer in (forward, backward):
        if isinstance(answer, Unreadable):
            return Decided("abstained", answer.reason)
    if not isinstance(forward, Said) or not isinstance(backward, Said):
        raise TypeError("an answer is either said or unreadable")
    outcome = FORWARD[forward.side]
    if BACKWARD[backward.side] != outcome:
        return Decided("abstained", "inconsistent")
    if forward.probability is not None and backward.probability is not None:
        mean = (forward.probability + backward.probability) / 2
        return Decided(outcome, "", mean, "logprobs")
    return Decided(outcome, "", (forward.stated + backward.stated) / 2, "stated")


def probability_of(verdict: str, output: str, logprobs: Any) -> float | None:
    """The probability of this verdict among the possible ones, at the token that decided it.

    `logprobs` are the tokens as OpenAI's protocol has them, each with its alternatives. Those of
    a guided answer are from before the guiding, so what was not allowed is left out here. None
    where they do not spell the answer.
    """
    place = VALUE.search(output)
    tokens = _tokens(logprobs)
    if place is None or not tokens:
        return None
    start, value_at = 0, place.end()
    for entry in tokens:
        token = entry["token"]
        if start == 0 and token.isspace() and not output.startswith(token):
            # llama.cpp counts a line break that it does not send.
            continue
        if output[start : start + len(token)] != token:
            return None
        if start <= value_at < start + len(token):
            return _share(verdict, token[: value_at - start], entry)
        start += len(token)
    return None


def _share(verdict: str, before: str, entry: Mapping[str, Any]) -> float | None:
    alternatives = entry.get("top_logprobs")
    listed = [entry, *alternatives] if isinstance(alternatives, list) else [entry]
    masses = dict.fromkeys(VERDICTS, 0.0)
    seen: set[str] = set()
    for each in listed:
        token, logprob = _token(each)
        option = _option(token[len(before) :]) if token.startswith(before) else ""
        if option and token not in seen and logprob is not None:
            seen.add(token)
            masses[option] += math.exp(min(logprob, 0.0))
    total = sum(masses.values())
    return masses[verdict] / total if total > 0 and masses[verdict] > 0 else None


def _option(text: str) -> str:
    """Which verdict a token begins, if exactly one."""
    begun = [v for v in VERDICTS if text and (f'{v}"'.startswith(text) or text.startswith(f'{v}"'))]
    return begun[0] if len(begun) == 1 else ""


def _tokens(logprobs: Any) -> list[dict[str, Any]]:
    content = logprobs.get("content") if isinstance(logprobs, dict) else logprobs
    if not isinstance(content, list):
        return []
    is_good = all(isinstance(entry, dict) and _token(entry)[0] for entry in content)
    return content if is_good else []


def _token(entry: Any) -> tuple[str, float | None]:
    if not isinstance(entry, dict) or not isinstance(entry.get("token"), str):
        return "", None
    value: Any = entry.get("logprob")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return entry["token"], float(value) if is_number and not math.isnan(value) else None


def _object(output: str) -> dict[str, Any] | None:
    if len(output) > LONGEST_ANSWER:
        return None
    try:
        found = json.loads(output, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")

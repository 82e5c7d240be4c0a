"""What a model claimed about an answer, read strictly. Pure.

A claim counts only with a clause the model was shown and with words that really stand in the
answer; anything else is dropped and counted, as nobody could say where to look.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.checking.asking import MOST_CLAIMS, SEVERITIES

LONGEST_OUTPUT = 40_000
LONGEST_QUOTE = 1_000
LONGEST_PROBLEM = 1_000
FEWEST_SIGNS = 2
KEYS = frozenset({"quote", "clause", "problem", "severity"})
# What a model puts around a quote of its own accord.
AROUND = " \t\n\"'“”„‘’«»…."
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Claim:
    """`quote` is the answer's own text from `starts_at` on."""

    anchor: str
    quote: str
    starts_at: int
    problem: str
    severity: str


@dataclass(frozen=True)
class Claims:
    """What stands after the reading, and how many claims were dropped."""

    kept: tuple[Claim, ...]
    n_dropped: int


def read_claims(output: str, *, text: str, clauses: Mapping[str, str]) -> Claims | None:
    """The claims in a model's output about `text`; None where it is not in the form asked for.

    `clauses` are the anchors of those it was shown, by number.
    """
    raw = _claims(output)
    if raw is None:
        return None
    kept: dict[tuple[str, int], Claim] = {}
    for each in raw[:MOST_CLAIMS]:
        claim = _placed(each, text, clauses)
        if claim is not None:
            kept.setdefault((claim.anchor, claim.starts_at), claim)
    return Claims(tuple(kept.values()), n_dropped=len(raw) - len(kept))


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where `quote` first stands in `text`, any white space counting as any other."""
    words = quote.split()
    if not words or len(quote) > LONGEST_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found.span() if found else None


def _placed(claim: Mapping[str, str], text: str, clauses: Mapping[str, str]) -> Claim | None:
    anchor = clauses.get(claim["clause"].strip().lstrip("§").strip())
    problem = " ".join(NOT_STORABLE.sub("", claim["problem"]).split())
    if anchor is None or not problem or len(problem) > LONGEST_PROBLEM:
        return None
    for quote in dict.fromkeys((claim["quote"], claim["quote"].strip(AROUND))):
        place = find_quote(quote, text)
        if place is not None and sum(map(str.isalnum, quote)) >= FEWEST_SIGNS:
            start, end = place
            return Claim(anchor, text[start:end], start, problem, claim["severity"])
    return None


def _claims(output: str) -> list[dict[str, str]] | None:
    if len(output) > LONGEST_OUTPUT:
        return None
    try:
        found = json.loads(output, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) != {"claims"}:
        return None
    claims = found["claims"]
    if not isinstance(claims, list) or not all(map(_is_claim, claims)):
        return None
    return claims


def _is_claim(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == KEYS
        and all(isinstance(each, str) for each in value.values())
        and value["severity"] in SEVERITIES
    )


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")

"""Unfinished answers and judgements: kept as they stand, within bounds, however incomplete."""

from collections.abc import Callable, Mapping
from typing import Any

from labeling.drafting import provenance
from labeling.judging.guards import HIGHEST_MARK, LONGEST_JUSTIFICATION, MOST_RANKED, SIDE_MARKS
from labeling.models import Comparison, Demonstration, Ranking, Response, Submission, Task
from projects.checks import an_object, is_whole, short, yes_or_no
from projects.errors import InvalidInput
from projects.text import clean_text

LONGEST_ANSWER = 50_000
MOST_TURNS = 20
"""Messages after the first reply of a conversation that a labeler goes on with."""
CHOICES = ("", "-3", "-2", "-1", "0", "1", "2", "3", "both_bad", "cannot_judge")
MOST_MARKS = 50
LONGEST_KEY = 40

Draft = dict[str, Any]


def clean_draft(draft: Any, kind: str) -> Draft:
    """The known fields of a draft of this kind; raises InvalidInput where there are none."""
    if not isinstance(draft, Mapping):
        raise InvalidInput.field("draft", "must be an object")
    fields = FIELDS[kind]
    kept = {name: check(draft[name], name) for name, check in fields.items() if name in draft}
    if not kept:
        raise InvalidInput.field("draft", f"must hold {' or '.join(fields)}")
    return kept


def draft_of(row: Submission, presented: list[int]) -> Draft:
    """What the labeler had on the screen when they submitted this row."""
    if isinstance(row, Demonstration):
        return _written(row.response)
    if isinstance(row, Comparison):
        return {
            "preference": "both_bad" if row.both_bad else str(row.preference),
            "justification": row.justification,
            "marks": row.marks,
            "flags": row.flags,
        }
    if isinstance(row, Ranking):
        places = {pk: place for place, pk in enumerate(presented)}
        return {
            "tiers": [[places[pk] for pk in tier] for tier in row.tiers],
            "all_bad": row.all_bad,
            "justification": row.justification,
            "flags": {str(places[int(pk)]): raised for pk, raised in row.flags.items()},
        }
    return {}


def _written(response: Response) -> Draft:
    draft: Draft = {"text": response.text}
    if response.turns:
        draft["turns"] = response.turns[1:]
    if response.spans is not None:
        draft["spans"] = response.spans
        draft["turn_spans"] = (response.turn_spans or [])[1:]
    return draft


def _text(limit: int) -> Callable[[Any, str], str]:
    return lambda value, name: clean_text(value, field=name, limit=limit, required=False)


def _choice(value: Any, name: str) -> str:
    if value not in CHOICES:
        raise InvalidInput.field(name, f"must be one of {', '.join(CHOICES[1:])}")
    return str(value)


def _turns(value: Any, name: str) -> list[dict[str, str]]:
    """Messages begun, in turn by user and assistant; some may still be empty."""
    if not isinstance(value, list) or len(value) > MOST_TURNS:
        raise InvalidInput.field(name, f"must be a list of at most {MOST_TURNS} messages")
    return [
        {
            "role": "assistant" if at % 2 else "user",
            "content": clean_text(
                an_object(turn, field=name).get("content", ""),
                field=f"{name}.{at}",
                limit=LONGEST_ANSWER,
                required=False,
            ),
        }
        for at, turn in enumerate(value)
    ]


def _spans(value: Any, name: str) -> list[list[Any]] | None:
    """Who wrote what so far. What makes no sense is left out: it is found out when submitting."""
    spans = provenance.read(value)
    return None if spans is None else provenance.told(spans)


def _turn_spans(value: Any, name: str) -> list[list[list[Any]] | None]:
    is_list = isinstance(value, list) and len(value) <= MOST_TURNS
    return [_spans(each, name) for each in value] if is_list else []


def _marks(value: Any, name: str) -> Draft:
    marks = an_object(value, field=name)
    if len(marks) > MOST_MARKS or any(len(key) > LONGEST_KEY for key in marks):
        raise InvalidInput.field(name, f"must hold at most {MOST_MARKS} criteria by their keys")
    for key, mark in marks.items():
        is_side = isinstance(mark, str) and mark in ("", *SIDE_MARKS)
        is_pair = isinstance(mark, list) and len(mark) == 2
        if not is_side and not (
            is_pair and all(side is None or is_whole(side, 0, HIGHEST_MARK) for side in mark)
        ):
            raise InvalidInput.field(f"{name}.{short(key)}", "is not a mark")
    return {_key(key, name): mark for key, mark in marks.items()}


def _flags(value: Any, name: str) -> dict[str, list[str]]:
    flags = an_object(value, field=name)
    if len(flags) > MOST_RANKED:
        raise InvalidInput.field(name, f"must hold at most {MOST_RANKED} sides or places")
    for raised in flags.values():
        if not isinstance(raised, list) or len(raised) > MOST_MARKS:
            raise InvalidInput.field(name, "must hold lists of flags")
    return {
        _key(side, name): [_key(flag, name) for flag in raised] for side, raised in flags.items()
    }


def _key(value: Any, name: str) -> str:
    return clean_text(value, field=name, limit=LONGEST_KEY)


def _tiers(value: Any, name: str) -> list[list[int]]:
    """Tiers so far: places may still be missing, none may stand twice."""
    is_list = isinstance(value, list) and len(value) <= MOST_RANKED
    if not is_list or not all(isinstance(tier, list) for tier in value):
        raise InvalidInput.field(name, f"must be a list of at most {MOST_RANKED} tiers")
    places = [place for tier in value for place in tier]
    if not all(is_whole(place, 0, MOST_RANKED - 1) for place in places):
        raise InvalidInput.field(name, "must hold places, counted from 0")
    if len(set(places)) < len(places):
        raise InvalidInput.field(name, "must hold no place twice")
    return [list(tier) for tier in value]


def _fix(value: Any, name: str) -> Draft:
    """What a reviewer has begun to fix, in the fields of the kinds; others are left out."""
    fix = an_object(value, field=name)
    return {key: check(fix[key], f"{name}.{key}") for key, check in FIX.items() if key in fix}


def _fixed_turns(value: Any, name: str) -> list[dict[str, str]]:
    return [{"content": turn["content"]} for turn in _turns(value, name)]


def _fixed_choice(value: Any, name: str) -> str:
    """As the form has it; the API sends numbers, and null for both bad."""
    if value is None or isinstance(value, int):
        value = "" if value is None else str(value)
    return _choice(value, name)


def _anchors(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_MARKS:
        raise InvalidInput.field(name, f"must be a list of at most {MOST_MARKS} anchors")
    return [_key(anchor, name) for anchor in value]


_JUSTIFICATION = _text(LONGEST_JUSTIFICATION)
FIX: dict[str, Callable[[Any, str], Any]] = {
    "text": _text(LONGEST_ANSWER),
    "turns": _fixed_turns,
    "preference": _fixed_choice,
    "both_bad": lambda value, name: yes_or_no(value, field=name),
    "tiers": _tiers,
    "all_bad": lambda value, name: yes_or_no(value, field=name),
    "justification": _JUSTIFICATION,
}
FIELDS: dict[str, dict[str, Callable[[Any, str], Any]]] = {
    Task.Kind.DEMONSTRATION.value: {
        "text": _text(LONGEST_ANSWER),
        "turns": _turns,
        "spans": _spans,
        "turn_spans": _turn_spans,
    },
    Task.Kind.COMPARISON.value: {
        "preference": _choice,
        "justification": _JUSTIFICATION,
        "marks": _marks,
        "flags": _flags,
    },
    Task.Kind.RANKING.value: {
        "tiers": _tiers,
        "all_bad": lambda value, name: yes_or_no(value, field=name),
        "justification": _JUSTIFICATION,
        "flags": _flags,
    },
    Task.Kind.REVIEW.value: {
        "verdict": _text(20),
        "reason": _JUSTIFICATION,
        "clauses": _anchors,
        "fix": _fix,
    },
}

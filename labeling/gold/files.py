"""Reading gold tasks from JSONL, with every broken rule named.

A line is a comparison or a ranking with its expected judgement and the reason for it:

    {"prompt": "…", "answers": ["…", "…"], "preferences": [-3, -2], "reason": "…"}
    {"prompt": "…", "answers": ["…", "…"], "both_bad": true, "reason": "…"}
    {"prompt": "…", "answers": ["…", "…", "…"], "tiers": [[1], [0, 2]], "reason": "…"}

`messages` may stand for `prompt`. Any of `preferences` is right (-3 to 3, negative where the first
answer is better), and `both_bad` where it is true. `tiers` holds places of answers counted from 0,
the best tier first; `all_bad` may stand beside it. `language`, `tags` and `source`
are optional: with them its prompt looks like the others of the project.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labeling.intake.prompt_files import (
    MEGABYTE,
    UTF8_MARK,
    UTF16_MARKS,
    Problems,
    PromptRow,
    read_items,
)
from labeling.models import Task
from projects.checks import check_all, is_whole, yes_or_no
from projects.errors import InvalidInput, Problem, TooLarge
from projects.strict_json import parse_json
from projects.text import clean_name, clean_text

LARGEST_FILE = 40 * MEGABYTE
LONGEST_LINE = 2 * MEGABYTE
LONGEST_ANSWER = 50_000
LONGEST_REASON = 4_000
LONGEST_LANGUAGE = 16
FEWEST_ANSWERS, MOST_ANSWERS = 2, 9
MOST_GOLD = 10_000
FIELDS = (
    "prompt", "messages", "tags", "source", "answers", "preferences", "both_bad", "tiers",
    "all_bad", "reason", "language",
)  # fmt: skip


@dataclass(frozen=True)
class GoldRow:
    """One gold task, checked. `expected` is as Gold.expected, tiers as places of `answers`."""

    line: int
    prompt: PromptRow
    answers: list[str]
    expected: dict[str, Any]
    reason: str
    language: str = ""
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        kind = Task.Kind.RANKING if "tiers" in self.expected else Task.Kind.COMPARISON
        object.__setattr__(self, "kind", kind.value)

    @property
    def digest(self) -> str:
        """The same for the same answers to be judged in the same way, in whatever order."""
        return digest_of(self.kind, self.answers)


def digest_of(kind: str, answers: Iterable[str]) -> str:
    text = json.dumps([kind, sorted(answers)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_gold(data: bytes, *, problems: Problems) -> list[GoldRow]:
    """The gold tasks of a file; what breaks a rule goes to `problems` with its line."""
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"A file has at most {LARGEST_FILE // MEGABYTE} MB. Import it in parts.")
    if data.startswith(UTF16_MARKS):
        raise InvalidInput.field("file", "is UTF-16; save it as UTF-8")
    data = data.removeprefix(UTF8_MARK)
    if not data.strip():
        raise InvalidInput.field("file", "is empty")
    rows: list[GoldRow] = []
    for line, item in _lines(data, problems):
        try:
            rows.append(read_item(item, line=line))
        except InvalidInput as error:
            problems.add(*(Problem(p.field, p.rule, line=line) for p in error.problems))
        if len(rows) > MOST_GOLD:
            raise TooLarge(f"At most {MOST_GOLD:,} gold tasks at once. Import them in parts.")
    return rows


def read_item(item: Any, *, line: int = 1) -> GoldRow:
    """One gold task from a line of a file or from a form; raises InvalidInput naming all rules."""
    if not isinstance(item, Mapping):
        raise InvalidInput.field("line", "must be an object")
    unknown = [str(name)[:40] for name in item if name not in FIELDS]
    if unknown:
        raise InvalidInput.field("line", f"does not know {unknown[0]!r}")
    clean = check_all(
        {
            "prompt": lambda: _prompt(item, line),
            "answers": lambda: _answers(item.get("answers")),
            "expected": lambda: expected_of(item, _count(item.get("answers"))),
            "reason": lambda: clean_text(
                item.get("reason", ""), field="reason", limit=LONGEST_REASON
            ).strip(),
            "language": lambda: clean_name(
                item.get("language", ""), field="language", limit=LONGEST_LANGUAGE, required=False
            ).lower(),
        }
    )
    return GoldRow(line=line, **clean)


def expected_of(item: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The expected judgement of `number` answers, tiers as places."""
    if "tiers" in item:
        return check_all(
            {
                "tiers": lambda: _tiers(item["tiers"], number),
                "all_bad": lambda: yes_or_no(item.get("all_bad", False), field="all_bad"),
            }
        )
    if number != 2:
        raise InvalidInput.field("tiers", "is missing: more than two answers are put in an order")
    clean = check_all(
        {
            "preferences": lambda: _preferences(item.get("preferences", [])),
            "both_bad": lambda: yes_or_no(item.get("both_bad", False), field="both_bad"),
        }
    )
    if not clean["preferences"] and not clean["both_bad"]:
        raise InvalidInput.field("preferences", "must name at least one, unless both are bad")
    return clean


def _prompt(item: Mapping[str, Any], line: int) -> PromptRow:
    said = {name: item[name] for name in ("prompt", "messages", "tags", "source") if name in item}
    problems = Problems()
    rows = read_items([(line, said)], problems=problems)
    if problems.total:
        raise InvalidInput(*(Problem(p.field, p.rule) for p in problems.first))
    return rows[0]


def _answers(value: Any) -> list[str]:
    if not isinstance(value, list) or not FEWEST_ANSWERS <= len(value) <= MOST_ANSWERS:
        rule = f"must be a list of {FEWEST_ANSWERS} to {MOST_ANSWERS} texts"
        raise InvalidInput.field("answers", rule)
    answers = [
        clean_text(text, field=f"answers.{at}", limit=LONGEST_ANSWER)
        for at, text in enumerate(value)
    ]
    if len({text.strip() for text in answers}) < len(answers):
        raise InvalidInput.field("answers", "must differ from each other")
    return answers


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 2


def _preferences(value: Any) -> list[int]:
    if not isinstance(value, list) or len(value) > 7:
        raise InvalidInput.field("preferences", "must be a list of at most seven numbers")
    if not all(is_whole(each, -3, 3) for each in value):
        rule = "must be whole numbers from -3 (first answer) to 3 (second answer)"
        raise InvalidInput.field("preferences", rule)
    return sorted(set(value))


def _tiers(value: Any, number: int) -> list[list[int]]:
    is_list = isinstance(value, list) and all(isinstance(tier, list) and tier for tier in value)
    if not is_list:
        raise InvalidInput.field("tiers", "must be a list of tiers, each a list of places")
    places = [place for tier in value for place in tier]
    if not all(is_whole(place, 0, number - 1) for place in places):
        raise InvalidInput.field("tiers", f"must hold places from 0 to {number - 1}")
    if sorted(places) != list(range(number)):
        raise InvalidInput.field("tiers", "must hold every place exactly once")
    return [sorted(tier) for tier in value]


def _lines(data: bytes, problems: Problems) -> Iterator[tuple[int, Any]]:
    for line, raw in enumerate(data.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            yield line, _item(raw)
        except InvalidInput as error:
            problems.add(*(Problem(p.field, p.rule, line=line) for p in error.problems))


def _item(raw: bytes) -> Any:
    if len(raw) > LONGEST_LINE:
        raise InvalidInput.field("line", f"is longer than {LONGEST_LINE // MEGABYTE} MB")
    try:
        return parse_json(raw.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput.field("line", f"is not UTF-8 at byte {error.start + 1}") from None
    except ValueError as error:
        raise InvalidInput.field("line", str(error)) from error

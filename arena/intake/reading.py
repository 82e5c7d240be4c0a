"""Files of votes, line by line: CSV or JSONL in, checked rows or problems out."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from arena.models import Verdict
from projects.errors import InvalidInput, Problem
from projects.text import clean_text

LONGEST_NAME = 120
LONGEST_TEXT = 200_000
LONGEST_VOTER = 200
LARGEST_COUNT = 10**9
MOST_PROBLEMS = 50
WINNERS = {
    "model_a": Verdict.A,
    "model_b": Verdict.B,
    "tie": Verdict.TIE,
    "tie (bothbad)": Verdict.BOTH_BAD,
    "both_bad": Verdict.BOTH_BAD,
    "bothbad": Verdict.BOTH_BAD,
}
# What was measured of the replies, in the order in which boards know it.
LOOKS = ("chars", "headers", "bold", "lists")
COUNTS = ("a_wins", "b_wins", "tie", "tie_bothbad")
MODELS = ("model_a", "model_b")
TEXTS = ("prompt", "response_a", "response_b")
LOOKS_COLUMNS = {f"{name}_{side}" for name in LOOKS for side in "ab"}
VOTE_COLUMNS = {*MODELS, *TEXTS, *LOOKS_COLUMNS, "winner", "voter", "worker", "created_at"}
COUNT_COLUMNS = {*MODELS, *COUNTS}

Record = dict[str, Any]


@dataclass(frozen=True)
class VoteLine:
    line: int
    model_a: str
    model_b: str
    verdict: Verdict
    voter: str
    prompt: str
    response_a: str
    response_b: str
    created_at: datetime | None
    looks: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def has_texts(self) -> bool:
        return bool(self.prompt and self.response_a and self.response_b)


@dataclass(frozen=True)
class CountLine:
    line: int
    model_a: str
    model_b: str
    a_wins: int
    b_wins: int
    tie: int
    tie_bothbad: int


@dataclass(frozen=True)
class VotesFile:
    """Either votes or counts, and the columns that nothing was read from."""

    votes: tuple[VoteLine, ...]
    counts: tuple[CountLine, ...]
    ignored: tuple[str, ...]


def read(content: bytes, *, file_name: str) -> VotesFile:
    """Read a whole file. Raises InvalidInput with every problem found, by line."""
    text = _decode(content)
    is_lines = file_name.lower().endswith((".jsonl", ".ndjson")) or text.lstrip()[:1] == "{"
    problems: list[Problem] = []
    records = list(_jsonl(text, problems) if is_lines else _csv(text, problems))
    if not records and not problems:
        raise InvalidInput(Problem("file", "holds no votes"))
    columns = {column for _, record in records for column in record}
    has_counts = bool(columns & set(COUNTS)) and "winner" not in columns
    votes: list[VoteLine] = []
    counts: list[CountLine] = []
    for line, record in records:
        try:
            if has_counts:
                counts.append(_count_line(line, record))
            else:
                votes.append(_vote_line(line, record))
        except InvalidInput as error:
            problems += [Problem(p.field, p.rule, line) for p in error.problems]
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise InvalidInput(*problems[:MOST_PROBLEMS])
    known = COUNT_COLUMNS if has_counts else VOTE_COLUMNS
    return VotesFile(tuple(votes), tuple(counts), tuple(sorted(columns - known)))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(Problem("file", "must be UTF-8", line)) from error


def _csv(text: str, problems: list[Problem]) -> Iterator[tuple[int, Record]]:
    csv.field_size_limit(LONGEST_TEXT * 2)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    first_line = 1
    try:
        header = reader.fieldnames or []
        _require_columns(header)
        first_line = reader.line_num + 1
        for record in reader:
            if None in record or None in record.values():
                problems.append(
                    Problem("", f"must have {len(header)} cells, as the header", first_line)
                )
            else:
                # An empty cell says as little as a missing column.
                yield first_line, {key: value for key, value in record.items() if value != ""}
            first_line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem("", f"cannot be read as CSV: {error}", first_line))


def _require_columns(header: Sequence[str]) -> None:
    if len(set(header)) < len(header):
        raise InvalidInput(Problem("header", "names a column twice", 1))
    missing = [name for name in MODELS if name not in header]
    if missing:
        raise InvalidInput(Problem(missing[0], "this column is missing", 1))
    if "winner" not in header and not set(header) & set(COUNTS):
        raise InvalidInput(
            Problem("winner", f"this column is missing (or {', '.join(COUNTS)} for counts)", 1)
        )


def _jsonl(text: str, problems: list[Problem]) -> Iterator[tuple[int, Record]]:
    # Not splitlines(), which also cuts at characters that may stand inside a JSON text.
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        try:
            record = json.loads(row)
        except (ValueError, RecursionError):
            problems.append(Problem("", "is not JSON", line))
            continue
        if isinstance(record, dict):
            yield line, {key: value for key, value in record.items() if value is not None}
        else:
            problems.append(Problem("", "must be a JSON object", line))


def _vote_line(line: int, record: Record) -> VoteLine:
    model_a, model_b = _models(record)
    winner = record.get("winner")
    if not isinstance(winner, str) or winner not in WINNERS:
        raise InvalidInput.field("winner", f"must be one of {', '.join(WINNERS)}")
    voter = record.get("voter", record.get("worker", ""))
    if isinstance(voter, int):
        voter = str(voter)
    prompt, response_a, response_b = (
        clean_text(record.get(name, ""), field=name, limit=LONGEST_TEXT, required=False)
        for name in TEXTS
    )
    return VoteLine(
        line=line,
        model_a=model_a,
        model_b=model_b,
        verdict=WINNERS[winner],
        voter=clean_text(voter, field="voter", limit=LONGEST_VOTER, required=False),
        prompt=prompt,
        response_a=response_a,
        response_b=response_b,
        created_at=_time(record.get("created_at")),
        looks=_looks(record),
    )


def _looks(record: Record) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """What was measured of the two replies; None unless all of it is there."""
    if not record.keys() >= LOOKS_COLUMNS:
        return None
    a, b = (
        tuple(float(_count(record[f"{name}_{side}"], f"{name}_{side}")) for name in LOOKS)
        for side in "ab"
    )
    return a, b


def _count_line(line: int, record: Record) -> CountLine:
    model_a, model_b = _models(record)
    a_wins, b_wins, tie, tie_bothbad = (_count(record.get(name, 0), name) for name in COUNTS)
    return CountLine(line, model_a, model_b, a_wins, b_wins, tie, tie_bothbad)


def _models(record: Record) -> tuple[str, str]:
    names = [
        clean_text(record.get(name, ""), field=name, limit=LONGEST_NAME).strip() for name in MODELS
    ]
    if names[0] == names[1]:
        raise InvalidInput.field("model_b", "must be another model than model_a")
    return names[0], names[1]


def _count(value: Any, field: str) -> int:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not (number.is_integer() and 0 <= number <= LARGEST_COUNT):
        raise InvalidInput.field(field, f"must be a whole number from 0 to {LARGEST_COUNT:,}")
    return int(number)


def _time(value: Any) -> datetime | None:
    """ISO 8601, or seconds since 1970; without a zone it is UTC."""
    if value is None:
        return None
    try:
        moment = _parse_time(value)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise InvalidInput.field(
            "created_at", "must be an ISO 8601 time or seconds since 1970"
        ) from error
    if not datetime(1990, 1, 1, tzinfo=UTC) <= moment <= timezone.now() + timedelta(days=1):
        raise InvalidInput.field("created_at", "must lie between 1990 and now")
    return moment


def _parse_time(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), tz=UTC)
    except ValueError:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

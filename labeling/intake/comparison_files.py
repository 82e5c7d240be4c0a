"""Reading judgements of pairs that were made elsewhere, with every broken rule named.

Two shapes. One JSONL file has a judgement a line:

    {"pair_id": "7", "prompt": "…", "response_a": "…", "response_b": "…", "annotator": "w3",
     "preference": -2}

`messages` may stand for `prompt`, and `winner` (model_a, model_b, tie, both_bad) for `preference`
(-3 to 3, negative for A). Lines of one pair may show its responses on either side.

Or a JSONL file of pairs (`id`, `prompt` or `text`, `result_x`, `result_y`) with a CSV file of votes
(`pair_id`, `worker`, `winner`), where model_a is x and model_b is y.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from labeling.intake.prompt_files import (
    MEGABYTE,
    UTF8_MARK,
    UTF16_MARKS,
    Problems,
    PromptRow,
    read_items,
)
from labeling.models import Comparison
from projects.errors import InvalidInput, Problem, TooLarge
from projects.strict_json import parse_json
from projects.text import clean_name, clean_text

LARGEST_FILE = 512 * MEGABYTE
LONGEST_LINE = 4 * MEGABYTE
LONGEST_RESPONSE = 200_000
LONGEST_JUSTIFICATION = 4_000
LONGEST_ID = 70
LONGEST_ANNOTATOR = 80
LONGEST_MODEL = 200
LONGEST_LANGUAGE = 16

FIELDS = (
    "pair_id", "prompt", "messages", "response_a", "response_b", "model_a", "model_b", "annotator",
    "preference", "winner", "justification", "created_at", "tags", "language",
)  # fmt: skip
WINNERS = {"model_a": -1, "tie": 0, "model_b": 1, "both_bad": None}
VOTE_COLUMNS = ("pair_id", "worker", "winner")
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Found = TypeVar("Found")


@dataclass(frozen=True)
class Pair:
    """Two responses to a prompt, as the first line that names the pair has them."""

    pair_id: str
    prompt: PromptRow
    texts: tuple[str, str]
    models: tuple[str, str]
    language: str = ""

    def is_same(self, other: "Pair") -> bool:
        """The same pair, its sides turned or not; what is said beside it may differ."""
        mine = list(zip(self.texts, self.models, strict=True))
        theirs = list(zip(other.texts, other.models, strict=True))
        is_same_prompt = self.prompt.content_hash == other.prompt.content_hash
        return is_same_prompt and (mine == theirs or mine == theirs[::-1])


@dataclass(frozen=True)
class JudgementRow:
    """One judgement of a pair. `is_turned`: its side A is the pair's second response."""

    line: int
    pair_id: str
    annotator: str
    preference: int | None
    scale: str
    is_turned: bool = False
    justification: str = ""
    created_at: datetime | None = None

    @property
    def judgement(self) -> tuple[int | None, str]:
        """What was judged, seen from the pair's first response."""
        if self.preference is None or not self.is_turned:
            return self.preference, self.scale
        return -self.preference, self.scale


@dataclass
class ComparisonFile:
    """What a file holds. `ignored` names columns that mean nothing here."""

    pairs: dict[str, Pair] = field(default_factory=dict)
    judgements: list[JudgementRow] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


def read_judgements(data: bytes, *, problems: Problems) -> ComparisonFile:
    """A file with a judgement a line."""
    found = ComparisonFile()
    for line, item in _lines(data, problems):
        with_line = _checked(partial(_judgement, line, item), line, problems)
        if with_line is None:
            continue
        pair, row = with_line
        first = found.pairs.setdefault(pair.pair_id, pair)
        if not first.is_same(pair):
            rule = f"“{pair.pair_id}” stands on line {first.prompt.line} with another pair"
            problems.add(Problem("pair_id", rule, line=line))
            continue
        is_turned = (first.texts, first.models) != (pair.texts, pair.models)
        found.judgements.append(_turned(row) if is_turned else row)
    return found


def read_votes(pairs: bytes, votes: bytes, *, problems: Problems) -> ComparisonFile:
    """A file of pairs and a file of votes on them."""
    found = ComparisonFile()
    for line, item in _lines(pairs, problems):
        pair = _checked(partial(_plain_pair, line, item), line, problems)
        if pair is None:
            continue
        if pair.pair_id in found.pairs:
            problems.add(Problem("id", f"“{pair.pair_id}” stands in the file twice", line=line))
        found.pairs[pair.pair_id] = pair
    header, rows = _votes(votes)
    known = {*VOTE_COLUMNS, "model_a", "model_b"}
    found.ignored = tuple(name for name in header if name not in known)
    named: set[str] = set()
    for line, cells in rows:
        row = _checked(partial(_vote, line, cells, found.pairs), line, problems)
        if row is None:
            continue
        found.judgements.append(row)
        if row.pair_id not in named and cells.get("model_a"):
            named.add(row.pair_id)
            _name_models(found.pairs, row.pair_id, cells)
    return found


def _turned(row: JudgementRow) -> JudgementRow:
    return JudgementRow(**{**row.__dict__, "is_turned": True})


def _checked(read: Callable[[], Found], line: int, problems: Problems) -> Found | None:
    try:
        return read()
    except InvalidInput as error:
        problems.add(*(Problem(p.field, p.rule, line=line) for p in error.problems))
        return None


def _lines(data: bytes, problems: Problems) -> Iterator[tuple[int, Any]]:
    for number, raw in enumerate(io.BytesIO(_utf8(data)), start=1):
        if not raw.strip():
            continue
        if len(raw) > LONGEST_LINE:
            rule = f"is longer than {LONGEST_LINE // MEGABYTE} MB"
            problems.add(Problem("line", rule, line=number))
            continue
        try:
            item = parse_json(raw.decode())
        except UnicodeDecodeError as error:
            problems.add(Problem("line", f"is not UTF-8 at byte {error.start + 1}", line=number))
        except ValueError as error:
            problems.add(Problem("line", str(error), line=number))
        else:
            if isinstance(item, dict):
                yield number, item
            else:
                problems.add(Problem("line", "must be a JSON object", line=number))


def _utf8(data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"A file has at most {LARGEST_FILE // MEGABYTE} MB; cut it into parts.")
    if data.startswith(UTF16_MARKS):
        raise InvalidInput.field("file", "is UTF-16; save it as UTF-8")
    return data.removeprefix(UTF8_MARK)


def _judgement(line: int, item: dict[str, Any]) -> tuple[Pair, JudgementRow]:
    unknown = [key for key in item if key not in FIELDS]
    if unknown:
        name = unknown[0][:60].encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")
        raise InvalidInput.field(name, f"is not a field; the fields are {', '.join(FIELDS)}")
    pair = _pair(
        line,
        pair_id=item.get("pair_id"),
        conversation={key: item[key] for key in ("prompt", "messages", "tags") if key in item},
        texts=(item.get("response_a"), item.get("response_b")),
        models=(item.get("model_a"), item.get("model_b")),
        fields=("response_a", "response_b"),
        language=item.get("language"),
    )
    preference, scale = _preference(item)
    return pair, JudgementRow(
        line=line,
        pair_id=pair.pair_id,
        annotator=_name(item.get("annotator"), "annotator", LONGEST_ANNOTATOR),
        preference=preference,
        scale=scale,
        justification=_text(item.get("justification"), "justification", LONGEST_JUSTIFICATION),
        created_at=_time(item.get("created_at")),
    )


def _plain_pair(line: int, item: dict[str, Any]) -> Pair:
    """A line of a file of pairs, whose `prompt` may be a number beside the `text`."""
    text = item.get("text") if item.get("text") is not None else item.get("prompt")
    tags = [tag for name in ("type", "slug") if isinstance(tag := item.get(name), str) and tag]
    return _pair(
        line,
        pair_id=item.get("id"),
        conversation={"prompt": text, "tags": tags},
        texts=(item.get("result_x"), item.get("result_y")),
        models=(item.get("model_x"), item.get("model_y")),
        fields=("result_x", "result_y"),
    )


def _pair(
    line: int,
    *,
    pair_id: Any,
    conversation: dict[str, Any],
    texts: tuple[Any, Any],
    models: tuple[Any, Any],
    fields: tuple[str, str],
    language: Any = None,
) -> Pair:
    name = _name(pair_id, "pair_id", LONGEST_ID)
    faults = Problems()
    prompts = read_items([(line, conversation)], problems=faults)
    if faults.total:
        raise InvalidInput(*faults.first)
    # An empty answer is an answer too: a model may have had nothing to say.
    first, second = (
        clean_text(text, field=field_name, limit=LONGEST_RESPONSE, required=False)
        for text, field_name in zip(texts, fields, strict=True)
    )
    model_a, model_b = (
        "" if model is None else _name(model, "model", LONGEST_MODEL) for model in models
    )
    if (first, model_a) == (second, model_b):
        raise InvalidInput.field(fields[1], f"is the same as {fields[0]}")
    return Pair(
        name, prompts[0], (first, second), (model_a, model_b),
        _text(language, "language", LONGEST_LANGUAGE).strip().lower(),
    )  # fmt: skip


def _preference(item: dict[str, Any]) -> tuple[int | None, str]:
    given = [name for name in ("preference", "winner") if item.get(name) is not None]
    if len(given) != 1:
        raise InvalidInput.field("preference", "or winner must be given, and not both")
    if given == ["winner"]:
        return _winner(item["winner"]), Comparison.Scale.SIMPLE
    value = item["preference"]
    if isinstance(value, bool) or not isinstance(value, int) or not -3 <= value <= 3:
        raise InvalidInput.field("preference", "must be a whole number from -3 (A) to 3 (B)")
    return value, Comparison.Scale.SEVEN


def _winner(value: Any) -> int | None:
    if not isinstance(value, str) or value not in WINNERS:
        raise InvalidInput.field("winner", f"must be one of {', '.join(WINNERS)}")
    return WINNERS[value]


def _name(value: Any, name: str, limit: int) -> str:
    """A short text on one line; a whole number is taken as one."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        value = str(value)
    if value is None:
        raise InvalidInput.field(name, "is missing")
    return clean_name(value, field=name, limit=limit)


def _text(value: Any, name: str, limit: int) -> str:
    if value is None:
        return ""
    return clean_text(value, field=name, limit=limit, required=False)


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    rule = "must be a time like 2024-05-31T12:00:00Z that is not to come"
    if not isinstance(value, str):
        raise InvalidInput.field("created_at", rule)
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput.field("created_at", rule) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if not EARLIEST <= found <= datetime.now(tz=UTC):
        raise InvalidInput.field("created_at", rule)
    return found


def _votes(data: bytes) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    try:
        text = _utf8(data).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput.field("votes", "are not UTF-8; save the file as UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in VOTE_COLUMNS if name not in header]
    if missing or len(set(header)) < len(header):
        rule = f"needs the columns {', '.join(VOTE_COLUMNS)}, each once"
        raise InvalidInput(Problem("header", rule, line=1))
    return header, _vote_rows(reader, header)


def _vote_rows(reader: Any, header: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    line = 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(header, cells, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(Problem("votes", f"are not CSV: {error}", line=line)) from error


def _vote(line: int, cells: dict[str, str], pairs: dict[str, Pair]) -> JudgementRow:
    pair_id = _name(cells["pair_id"], "pair_id", LONGEST_ID)
    if pair_id not in pairs:
        raise InvalidInput.field("pair_id", f"“{pair_id}” is not among the pairs")
    return JudgementRow(
        line=line,
        pair_id=pair_id,
        annotator=_name(cells.get("worker"), "worker", LONGEST_ANNOTATOR),
        preference=_winner(cells.get("winner")),
        scale=Comparison.Scale.SIMPLE,
    )


def _name_models(pairs: dict[str, Pair], pair_id: str, cells: dict[str, str]) -> None:
    pair = pairs[pair_id]
    models = (
        _name(cells.get("model_a"), "model_a", LONGEST_MODEL),
        _name(cells.get("model_b") or None, "model_b", LONGEST_MODEL),
    )
    pairs[pair_id] = Pair(pair.pair_id, pair.prompt, pair.texts, models, pair.language)

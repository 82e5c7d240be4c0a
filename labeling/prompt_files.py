"""Reading prompts from JSONL and CSV, line by line, with every broken rule named."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from projects.errors import InvalidInput, Problem, TooLarge
from projects.strict_json import parse_json
from projects.text import clean_text
from workers.drawing import Message

MEGABYTE = 1024 * 1024
FILE_LIMIT = 40 * MEGABYTE
LINE_LIMIT = MEGABYTE
MOST_PROMPTS = 200_000
MOST_MESSAGES = 200
LONGEST_CONTENT = 100_000
MOST_TAGS = 20
LONGEST_TAG = 60
LONGEST_EXTERNAL_ID = 200
LONGEST_SOURCE = 120
SHOWN_PROBLEMS = 100

FORMATS = ("jsonl", "csv")
FIELDS = ("prompt", "messages", "external_id", "tags", "source")
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# A cell is a line's worth at most; the module's own limit is far lower.
csv.field_size_limit(LINE_LIMIT)


@dataclass(frozen=True)
class PromptRow:
    """One prompt of a file, checked."""

    line: int
    messages: list[Message]
    external_id: str = ""
    tags: list[str] = field(default_factory=list)
    source: str = ""

    @property
    def content_hash(self) -> str:
        """SHA-256 of the messages as canonical JSON: equal for equal conversations only."""
        text = json.dumps(self.messages, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Problems:
    """What is wrong with a file: the first ones in words, all of them counted."""

    first: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, *problems: Problem) -> None:
        self.total += len(problems)
        self.first.extend(problems[: SHOWN_PROBLEMS - len(self.first)])


def read_file(
    data: bytes, *, file_name: str, file_format: str, problems: Problems
) -> list[PromptRow]:
    """The prompts of a file; what breaks a rule goes to `problems` with its line."""
    if len(data) > FILE_LIMIT:
        raise TooLarge(f"A file has at most {FILE_LIMIT // MEGABYTE} MB. Import it in parts.")
    if data.startswith(UTF16_MARKS):
        raise InvalidInput.field("file", "is UTF-16; save it as UTF-8")
    data = data.removeprefix(UTF8_MARK)
    if not data.strip():
        raise InvalidInput.field("file", "is empty")
    chosen = _format(file_format, file_name, data)
    items = _csv_items(data, problems) if chosen == "csv" else _jsonl_items(data, problems)
    return read_items(items, problems=problems)


def read_items(items: Iterable[tuple[int, Any]], *, problems: Problems) -> list[PromptRow]:
    """Check each (line, object); lines of a list that was no file count from 1 as well."""
    rows = []
    for line, item in items:
        try:
            rows.append(_row(line, item))
        except InvalidInput as error:
            problems.add(*(Problem(p.field, p.rule, line=line) for p in error.problems))
        if len(rows) > MOST_PROMPTS:
            raise TooLarge(f"At most {MOST_PROMPTS:,} prompts at once. Import them in parts.")
    return rows


def _format(asked: str, file_name: str, data: bytes) -> str:
    if asked in FORMATS:
        return asked
    if asked != "auto":
        raise InvalidInput.field("format", f"must be auto or one of {', '.join(FORMATS)}")
    for ending, found in ENDINGS.items():
        if file_name.lower().endswith(ending):
            return found
    return "jsonl" if data.lstrip().startswith((b"{", b"[")) else "csv"


def _jsonl_items(data: bytes, problems: Problems) -> Iterator[tuple[int, Any]]:
    for line, raw in enumerate(io.BytesIO(data), start=1):
        if not raw.strip():
            continue
        if len(raw) > LINE_LIMIT:
            problems.add(Problem("line", f"is longer than {LINE_LIMIT // MEGABYTE} MB", line=line))
            continue
        try:
            item = parse_json(raw.decode())
        except UnicodeDecodeError as error:
            problems.add(Problem("line", f"is not UTF-8 at byte {error.start + 1}", line=line))
        except ValueError as error:
            problems.add(Problem("line", str(error), line=line))
        else:
            yield line, item


def _csv_items(data: bytes, problems: Problems) -> Iterator[tuple[int, Any]]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(Problem("line", "is not UTF-8; save the file as UTF-8", line=line))
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, _from_cells(header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(Problem("line", f"is not CSV: {error}", line=line))


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in FIELDS]
    if unknown:
        rule = f"has no column “{unknown[0][:60]}”; the columns are {', '.join(FIELDS)}"
        raise InvalidInput(Problem("header", rule, line=1))
    if len(set(header)) < len(header):
        raise InvalidInput(Problem("header", "names a column twice", line=1))
    if not {"prompt", "messages"} & set(header):
        raise InvalidInput(Problem("header", "needs a column prompt or messages", line=1))


def _from_cells(header: list[str], cells: list[str]) -> Any:
    """A row as the object a JSONL line would be; anything odd is left for `_row` to name."""
    if len(cells) > len(header):
        return {f"column {len(header) + 1}": cells[len(header)]}
    item: dict[str, Any] = {
        name: cell for name, cell in zip(header, cells, strict=False) if cell.strip()
    }
    if "tags" in item:
        item["tags"] = [tag for tag in item["tags"].replace(";", ",").split(",") if tag.strip()]
    if "messages" in item:
        try:
            item["messages"] = parse_json(item["messages"])
        except ValueError as error:
            item["messages"] = error
    return item


def _row(line: int, item: Any) -> PromptRow:
    if not isinstance(item, dict):
        raise InvalidInput.field("line", "must be a JSON object")
    unknown = [key for key in item if key not in FIELDS]
    if unknown:
        rule = f"is not a field of a prompt; the fields are {', '.join(FIELDS)}"
        raise InvalidInput.field(_printable(unknown[0]), rule)
    return PromptRow(
        line=line,
        messages=_conversation(item),
        external_id=_short(item, "external_id", LONGEST_EXTERNAL_ID),
        tags=_tags(item.get("tags")),
        source=_short(item, "source", LONGEST_SOURCE),
    )


def _printable(name: str) -> str:
    return name[:60].encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")


def _short(item: dict[str, Any], name: str, limit: int) -> str:
    value = item.get(name)
    if value is None:
        return ""
    return clean_text(value, field=name, limit=limit, required=False).strip()


def _tags(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput.field("tags", "must be a list of texts")
    if len(value) > MOST_TAGS:
        raise InvalidInput.field("tags", f"must be at most {MOST_TAGS}")
    cleaned = [
        clean_text(tag, field=f"tags[{i}]", limit=LONGEST_TAG).strip()
        for i, tag in enumerate(value)
    ]
    return list(dict.fromkeys(cleaned))


def _conversation(item: dict[str, Any]) -> list[Message]:
    given = [name for name in ("prompt", "messages") if item.get(name) is not None]
    if not given:
        raise InvalidInput.field("prompt", "is missing; give prompt or messages")
    if len(given) == 2:
        raise InvalidInput.field("prompt", "and messages cannot both be given")
    if given == ["prompt"]:
        text = clean_text(item["prompt"], field="prompt", limit=LONGEST_CONTENT)
        return [{"role": "user", "content": text}]
    messages = item["messages"]
    if isinstance(messages, ValueError):
        raise InvalidInput.field("messages", str(messages))
    if not isinstance(messages, list) or not messages:
        raise InvalidInput.field("messages", "must be a list of messages, at least one")
    if len(messages) > MOST_MESSAGES:
        raise InvalidInput.field("messages", f"must be at most {MOST_MESSAGES} messages")
    checked = [_message(i, message) for i, message in enumerate(messages)]
    _check_turns([message["role"] for message in checked])
    return checked


def _message(position: int, message: Any) -> Message:
    where = f"messages[{position}]"
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        raise InvalidInput.field(where, "must be an object with role and content, nothing else")
    role = message["role"]
    if role not in ("system", "user", "assistant"):
        raise InvalidInput.field(f"{where}.role", "must be system, user or assistant")
    content = clean_text(message["content"], field=f"{where}.content", limit=LONGEST_CONTENT)
    return {"role": role, "content": content}


def _check_turns(roles: list[str]) -> None:
    start = 1 if roles[0] == "system" else 0
    for i, role in enumerate(roles[start:]):
        if role != ("user", "assistant")[i % 2]:
            rule = "must alternate user, assistant, user …, with a system message only in front"
            raise InvalidInput.field(f"messages[{start + i}].role", rule)
    if roles[-1] != "user":
        raise InvalidInput.field("messages", "must end with a user message")

"""Reading prompts from JSONL and CSV, line by line, with every broken rule named.

A file is read as a stream: what is held at a time is one line, however long the file is.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

from labeling.assigning.lanes import MOST_SKILLS, clean_language, clean_skills
from labeling.models import Lane
from projects.errors import InvalidInput, Problem, TooLarge
from projects.founding import RANGES
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
FIELDS = (
    "prompt",
    "messages",
    "external_id",
    "tags",
    "source",
    "language",
    "priority",
    "skills",
    "overlap",
)
LISTS = ("tags", "skills")
PRIORITIES = {priority.label.lower(): priority for priority in Lane.Priority}
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PEEKED = 4_096

# A cell is a line's worth at most; the module's own limit is far lower.
csv.field_size_limit(LINE_LIMIT)


@dataclass(frozen=True)
class PromptRow:
    """One prompt of a file, checked. Where `overlap` is None, the project's counts."""

    line: int
    messages: list[Message]
    external_id: str = ""
    tags: list[str] = field(default_factory=list)
    source: str = ""
    language: str = ""
    priority: int = Lane.Priority.NORMAL
    skills: list[str] = field(default_factory=list)
    overlap: int | None = None

    @cached_property
    def canonical(self) -> str:
        """The messages as JSON, equal for equal conversations only."""
        return json.dumps(self.messages, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical messages."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


@dataclass
class Problems:
    """What is wrong with a file: the first ones in words, all of them counted."""

    first: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, *problems: Problem) -> None:
        self.total += len(problems)
        self.first.extend(problems[: SHOWN_PROBLEMS - len(self.first)])


def read_file(
    file: BinaryIO, *, file_name: str, file_format: str, problems: Problems
) -> Iterator[PromptRow]:
    """The prompts of a file, one by one; what breaks a rule goes to `problems` with its line.

    `file` can be sought in or peeked into, as one on disk or standard input can.
    """
    head = _peek(file)
    if head.startswith(UTF16_MARKS):
        raise InvalidInput.field("file", "is UTF-16; save it as UTF-8")
    if head.startswith(UTF8_MARK):
        head = head.removeprefix(UTF8_MARK)
        file.read(len(UTF8_MARK))
    if len(head) < PEEKED - len(UTF8_MARK) and not head.strip():
        raise InvalidInput.field("file", "is empty")
    chosen = _format(file_format, file_name, head)
    items = _csv_items(file, problems) if chosen == "csv" else _jsonl_items(file, problems)
    return checked(items, problems=problems)


def checked(items: Iterable[tuple[int, Any]], *, problems: Problems) -> Iterator[PromptRow]:
    """Check each (line, object); lines of a list that was no file count from 1 as well."""
    for line, item in items:
        try:
            row = _row(line, item)
        except InvalidInput as error:
            problems.add(*(Problem(p.field, p.rule, line=line) for p in error.problems))
        else:
            yield row


def at_most(rows: Iterable[PromptRow], most: int) -> Iterator[PromptRow]:
    """The rows, as long as there are no more than `most`; then TooLarge."""
    for number, row in enumerate(rows, start=1):
        if number > most:
            raise TooLarge(f"At most {most:,} prompts at once. Import them in parts.")
        yield row


def read_items(items: Iterable[tuple[int, Any]], *, problems: Problems) -> list[PromptRow]:
    """As `checked`, for what is known to be short."""
    return list(at_most(checked(items, problems=problems), MOST_PROMPTS))


def _peek(file: BinaryIO) -> bytes:
    if file.seekable():
        at = file.tell()
        head = file.read(PEEKED)
        file.seek(at)
        return head
    if not isinstance(file, io.BufferedReader):
        raise TypeError("a stream that cannot be sought in has to be buffered")
    return file.peek(PEEKED)[:PEEKED]


def _format(asked: str, file_name: str, head: bytes) -> str:
    if asked in FORMATS:
        return asked
    if asked != "auto":
        raise InvalidInput.field("format", f"must be auto or one of {', '.join(FORMATS)}")
    for ending, found in ENDINGS.items():
        if file_name.lower().endswith(ending):
            return found
    return "jsonl" if head.lstrip().startswith((b"{", b"[")) else "csv"


def _lines(file: BinaryIO, limit: int) -> Iterator[tuple[bytes, bool]]:
    """Each line and whether it is within the limit; of one that is not, only its beginning."""
    while raw := file.readline(limit + 1):
        is_within = len(raw) <= limit
        yield raw, is_within
        while not is_within and not raw.endswith(b"\n") and raw:
            raw = file.readline(limit)


def _jsonl_items(file: BinaryIO, problems: Problems) -> Iterator[tuple[int, Any]]:
    for line, (raw, is_within) in enumerate(_lines(file, LINE_LIMIT), start=1):
        if not raw.strip():
            continue
        if not is_within:
            problems.add(_too_long(line))
            continue
        try:
            item = parse_json(raw.decode())
        except UnicodeDecodeError as error:
            problems.add(Problem("line", f"is not UTF-8 at byte {error.start + 1}", line=line))
        except ValueError as error:
            problems.add(Problem("line", str(error), line=line))
        else:
            yield line, item


def _too_long(line: int) -> Problem:
    return Problem("line", f"is longer than {LINE_LIMIT // MEGABYTE} MB", line=line)


def _csv_items(file: BinaryIO, problems: Problems) -> Iterator[tuple[int, Any]]:
    reader = csv.reader(_csv_lines(file), strict=True)
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
    except InvalidInput as error:
        # Beyond it nothing can be told apart, so the reading ends there.
        if any(problem.field == "header" for problem in error.problems):
            raise
        problems.add(*error.problems)


def _csv_lines(file: BinaryIO) -> Iterator[str]:
    """Physical lines. A cell may hold line breaks, so the limit of a cell is the reader's."""
    for line, (raw, is_within) in enumerate(_lines(file, 2 * LINE_LIMIT), start=1):
        if not is_within:
            raise InvalidInput(_too_long(line))
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            rule = "is not UTF-8; save the file as UTF-8"
            raise InvalidInput(Problem("line", rule, line=line)) from error
        # An old Mac's line ends with a carriage return.
        yield from io.StringIO(text, newline="")


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
    for name in LISTS:
        if name in item:
            parts = item[name].replace(";", ",").split(",")
            item[name] = [part for part in parts if part.strip()]
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
        language=clean_language(_given(item, "language", "")),
        priority=_priority(_given(item, "priority", "normal")),
        skills=_skills(_given(item, "skills", [])),
        overlap=_overlap(item.get("overlap")),
    )


def _given(item: dict[str, Any], name: str, default: Any) -> Any:
    value = item.get(name)
    return default if value is None else value


def _priority(value: Any) -> int:
    word = value.strip().lower() if isinstance(value, str) else None
    if word not in PRIORITIES:
        raise InvalidInput.field("priority", f"must be one of {', '.join(PRIORITIES)}")
    return PRIORITIES[word].value


def _skills(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise InvalidInput.field("skills", f"must be a list of at most {MOST_SKILLS} texts")
    return clean_skills(value)


def _overlap(value: Any) -> int | None:
    if value is None:
        return None
    low, high = RANGES["overlap"]
    text = value.strip() if isinstance(value, str) else str(value)
    is_whole = type(value) in (int, str) and text.isascii() and text.isdigit() and len(text) <= 4
    if not is_whole or not low <= int(text) <= high:
        raise InvalidInput.field("overlap", f"must be a whole number from {low} to {high}")
    return int(text)


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

"""Benchmarks that a project's exports are kept clear of: uploaded once, kept as hashes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from exports.hygiene.sequences import Sequences, sequences_of
from exports.models import Benchmark
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import Conflict, InvalidInput, Problem, TooLarge
from projects.models import Project, User
from projects.strict_json import parse_json
from projects.text import clean_name, clean_text

MEGABYTE = 1024 * 1024
FILE_LIMIT = 16 * MEGABYTE
MOST_ITEMS = 100_000
MOST_BENCHMARKS = 100
LONGEST_NAME = 80
LONGEST_ITEM = 100_000
SHOWN_PROBLEMS = 20
FIELDS = (
    "text", "question", "problem", "prompt", "instruction", "input", "query", "goal", "sentence",
    "content", "messages",
)  # fmt: skip
"""Of a JSON object, the first of these is the item; beside others, `input` follows it."""
T = TypeVar("T")
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def add_benchmark(*, by: User | None, project: Project, name: Any, data: bytes) -> Benchmark:
    """Keep a benchmark under a name of its project. The same file under the same name again is no
    mistake and changes nothing.

    `data` is UTF-8: JSONL with a text or an object a line, or plain text with an item a line.
    """
    if by is not None:
        project_for(by, project.slug, roles=STAFF)
    name = clean_name(name, field="name", limit=LONGEST_NAME)
    items = read_items(data)
    sha256 = hashlib.sha256(data).hexdigest()
    found = sequences_of(items)
    if not len(found):
        raise InvalidInput.field("file", "has no words in it")
    try:
        with transaction.atomic():
            return _keep(by, project, name, sha256, len(items), found)
    except IntegrityError:
        return _same(project, name, sha256)


def benchmarks_of(project: Project) -> QuerySet[Benchmark]:
    """By name, without their hashes."""
    return project.benchmarks.defer("sequences").order_by("name", "pk")


def sequences_in(project: Project, names: Iterable[str]) -> dict[str, Sequences]:
    """The hashes of those benchmarks, by name."""
    names = set(names)
    held = project.benchmarks.filter(name__in=names).values_list("name", "sequences")
    found = {name: Sequences.unpacked(bytes(packed)) for name, packed in held.order_by("name")}
    missing = sorted(names - found.keys())
    if missing:
        rule = f"there is no benchmark “{missing[0]}” in this project"
        raise InvalidInput.field("hygiene.decontaminate", rule)
    return found


def named(project: Project, names: Iterable[str]) -> list[dict[str, Any]]:
    """What a manifest says of these benchmarks: which files they were."""
    found = project.benchmarks.filter(name__in=set(names)).order_by("name")
    return [
        {"name": name, "sha256": sha256, "items": n_items}
        for name, sha256, n_items in found.values_list("name", "sha256", "n_items")
    ]


def read_items(data: bytes) -> list[str]:
    """The texts of a benchmark's items; every broken rule is named with its line."""
    return read_lines(data, item_text)


def read_lines(data: bytes, read: Callable[[Any], T]) -> list[T]:
    """What `read` makes of each line of a file: of its text, or where the file is JSONL of what
    that says. Every broken rule is named with its line."""
    if len(data) > FILE_LIMIT:
        raise TooLarge(f"A file has at most {FILE_LIMIT // MEGABYTE} MB; cut it into parts.")
    if data.startswith(_UTF16_MARKS):
        raise InvalidInput.field("file", "is UTF-16; save it as UTF-8")
    lines = [
        (number, line)
        for number, line in enumerate(io.BytesIO(data.removeprefix(_UTF8_MARK)), start=1)
        if line.strip()
    ]
    if not lines:
        raise InvalidInput.field("file", "is empty")
    if len(lines) > MOST_ITEMS:
        raise TooLarge(f"A file has at most {MOST_ITEMS:,} items, this has {len(lines):,}.")
    is_json = lines[0][1].lstrip()[:1] in (b"{", b'"')
    problems: list[Problem] = []
    items = list(_checked(lines, read, is_json, problems))
    if problems:
        raise InvalidInput(*problems)
    return items


def item_text(value: Any) -> str:
    """Of a text, or an object of one of the fields."""
    if isinstance(value, str):
        return _clean(value)
    if not isinstance(value, dict):
        raise InvalidInput.field("line", "must be a text or an object")
    name = next((name for name in FIELDS if name in value), "")
    if not name:
        raise InvalidInput.field("line", f"must have one of: {', '.join(FIELDS)}")
    if name == "messages":
        return _clean(_said(value[name]))
    text = _clean(value[name], field=name)
    more = value.get("input")
    return f"{text}\n{more}" if name != "input" and isinstance(more, str) and more else text


def _keep(
    by: User | None, project: Project, name: str, sha256: str, n_items: int, found: Sequences
) -> Benchmark:
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.benchmarks.filter(name=name).exists():
        return _same(project, name, sha256)
    if project.benchmarks.count() >= MOST_BENCHMARKS:
        raise Conflict(f"A project keeps at most {MOST_BENCHMARKS} benchmarks.")
    benchmark = Benchmark.objects.create(
        project=project,
        name=name,
        sha256=sha256,
        n_items=n_items,
        n_sequences=len(found),
        sequences=found.packed(),
        by=by,
    )
    audit.record(
        verb="benchmark.added", by=by, project=project, subject=benchmark, name=name, items=n_items
    )
    return benchmark


def _same(project: Project, name: str, sha256: str) -> Benchmark:
    benchmark = project.benchmarks.get(name=name)
    if benchmark.sha256 != sha256:
        raise Conflict(f"There is another benchmark “{name}” already; give this one another name.")
    return benchmark


def _checked(
    lines: Iterable[tuple[int, bytes]],
    read: Callable[[Any], T],
    is_json: bool,
    problems: list[Problem],
) -> Iterator[T]:
    for number, line in lines:
        try:
            text = line.decode().strip()
            yield read(parse_json(text) if is_json else text)
        except UnicodeDecodeError as error:
            problems.append(Problem("line", f"is not UTF-8 at byte {error.start + 1}", line=number))
        except InvalidInput as error:
            problems += [Problem(each.field, each.rule, line=number) for each in error.problems]
        except ValueError as error:
            problems.append(Problem("line", str(error), line=number))
        if len(problems) >= SHOWN_PROBLEMS:
            return


def _said(messages: Any) -> str:
    is_right = isinstance(messages, list) and all(
        isinstance(each, dict) and isinstance(each.get("content"), str) for each in messages
    )
    if not is_right:
        raise InvalidInput.field("messages", 'must be a list of {"role", "content"}')
    return "\n".join(each["content"] for each in messages if each.get("role") != "system")


def _clean(text: Any, *, field: str = "line") -> str:
    return clean_text(text, field=field, limit=LONGEST_ITEM)

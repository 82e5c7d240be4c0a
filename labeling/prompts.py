"""Prompts coming into a project, with the tasks that are made of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

from labeling.lanes import lane_for
from labeling.models import Prompt, Task
from labeling.prompt_files import Problems, PromptRow, read_file, read_items
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import InvalidInput, Problem
from projects.models import Project, User

KINDS = (Task.Kind.DEMONSTRATION, Task.Kind.COMPARISON)
BATCH = 2_000
Value = TypeVar("Value", int, str)


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `unchanged` prompts were here already, or stood twice in the file."""

    added: int
    unchanged: int
    tasks: int


class ImportRefused(InvalidInput):
    """Nothing was imported. `problems` are the first ones, `total` counts all."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(*problems.first)
        self.total = problems.total


def import_prompts(
    *,
    by: User | None,
    project: Project,
    data: bytes,
    file_name: str = "",
    file_format: str = "auto",
    kinds: Sequence[str] = KINDS,
) -> ImportReport:
    """Import a JSONL or CSV file, all of it or nothing. `by=None` is the command line.

    A prompt that is here already, by its external id or else its content, is left as it is;
    tasks of a kind it does not have yet are added.
    """
    _require_owner(by, project)
    checked_kinds = _kinds(kinds)
    problems = Problems()
    rows = read_file(data, file_name=file_name, file_format=file_format, problems=problems)
    return _store(by=by, project=project, rows=rows, problems=problems, kinds=checked_kinds)


def add_prompts(
    *, by: User, project: Project, items: Any, kinds: Sequence[str] = KINDS
) -> ImportReport:
    """As `import_prompts`, for a list of objects like the lines of a JSONL file."""
    _require_owner(by, project)
    checked_kinds = _kinds(kinds)
    if not isinstance(items, list) or not items:
        raise InvalidInput.field("prompts", "must be a list of prompts, at least one")
    problems = Problems()
    rows = read_items(enumerate(items, start=1), problems=problems)
    return _store(by=by, project=project, rows=rows, problems=problems, kinds=checked_kinds)


def _require_owner(by: User | None, project: Project) -> None:
    if by is not None:
        membership(by, project.slug, roles=OWNERS)


def _kinds(kinds: Any) -> list[str]:
    """The chosen kinds in the order of KINDS."""
    is_list = isinstance(kinds, list | tuple)
    if not is_list or not kinds or any(kind not in KINDS for kind in kinds):
        raise InvalidInput.field("kinds", f"must be one or more of {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in kinds]


def _store(
    *,
    by: User | None,
    project: Project,
    rows: list[PromptRow],
    problems: Problems,
    kinds: list[str],
) -> ImportReport:
    wanted = _without_repeats(rows, problems)
    with transaction.atomic():
        # One import at a time, so that what is looked up here cannot appear meanwhile.
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        known = _known(project, wanted, problems)
        if problems.total:
            raise ImportRefused(problems)
        if not wanted:
            raise InvalidInput.field("file", "holds no prompts")
        new = [_prompt(project, row) for row in wanted if _key(row) not in known]
        Prompt.objects.bulk_create(new, batch_size=BATCH)
        pks = [*known.values(), *(prompt.pk for prompt in new)]
        n_tasks = _make_tasks(project, sorted(pks), kinds)
        report = ImportReport(added=len(new), unchanged=len(rows) - len(new), tasks=n_tasks)
        audit.record(
            verb="prompts.imported",
            by=by,
            project=project,
            subject=project,
            added=report.added,
            unchanged=report.unchanged,
            tasks=report.tasks,
        )
    return report


def _key(row: PromptRow) -> str:
    return f"id:{row.external_id}" if row.external_id else f"content:{row.content_hash}"


def _without_repeats(rows: list[PromptRow], problems: Problems) -> list[PromptRow]:
    first: dict[str, PromptRow] = {}
    for row in rows:
        earlier = first.setdefault(_key(row), row)
        if earlier.messages != row.messages:
            rule = f"“{row.external_id}” stands on line {earlier.line} with another conversation"
            problems.add(Problem("external_id", rule, line=row.line))
    return list(first.values())


def _known(project: Project, rows: list[PromptRow], problems: Problems) -> dict[str, int]:
    """The primary keys of those that are here already; another content is a problem."""
    found: dict[str, int] = {}
    named = {row.external_id: row for row in rows if row.external_id}
    for batch in _batches(sorted(named)):
        here = project.prompts.filter(external_id__in=batch)
        for pk, external_id, digest in here.values_list("pk", "external_id", "content_hash"):
            found[f"id:{external_id}"] = pk
            if digest != named[external_id].content_hash:
                rule = f"“{external_id}” is here already with another conversation"
                problems.add(Problem("external_id", rule, line=named[external_id].line))
    unnamed = sorted(row.content_hash for row in rows if not row.external_id)
    for batch in _batches(unnamed):
        here = project.prompts.filter(external_id="", content_hash__in=batch)
        found |= {f"content:{digest}": pk for pk, digest in here.values_list("pk", "content_hash")}
    return found


def _prompt(project: Project, row: PromptRow) -> Prompt:
    return Prompt(
        project=project,
        messages=row.messages,
        content_hash=row.content_hash,
        external_id=row.external_id,
        tags=row.tags,
        source=row.source,
    )


def _make_tasks(project: Project, prompt_pks: list[int], kinds: list[str]) -> int:
    """Tasks of these kinds for the prompts that lack them; a comparison waits for candidates."""
    n_made = 0
    lanes = {kind: lane_for(project=project, kind=kind) for kind in kinds}
    for batch in _batches(prompt_pks):
        here = set(Task.objects.filter(prompt__in=batch).values_list("prompt_id", "kind"))
        new = [
            Task(
                project=project,
                prompt_id=pk,
                kind=kind,
                lane=lanes[kind],
                overlap=project.overlap,
                is_open=kind == Task.Kind.DEMONSTRATION,
                state=Task.State.READY if kind == Task.Kind.DEMONSTRATION else Task.State.DRAWING,
            )
            for pk in batch
            for kind in kinds
            if (pk, kind) not in here
        ]
        n_made += len(Task.objects.bulk_create(new))
    return n_made


def _batches(values: list[Value]) -> Iterator[list[Value]]:
    return (values[i : i + BATCH] for i in range(0, len(values), BATCH))

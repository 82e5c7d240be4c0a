"""Prompts coming into a project, with the tasks that are made of them."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db import transaction

from labeling.intake import prompt_staging
from labeling.intake.prompt_files import (
    FILE_LIMIT,
    MEGABYTE,
    MOST_PROMPTS,
    Problems,
    PromptRow,
    at_most,
    checked,
    read_file,
)
from labeling.intake.prompt_staging import Progress
from labeling.models import Task
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import InvalidInput, TooLarge
from projects.models import Project, User

KINDS = (Task.Kind.DEMONSTRATION, Task.Kind.COMPARISON, Task.Kind.RANKING)
USUAL_KINDS = (Task.Kind.DEMONSTRATION, Task.Kind.COMPARISON)


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
    kinds: Sequence[str] = USUAL_KINDS,
) -> ImportReport:
    """As `import_file`, for the bytes of a file within the limits of the page."""
    if len(data) > FILE_LIMIT:
        raise TooLarge(f"A file has at most {FILE_LIMIT // MEGABYTE} MB. Import it in parts.")
    return import_file(
        by=by,
        project=project,
        file=io.BytesIO(data),
        file_name=file_name,
        file_format=file_format,
        kinds=kinds,
        most=MOST_PROMPTS,
    )


def import_file(
    *,
    by: User | None,
    project: Project,
    file: BinaryIO,
    file_name: str = "",
    file_format: str = "auto",
    kinds: Sequence[str] = USUAL_KINDS,
    most: int | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a JSONL or CSV file, all of it or nothing. `by=None` is the command line.

    A prompt that is here already, by its external id or else its content, is left as it is;
    tasks of a kind it does not have yet are added. The file is read once, a line at a time;
    without `most` it may hold any number of prompts.
    """
    _require_owner(by, project)
    wanted = _kinds(kinds)
    problems = Problems()
    rows: Iterable[PromptRow] = read_file(
        file, file_name=file_name, file_format=file_format, problems=problems
    )
    if most is not None:
        rows = at_most(rows, most)
    return _store(
        by=by, project=project, rows=rows, problems=problems, kinds=wanted, progress=progress
    )


def add_prompts(
    *, by: User, project: Project, items: Any, kinds: Sequence[str] = USUAL_KINDS
) -> ImportReport:
    """As `import_prompts`, for a list of objects like the lines of a JSONL file."""
    _require_owner(by, project)
    wanted = _kinds(kinds)
    if not isinstance(items, list) or not items:
        raise InvalidInput.field("prompts", "must be a list of prompts, at least one")
    problems = Problems()
    rows = at_most(checked(enumerate(items, start=1), problems=problems), MOST_PROMPTS)
    return _store(by=by, project=project, rows=rows, problems=problems, kinds=wanted)


def _require_owner(by: User | None, project: Project) -> None:
    if by is not None:
        membership(by, project.slug, roles=OWNERS)


def _kinds(kinds: Any) -> list[str]:
    """The chosen kinds in the order of KINDS."""
    is_list = isinstance(kinds, list | tuple)
    if not is_list or not kinds or any(kind not in KINDS for kind in kinds):
        raise InvalidInput.field("kinds", f"must be one or more of {', '.join(KINDS)}")
    return [kind.value for kind in KINDS if kind in kinds]


def _store(
    *,
    by: User | None,
    project: Project,
    rows: Iterable[PromptRow],
    problems: Problems,
    kinds: list[str],
    progress: Progress | None = None,
) -> ImportReport:
    with transaction.atomic():
        number = prompt_staging.stage(rows, progress)
        # One import at a time, so that what is looked up from here on cannot appear meanwhile.
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        prompt_staging.recognise(project, problems)
        if problems.total:
            raise ImportRefused(problems)
        if not number:
            raise InvalidInput.field("file", "holds no prompts")
        added = prompt_staging.keep_prompts(project)
        n_tasks = prompt_staging.keep_tasks(project, kinds)
        report = ImportReport(added=added, unchanged=number - added, tasks=n_tasks)
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

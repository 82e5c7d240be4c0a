"""Judgements of pairs that were made elsewhere, coming into a project as its own."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from instructions.clauses import cited
from instructions.models import GuidelineVersion
from instructions.publish import current_version, publish, save_draft
from labeling.assigning.lanes import lane_for
from labeling.intake.comparison_files import ComparisonFile, JudgementRow, Pair
from labeling.intake.prompt_files import Problems
from labeling.intake.prompts import ImportRefused
from labeling.judging.aftermath import disputed
from labeling.models import (
    Assignment,
    Candidate,
    Comparison,
    Lane,
    Prompt,
    Response,
    Task,
)
from labeling.reviewing.disputes import Judged, comparisons_disputed
from projects import audit
from projects.compiled import Inserted
from projects.errors import InvalidInput, Problem
from projects.models import Membership, Project, Role, TaskKind, User

BATCH = 2_000
SOURCE = "imported judgements"
UNKNOWN = (
    "## 1 Instructions not known\n\n"
    "The judgements of this project were brought in from elsewhere. "
    "What their labelers were told is not known here.\n"
)

Row = TypeVar("Row")
ResponseKey = tuple[int, str, str]
Tasks = dict[str, tuple[Task, int, int]]
"""By the name of the pair: its task and its responses, in the order of the file's pair."""


@dataclass(frozen=True)
class ComparisonReport:
    """What an import did. `unchanged` judgements were here already, or stood twice in the file."""

    added: int
    unchanged: int
    pairs: int
    labelers: int


def import_comparisons(
    *, by: User | None, project: Project, file: ComparisonFile, problems: Problems
) -> ComparisonReport:
    """Import what was read, all of it or nothing; the same judgement counts once.

    Annotators become labelers of the project that cannot sign in, so that its pages list them.
    The tasks are complete: nobody is given them. `by=None` is the command line.
    """
    wanted = _without_repeats(file.judgements, problems)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        people = _people(project, [row.annotator for row in wanted], problems)
        known = _known_tasks(project, file, wanted, problems)
        here = _here(known)
        new = [row for row in wanted if _is_new(row, here, people, problems)]
        if problems.total:
            raise ImportRefused(problems)
        if not wanted:
            raise InvalidInput.field("file", "holds no judgements")
        n_labelers = _keep_people(project, people)
        version = _version(project)
        tasks = _tasks(project, file, new, known)
        _store(new, people, tasks, version)
        _count(task for pair_id, (task, _, _) in tasks.items() if pair_id in known)
        report = ComparisonReport(
            added=len(new),
            unchanged=len(file.judgements) - len(new),
            pairs=len(tasks),
            labelers=n_labelers,
        )
        if new:
            _tell_the_planner()
            audit.record(
                verb="comparisons.imported",
                by=by,
                project=project,
                subject=project,
                added=report.added,
                unchanged=report.unchanged,
                labelers=report.labelers,
            )
    return report


def username_of(project: Project, annotator: str) -> str:
    """The account that stands for an annotator: theirs alone, and this project's alone."""
    plain = re.sub(r"[^\w.@+-]", "-", annotator)
    if plain != annotator:
        plain += "-" + hashlib.sha256(annotator.encode()).hexdigest()[:8]
    return f"{project.slug}.{plain}"


def _variant(pair_id: str) -> str:
    return f"pair-{pair_id}"


def _without_repeats(rows: list[JudgementRow], problems: Problems) -> list[JudgementRow]:
    first: dict[tuple[str, str], JudgementRow] = {}
    for row in rows:
        earlier = first.setdefault((row.pair_id, row.annotator), row)
        if earlier.judgement != row.judgement:
            rule = f"judged “{row.pair_id}” differently on line {earlier.line}"
            problems.add(Problem("annotator", rule, line=row.line))
    return list(first.values())


def _people(project: Project, annotators: list[str], problems: Problems) -> dict[str, User]:
    """An account for each annotator, new ones not saved yet."""
    names = {annotator: username_of(project, annotator) for annotator in annotators}
    known = {
        user.username.lower(): user
        for batch in _batches(sorted(set(names.values())))
        for user in User.objects.filter(username__in=batch)
    }
    members = set(Membership.objects.filter(project=project).values_list("user_id", flat=True))
    people: dict[str, User] = {}
    for annotator, username in names.items():
        user = known.get(username.lower())
        if user is None:
            # Two annotators may differ in their capitals only; accounts must not.
            user = User(username=username, first_name=annotator, password=make_password(None))
            known[username.lower()] = user
        elif user.has_usable_password() and user.pk not in members:
            rule = f"there is an account “{username}” that is somebody else's"
            problems.add(Problem("annotator", rule))
        people[annotator] = user
    return people


def _here(known: Tasks) -> dict[tuple[str, int], tuple[int | None, str]]:
    """What was imported before, by pair and labeler, seen from the pair's first response."""
    pair_of = {task.pk: (pair_id, first) for pair_id, (task, first, _) in known.items()}
    found: dict[tuple[str, int], tuple[int | None, str]] = {}
    for batch in _batches(sorted(pair_of)):
        rows = Comparison.objects.filter(assignment__task__in=batch, supersedes=None)
        for task, labeler, preference, scale, side_a in rows.values_list(
            "assignment__task_id", "labeler_id", "preference", "scale", "response_a_id"
        ):
            pair_id, first = pair_of[task]
            if preference is not None and side_a != first:
                preference = -preference
            found[pair_id, labeler] = (preference, scale)
    return found


def _is_new(
    row: JudgementRow,
    here: dict[tuple[str, int], tuple[int | None, str]],
    people: dict[str, User],
    problems: Problems,
) -> bool:
    pk = people[row.annotator].pk
    earlier = here.get((row.pair_id, pk)) if pk else None
    if earlier is not None and earlier != row.judgement:
        rule = f"judged “{row.pair_id}” differently in an earlier import"
        problems.add(Problem("annotator", rule, line=row.line))
    return earlier is None


def _keep_people(project: Project, people: dict[str, User]) -> int:
    new = {user.username: user for user in people.values() if user.pk is None}
    User.objects.bulk_create(new.values(), batch_size=BATCH)
    made = Membership.objects.bulk_create(
        [Membership(project=project, user=user, role=Role.LABELER) for user in new.values()],
        batch_size=BATCH,
    )
    return len(made)


def _version(project: Project) -> GuidelineVersion:
    """The guideline in force; where there is none, one that says so is published."""
    found = current_version(project)
    if found is not None:
        return found
    owner = Membership.objects.filter(project=project, role=Role.OWNER).order_by("pk").first()
    if owner is None:
        raise InvalidInput.field("project", "needs an owner, in whose name a guideline is kept")
    save_draft(by=owner.user, project=project, text=UNKNOWN)
    return publish(by=owner.user, project=project, change_note="Judgements were imported.")


def _tasks(project: Project, file: ComparisonFile, rows: list[JudgementRow], known: Tasks) -> Tasks:
    """The task of each pair with a new judgement, with its responses in the pair's order."""
    found = {row.pair_id: known[row.pair_id] for row in rows if row.pair_id in known}
    missing = [
        file.pairs[pair_id]
        for pair_id in dict.fromkeys(row.pair_id for row in rows)
        if pair_id not in found
    ]
    prompts = _prompts(project, missing)
    responses = _responses(missing, prompts)
    lane = lane_for(project=project, kind=TaskKind.COMPARISON)
    judged: dict[str, list[Judged]] = {pair.pair_id: [] for pair in missing}
    for row in rows:
        if row.pair_id in judged:
            judged[row.pair_id].append(_judged(row))
    new = [
        _complete(prompts[pair.prompt.content_hash], pair, judged[pair.pair_id], lane)
        for pair in missing
    ]
    Task.objects.bulk_create(new, batch_size=BATCH)
    candidates = []
    for pair, task in zip(missing, new, strict=True):
        sides = [responses[key] for key in _keys(pair, task.prompt_id)]
        found[pair.pair_id] = (task, sides[0].pk, sides[1].pk)
        candidates += [Candidate(task=task, position=i, response=r) for i, r in enumerate(sides)]
    Candidate.objects.bulk_create(candidates, batch_size=BATCH)
    return found


def _complete(prompt: Prompt, pair: Pair, judged: list[Judged], lane: Lane) -> Task:
    return Task(
        project_id=prompt.project_id,
        prompt=prompt,
        kind=TaskKind.COMPARISON,
        variant=_variant(pair.pair_id),
        lane=lane,
        state=Task.State.COMPLETE,
        is_open=False,
        overlap=len(judged),
        n_assigned=len(judged),
        n_submitted=len(judged),
        is_disputed=comparisons_disputed(judged),
    )


def _prompts(project: Project, pairs: list[Pair]) -> dict[str, Prompt]:
    wanted = {pair.prompt.content_hash: pair for pair in pairs}
    found = {
        prompt.content_hash: prompt
        for batch in _batches(sorted(wanted))
        for prompt in project.prompts.filter(content_hash__in=batch).order_by("-pk")
    }
    new = [
        Prompt(
            project=project,
            messages=pair.prompt.messages,
            content_hash=digest,
            tags=pair.prompt.tags,
            language=pair.language,
            source=SOURCE,
        )
        for digest, pair in wanted.items()
        if digest not in found
    ]
    Prompt.objects.bulk_create(new, batch_size=BATCH)
    return found | {prompt.content_hash: prompt for prompt in new}


def _known_tasks(
    project: Project, file: ComparisonFile, rows: list[JudgementRow], problems: Problems
) -> Tasks:
    """Tasks made by an earlier import; one of another pair under the same name is a problem."""
    by_variant = {_variant(row.pair_id): file.pairs[row.pair_id] for row in rows}
    found: Tasks = {}
    for batch in _batches(sorted(by_variant)):
        tasks = Task.objects.filter(project=project, kind=TaskKind.COMPARISON, variant__in=batch)
        for task in tasks.select_related("prompt").prefetch_related("candidates__response"):
            pair = by_variant[task.variant]
            candidates = sorted(task.candidates.all(), key=lambda c: c.position)
            sides = [c.response for c in candidates if c.response is not None]
            order = _order(pair, tuple(side.text for side in sides))
            if task.prompt.content_hash != pair.prompt.content_hash or order is None:
                rule = f"“{pair.pair_id}” is here already with another pair"
                problems.add(Problem("pair_id", rule, line=pair.prompt.line))
                continue
            found[pair.pair_id] = (task, sides[order[0]].pk, sides[order[1]].pk)
    return found


def _order(pair: Pair, texts: tuple[str, ...]) -> tuple[int, int] | None:
    """Which of the stored responses is the pair's first, and which its second."""
    if texts == pair.texts:
        return 0, 1
    return (1, 0) if texts == pair.texts[::-1] else None


def _responses(pairs: list[Pair], prompts: dict[str, Prompt]) -> dict[ResponseKey, Response]:
    """One response for each text of a model to a prompt, so that it is known again."""
    wanted = {
        key: None for pair in pairs for key in _keys(pair, prompts[pair.prompt.content_hash].pk)
    }
    new = [
        Response(prompt_id=prompt, origin=Response.Origin.IMPORTED, text=text, model_name=model)
        for prompt, model, text in wanted
    ]
    Response.objects.bulk_create(new, batch_size=BATCH)
    return dict(zip(wanted, new, strict=True))


def _keys(pair: Pair, prompt_id: int) -> list[ResponseKey]:
    return [(prompt_id, model, text) for model, text in zip(pair.models, pair.texts, strict=True)]


def _store(
    rows: list[JudgementRow],
    people: dict[str, User],
    tasks: Tasks,
    version: GuidelineVersion,
) -> None:
    now = timezone.now()
    anchors = list(version.clauses.values_list("anchor", flat=True))
    assignments = [_assignment(row, people, tasks, version, now) for row in rows]
    Inserted(Assignment).copy(assignments)
    Inserted(Comparison).copy(
        [
            Comparison(
                assignment=assignment,
                labeler_id=assignment.labeler_id,
                guideline_version=version,
                prompt_id=tasks[row.pair_id][0].prompt_id,
                response_a_id=assignment.presented[0],
                response_b_id=assignment.presented[1],
                scale=row.scale,
                preference=row.preference,
                both_bad=row.preference is None,
                justification=row.justification.strip(),
                cites=cited(row.justification, anchors),
                seconds=0.0,
                created_at=assignment.created_at,
            )
            for row, assignment in zip(rows, assignments, strict=True)
        ]
    )


def _assignment(
    row: JudgementRow,
    people: dict[str, User],
    tasks: Tasks,
    version: GuidelineVersion,
    now: datetime,
) -> Assignment:
    task, first, second = tasks[row.pair_id]
    at = row.created_at or now
    return Assignment(
        task=task,
        labeler=people[row.annotator],
        state=Assignment.State.SUBMITTED,
        leased_until=at,
        presented=[second, first] if row.is_turned else [first, second],
        guideline_version=version,
        created_at=at,
        ended_at=at,
    )


def _count(tasks: Iterable[Task]) -> None:
    """Places taken and disputes of tasks that were here already and got more judgements."""
    for task in tasks:
        rows = list(Comparison.objects.current().filter(assignment__task=task))
        task.overlap = task.n_assigned = task.n_submitted = len(rows)
        task.is_disputed = disputed(rows)
        task.save(update_fields=["overlap", "n_assigned", "n_submitted", "is_disputed"])


def _judged(row: JudgementRow) -> Judged:
    """With 0 and 1 for the pair's responses, which need not be stored yet."""
    side_a = int(row.is_turned)
    is_simple = row.scale == Comparison.Scale.SIMPLE
    return Judged(side_a, 1 - side_a, row.preference, is_simple)


def _tell_the_planner() -> None:
    """Without figures of what just came in, PostgreSQL chooses plans that take minutes."""
    tables = [model._meta.db_table for model in (Task, Assignment, Candidate, Response, Comparison)]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _batches(values: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (values[i : i + BATCH] for i in range(0, len(values), BATCH))

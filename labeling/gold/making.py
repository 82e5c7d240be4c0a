"""How gold tasks come to be and end: written, imported, made of a finished task, retired."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.assigning.lanes import lane_for
from labeling.gold.files import (
    LONGEST_REASON,
    GoldRow,
    digest_of,
    expected_of,
    read_gold,
    read_item,
)
from labeling.intake.prompt_files import Problems
from labeling.intake.prompts import ImportRefused
from labeling.models import Candidate, Comparison, Gold, Prompt, Ranking, Response, Review, Task
from labeling.reviewing.asking import GOLD
from labeling.reviewing.verdicts import usable
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound, Problem
from projects.models import Project, User
from projects.text import clean_text

EVERYBODY = 32_767
"""The overlap of a gold task: whoever comes may be given it."""
HERE_ALREADY = "are here already as a gold task"
SHOWN = 10
KINDS = (Task.Kind.COMPARISON, Task.Kind.RANKING)


def write_gold(*, by: User, project: Project, item: Mapping[str, Any]) -> Gold:
    """A gold task from a prompt, answers and an expected judgement, as a line of an import."""
    membership(by, project.slug, roles=OWNERS)
    row = read_item(item)
    with transaction.atomic():
        if _known(project, [row]):
            raise InvalidInput.field("answers", HERE_ALREADY)
        gold = _store(by, project, row)
        audit.record(verb="gold.written", by=by, project=project, subject=gold.task)
    return gold


def import_golds(*, by: User, project: Project, data: bytes) -> int:
    """Import a JSONL file of gold tasks, all of it or nothing; returns their number."""
    membership(by, project.slug, roles=OWNERS)
    problems = Problems()
    rows = read_gold(data, problems=problems)
    with transaction.atomic():
        # One import at a time, so that what is looked up here cannot appear meanwhile.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        for row in _repeated(rows) + _known(project, rows):
            problems.add(Problem("answers", HERE_ALREADY, line=row.line))
        if problems.total:
            raise ImportRefused(problems)
        for row in rows:
            _store(by, project, row)
        audit.record(
            verb="gold.imported", by=by, project=project, subject=project, number=len(rows)
        )
    return len(rows)


def make_gold(*, by: User, task: Task, expected: Mapping[str, Any], reason: str) -> Gold:
    """A gold task with the answers of a task that people have judged; that one stays as it is.

    `expected` is {"preferences", "both_bad"} or {"tiers", "all_bad"}, places being those of
    `answers_of(task)`.
    """
    membership(by, task.project.slug, roles=OWNERS)
    answers = answers_of(task)
    if len(answers) < 2:
        raise Conflict("Nobody has judged this task yet, so there is nothing to expect of others.")
    checked = expected_of(expected, len(answers))
    if ("tiers" in checked) != (task.kind == Task.Kind.RANKING):
        raise InvalidInput.field("expected", f"is no judgement of a {task.kind}")
    reason = clean_text(reason, field="reason", limit=LONGEST_REASON).strip()
    variant = f"{GOLD}{digest_of(task.kind, [answer.text for answer in answers])}"
    with transaction.atomic():
        made, is_new = Task.objects.get_or_create(
            prompt=task.prompt,
            kind=task.kind,
            variant=variant,
            defaults=_columns(task.project, task.kind, task.lane.language, task.lane.skills),
        )
        if not is_new:
            raise Conflict("These answers are here already as a gold task.")
        gold = _expect(by, made, answers, checked, reason)
        audit.record(verb="gold.made", by=by, project=task.project, subject=made, of=task.pk)
    return gold


def retire_gold(*, by: User, gold: Gold) -> Gold:
    """Give it to nobody any more; its results no longer count for or against anybody."""
    membership(by, gold.task.project.slug, roles=OWNERS)
    with transaction.atomic():
        # The task first, as those who judge it or settle its flags have it.
        Task.objects.select_for_update().get(pk=gold.task_id)
        locked = Gold.objects.select_for_update(of=("self",)).select_related("task__project")
        held = locked.get(pk=gold.pk)
        if held.retired_at is None:
            held.retired_at = timezone.now()
            held.save(update_fields=["retired_at"])
            Task.objects.filter(pk=held.task_id).update(state=Task.State.RETIRED, is_open=False)
            audit.record(verb="gold.retired", by=by, project=held.task.project, subject=held.task)
    return held


def golds_of(project: Project) -> QuerySet[Any]:
    """The gold tasks, those at work first, each with its results: number, mean and disputes."""
    found = Gold.objects.filter(task__project=project).select_related("task__prompt", "created_by")
    return found.annotate(
        n_results=Count("results", distinct=True),
        mean=Avg("results__score"),
        n_disputes=Count(
            "task__raised_flags", filter=Q(task__raised_flags__resolved_at=None), distinct=True
        ),
    ).order_by("retired_at", "-pk")


def gold_of(project: Project, pk: int) -> Gold:
    found = Gold.objects.select_related("task__project").filter(task__project=project, pk=pk)
    gold = found.first()
    if gold is None:
        raise NotFound("There is no such gold task in this project.")
    return gold


def judged_task(project: Project, pk: int) -> Task:
    """A comparison or ranking of the project that is no gold task itself."""
    found = Task.objects.select_related("project", "prompt", "lane").filter(
        project=project, pk=pk, kind__in=KINDS
    )
    task = found.exclude(variant__startswith=GOLD).first()
    if task is None:
        raise NotFound("There is no such comparison or ranking in this project.")
    return task


def answers_of(task: Task) -> list[Response]:
    """The answers that people judged, in one order; of a comparison the pair judged most often."""
    return list(Response.objects.filter(pk__in=_judged(task)).order_by("pk"))


def suggested(task: Task) -> dict[str, Any]:
    """What people expected, to begin with: the settlement, or else what most of them said."""
    order = [answer.pk for answer in answers_of(task)]
    if task.kind == Task.Kind.RANKING:
        rankings = [row for row in _rankings(task) if len(order) == sum(map(len, row.tiers))]
        return _suggested_tiers(rankings, order) if rankings else {}
    turned = [
        row.preference
        if row.preference is None or row.response_a_id == order[0]
        else -row.preference
        for row in _comparisons(task)
        if {row.response_a_id, row.response_b_id} == set(order)
    ]
    return _suggested_preferences(turned) if turned else {}


def reason_given(task: Task) -> str:
    """Why a reviewer settled it so, or else the first justification anybody gave."""
    settlement = Review.objects.filter(about=task).exclude(reason="").order_by("-pk").first()
    if settlement is not None:
        return settlement.reason
    rows = _rankings(task) if task.kind == Task.Kind.RANKING else _comparisons(task)
    return next((row.justification for row in rows if row.justification), "")


def could_be_gold(project: Project) -> list[Task]:
    """Finished tasks on which people agree or that a reviewer settled, and that are no gold yet."""
    settled = Review.objects.filter(about=OuterRef("pk"))
    found = Task.objects.filter(
        Q(n_submitted__gte=2, is_disputed=False) | Q(Exists(settled)),
        project=project,
        kind__in=KINDS,
        state=Task.State.COMPLETE,
    ).exclude(variant__startswith=GOLD)
    is_gold = Task.objects.filter(
        prompt=OuterRef("prompt"), kind=OuterRef("kind"), variant__startswith=GOLD
    )
    found = found.filter(~Exists(is_gold)).select_related("prompt")
    return list(found.order_by("-n_submitted", "-pk")[:SHOWN])


def _suggested_preferences(turned: Sequence[int | None]) -> dict[str, Any]:
    clear = [preference for preference in turned if preference is not None]
    if len(clear) * 2 < len(turned) or not clear:
        return {"preferences": [], "both_bad": True}
    sides = Counter((each > 0) - (each < 0) for each in clear)
    side = max(sides, key=lambda each: (sides[each], abs(each), each))
    if side == 0:
        return {"preferences": [0], "both_bad": False}
    strength = abs(median_low([each for each in clear if each * side > 0]))
    near = [side * each for each in range(max(1, strength - 1), min(3, strength + 1) + 1)]
    return {"preferences": sorted(near), "both_bad": False}


def _suggested_tiers(rankings: Sequence[Ranking], order: Sequence[int]) -> dict[str, Any]:
    """By mean place; equal means are a tier."""
    totals: dict[int, int] = defaultdict(int)
    for row in rankings:
        for at, tier in enumerate(row.tiers):
            for pk in tier:
                totals[pk] += at
    tiers = [
        [at for at, pk in enumerate(order) if totals[pk] == total]
        for total in sorted({totals[pk] for pk in order})
    ]
    n_bad = sum(row.all_bad for row in rankings)
    return {"tiers": tiers, "all_bad": n_bad * 2 > len(rankings)}


def _judged(task: Task) -> Sequence[int]:
    if task.kind == Task.Kind.RANKING:
        return [pk for row in _rankings(task)[:1] for tier in row.tiers for pk in tier]
    pairs = Counter(
        (min(row.response_a_id, row.response_b_id), max(row.response_a_id, row.response_b_id))
        for row in _comparisons(task)
    )
    by_number = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return by_number[0][0] if by_number else ()


def _comparisons(task: Task) -> list[Comparison]:
    rows = Comparison.objects.filter(_of(task))
    return list(usable(rows).order_by("pk"))


def _rankings(task: Task) -> list[Ranking]:
    return list(usable(Ranking.objects.filter(_of(task))).order_by("pk"))


def _of(task: Task) -> Q:
    """Judged in the task itself, fixed in a review of it, or settled in an adjudication."""
    return (
        Q(assignment__task=task)
        | Q(assignment__task__about=task)
        | Q(assignment__task__reviewed__task=task)
    )


def _known(project: Project, rows: Sequence[GoldRow]) -> list[GoldRow]:
    """Those that are gold tasks of the project already."""
    tasks = Task.objects.filter(
        project=project,
        variant__in=[f"{GOLD}{row.digest}" for row in rows],
        prompt__content_hash__in=[row.prompt.content_hash for row in rows],
    )
    here = set(tasks.values_list("prompt__content_hash", "variant"))
    return [row for row in rows if (row.prompt.content_hash, f"{GOLD}{row.digest}") in here]


def _repeated(rows: Sequence[GoldRow]) -> list[GoldRow]:
    seen: set[tuple[str, str]] = set()
    again = []
    for row in rows:
        key = (row.prompt.content_hash, row.digest)
        if key in seen:
            again.append(row)
        seen.add(key)
    return again


def _store(by: User, project: Project, row: GoldRow) -> Gold:
    prompt = _prompt(project, row)
    task = Task.objects.create(
        prompt=prompt,
        kind=row.kind,
        variant=f"{GOLD}{row.digest}",
        **_columns(project, row.kind, row.language, []),
    )
    answers = [
        Response.objects.create(prompt=prompt, origin=Response.Origin.IMPORTED, text=text)
        for text in row.answers
    ]
    return _expect(by, task, answers, row.expected, row.reason)


def _prompt(project: Project, row: GoldRow) -> Prompt:
    digest = row.prompt.content_hash
    here = Prompt.objects.filter(project=project, content_hash=digest).order_by("pk").first()
    return here or Prompt.objects.create(
        project=project,
        messages=row.prompt.messages,
        content_hash=digest,
        tags=row.prompt.tags,
        source=row.prompt.source,
        language=row.language,
    )


def _columns(project: Project, kind: str, language: str, skills: Sequence[str]) -> dict[str, Any]:
    lane = lane_for(project=project, kind=kind, language=language, skills=skills, is_gold=True)
    return {"project": project, "lane": lane, "overlap": EVERYBODY}


def _expect(
    by: User, task: Task, answers: Sequence[Response], expected: dict[str, Any], reason: str
) -> Gold:
    Candidate.objects.bulk_create(
        Candidate(task=task, position=at, response=answer) for at, answer in enumerate(answers)
    )
    if "tiers" in expected:
        tiers = [[answers[place].pk for place in tier] for tier in expected["tiers"]]
        expected = expected | {"tiers": tiers}
    return Gold.objects.create(task=task, expected=expected, reason=reason, created_by=by)

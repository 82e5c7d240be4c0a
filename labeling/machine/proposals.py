"""Which comparisons to show people next: those that tell most, and some by chance.

Of the pool, the open comparisons that nobody has judged, the most telling are proposed; besides,
a sample of the whole pool is drawn evenly, whatever was proposed. So the sample alone gives fair
estimates, and so does the whole round when each task is weighted by its chance to be in it: 1 for
what was proposed, the sample's share of the pool for the rest. Chosen tasks move to the lane of
high priority; the claim knows nothing of it.
"""

import random
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.assigning.lanes import move_tasks
from labeling.machine import ratings, spread
from labeling.models import (
    Candidate,
    JudgeVerdict,
    Lane,
    Proposal,
    ProposalRound,
    ProposalRules,
    Task,
)
from labeling.quality.judged_pairs import judged_pairs
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput
from projects.models import Membership, Project, Role, User

MOST_POOL = 5_000
"""The first in line; the rest has its turn when these are done."""
MOST_AT_ONCE = 500
MOST_KEPT = 500
WEIGHTS = {"unsure": 1.0, "divided": 1.0, "wide": 1.0}
NOVELTY_WEIGHT = 0.5
SURE_BY_CHANCE = 1 / 3
PARTS = {
    "unsure": "a judge is unsure of it",
    "divided": "judges say different things",
    "wide": "little is known of how its two models compare",
    "novelty": "its prompt is unlike the others chosen",
}
"""What a score is made of, in the words that follow “because”."""


@dataclass
class Candidates:
    """The pool, in line, with what each task would tell; parts run from 0 to 1."""

    tasks: list[Task]
    parts: list[dict[str, float]] = field(default_factory=list)

    @property
    def worth(self) -> list[float]:
        return [sum(WEIGHTS[name] * part for name, part in each.items()) for each in self.parts]


def rules_of(project: Project) -> ProposalRules | None:
    return ProposalRules.objects.filter(project=project).select_related("set_by").first()


def change_rules(
    *, by: User, project: Project, random_percent: Any, keep_waiting: Any
) -> ProposalRules:
    """How large the share of chance is, and how many chosen tasks are kept waiting."""
    membership(by, project.slug, roles=OWNERS)
    values = {
        "random_percent": _whole(random_percent, "random_percent", 0, 100),
        "keep_waiting": _whole(keep_waiting, "keep_waiting", 0, MOST_KEPT),
    }
    with transaction.atomic():
        rules, _ = ProposalRules.objects.update_or_create(
            project=project, defaults={**values, "set_by": by, "set_at": timezone.now()}
        )
        audit.record(verb="proposals.changed", by=by, project=project, subject=project, **values)
    return rules


def propose(
    *, by: User, project: Project, number: Any = 50, seed: int | None = None
) -> ProposalRound:
    """Choose `number` tasks, the project's share of them by chance, and put them before others.

    A task that is both proposed and drawn is one task, so the round may be a little smaller.
    """
    membership(by, project.slug, roles=OWNERS)
    wanted = _whole(number, "number", 1, MOST_AT_ONCE)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        pool = pool_of(project)
        if not pool.tasks:
            raise Conflict("No comparison waits that nobody has judged and that was not chosen.")
        made = _choose(by, project, pool, wanted, secrets.randbits(62) if seed is None else seed)
        rows = list(made.proposals.select_related("task__lane"))
        urgent = [r.task for r in rows if r.task.lane.priority < Lane.Priority.HIGH]
        if urgent:
            move_tasks(by=by, project=project, tasks=urgent, priority=Lane.Priority.HIGH)
        audit.record(
            verb="tasks.proposed",
            by=by,
            project=project,
            subject=made,
            proposed=made.n_proposed,
            random=made.n_random,
            pool=made.n_pool,
        )
    return made


def keep_up() -> int:
    """Where a project keeps chosen tasks waiting, choose as many as are missing."""
    n_chosen = 0
    for rules in ProposalRules.objects.filter(keep_waiting__gt=0).select_related("project"):
        missing = rules.keep_waiting - waiting_in(rules.project).count()
        # In lots, so that a round is large enough for chance to have its share.
        if missing < max(1, rules.keep_waiting // 2) or not _is_owner(rules):
            continue
        try:
            propose(by=rules.set_by, project=rules.project, number=missing)
        except Conflict:
            continue
        n_chosen += missing
    return n_chosen


def waiting_in(project: Project) -> QuerySet[Proposal]:
    """Chosen tasks that nobody has judged yet."""
    rows = Proposal.objects.filter(round__project=project, task__is_open=True)
    return rows.filter(task__n_submitted=0)


def why(proposal: Proposal) -> str:
    """For the project's owner: why this task came before others."""
    found = sorted(proposal.parts.items(), key=lambda item: (-item[1], item[0]))
    reasons = [PARTS[name] for name, part in found if part >= 0.25 and name in PARTS]
    by_chance = "Drawn by chance, so that estimates stay fair."
    if not proposal.is_proposed:
        return by_chance
    because = f" because {_joined(reasons)}" if reasons else ", as none tells more"
    also = " Drawn by chance as well." if proposal.is_random else ""
    return f"Proposed{because}.{also}"


def proposal_of(task: Task) -> Proposal | None:
    return Proposal.objects.filter(task=task).select_related("round").first()


def pool_of(project: Project) -> Candidates:
    """What can be chosen: open comparisons that nobody has, gold and chosen ones left out."""
    tasks = list(
        Task.objects.filter(
            project=project,
            kind=Task.Kind.COMPARISON,
            state=Task.State.READY,
            is_open=True,
            n_assigned=0,
            lane__is_gold=False,
            proposal=None,
        )
        .select_related("prompt", "lane")
        .order_by("-lane__priority", "seq", "pk")[:MOST_POOL]
    )
    pool = Candidates(tasks)
    told = _judged([task.pk for task in tasks])
    widths = _widths(project, [task.pk for task in tasks])
    widest = max(widths.values(), default=0.0)
    for task in tasks:
        unsure, divided = told.get(task.pk, (0.0, 0.0))
        wide = widths.get(task.pk, 0.0) / widest if widest else 0.0
        pool.parts.append({"unsure": unsure, "divided": divided, "wide": wide})
    return pool


def _choose(by: User, project: Project, pool: Candidates, wanted: int, seed: int) -> ProposalRound:
    rules = rules_of(project)
    percent = rules.random_percent if rules else ProposalRules().random_percent
    number = min(wanted, len(pool.tasks))
    n_random = round(number * percent / 100)
    texts = ["\n".join(m["content"] for m in task.prompt.messages) for task in pool.tasks]
    proposed = spread.choose(
        pool.worth, texts, number=number - n_random, novelty_weight=NOVELTY_WEIGHT
    )
    drawn = random.Random(seed).sample(range(len(pool.tasks)), n_random)  # noqa: S311 - repeatable
    made = ProposalRound.objects.create(
        project=project,
        n_pool=len(pool.tasks),
        n_proposed=len(proposed),
        n_random=n_random,
        seed=seed,
        created_by=by,
    )
    Proposal.objects.bulk_create(_rows(made, pool, proposed, drawn))
    return made


def _rows(
    made: ProposalRound,
    pool: Candidates,
    proposed: Sequence[spread.Choice],
    drawn: Sequence[int],
) -> list[Proposal]:
    by_place = {choice.place: choice for choice in proposed}
    places = [choice.place for choice in proposed]
    places += [place for place in sorted(drawn) if place not in by_place]
    worth = pool.worth
    rows = []
    for place in places:
        choice, task = by_place.get(place), pool.tasks[place]
        novelty = {"novelty": choice.novelty} if choice else {}
        parts = {name: round(part, 4) for name, part in {**pool.parts[place], **novelty}.items()}
        rows.append(
            Proposal(
                round=made,
                task=task,
                is_proposed=choice is not None,
                is_random=place in set(drawn),
                probability=1.0 if choice else len(drawn) / len(pool.tasks),
                score=choice.score if choice else worth[place],
                parts=parts,
                from_lane=task.lane,
            )
        )
    return rows


def _judged(task_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """By task: how unsure the least sure judge is, and whether judges say different things."""
    rows = JudgeVerdict.objects.filter(
        task__in=task_ids, state=JudgeVerdict.State.DONE, judge__retired_at=None
    )
    columns = rows.values_list(
        "task_id", "first_id", "second_id", "judge_id", "outcome", "abstention", "confidence"
    )
    unsure: dict[int, float] = defaultdict(float)
    said: dict[tuple[int, int, int], dict[int, str]] = defaultdict(dict)
    for task, first, second, judge, outcome, abstention, confidence in columns.order_by("pk"):
        if abstention == JudgeVerdict.Abstention.INCONSISTENT:
            unsure[task] = 1.0
        elif outcome != JudgeVerdict.Outcome.ABSTAINED:
            doubt = (1 - (confidence if confidence is not None else 1.0)) / (1 - SURE_BY_CHANCE)
            unsure[task] = max(unsure[task], min(1.0, doubt))
            said[task, first, second][judge] = outcome
    divided: dict[int, float] = defaultdict(float)
    for (task, _, _), outcomes in said.items():
        divided[task] = max(divided[task], _apart(set(outcomes.values())))
    return {task: (unsure[task], divided[task]) for task in {*unsure, *divided}}


def _apart(outcomes: set[str]) -> float:
    if {"first", "second"} <= outcomes:
        return 1.0
    return 0.5 if len(outcomes) > 1 else 0.0


def _widths(project: Project, task_ids: Sequence[int]) -> Mapping[int, float]:
    """By task: how uncertain the difference of its two most different models' ratings is."""
    known = ratings.fit(
        (pair.model_a, pair.model_b, pair.verdict) for pair in judged_pairs(project)
    )
    names: dict[int, set[str]] = defaultdict(set)
    drawn = Candidate.objects.filter(task__in=task_ids, response__generation__isnull=False)
    for task, name in drawn.values_list("task_id", "response__generation__model__name"):
        names[task].add(name)
    return {
        task: max(
            (known.deviation(a, b) for a in of_one for b in of_one if a < b),
            default=0.0,
        )
        for task, of_one in names.items()
    }


def _is_owner(rules: ProposalRules) -> bool:
    rows = Membership.objects.filter(project=rules.project, user=rules.set_by_id)
    return rows.filter(role=Role.OWNER).exists()


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _whole(value: Any, field_name: str, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not low <= value <= high:
        raise InvalidInput.field(field_name, f"must be a whole number from {low:,} to {high:,}")
    return int(value)

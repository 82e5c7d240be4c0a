"""What a changed guideline touches of the work already done, and sending that back for review."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from instructions.diff import ClauseChange
from instructions.models import GuidelineVersion
from instructions.publish import versions_of
from instructions.versions import compare
from labeling.models import Assignment, Comparison, Demonstration, Ranking, Task
from labeling.reviewing.asking import GOLD, ask_review
from projects.access import OWNERS, membership
from projects.errors import InvalidInput, NotFound
from projects.models import Project, TaskKind, User

ALL, SAMPLE, DISPUTED = "all", "sample", "disputed"
AMOUNTS = (ALL, SAMPLE, DISPUTED)
CITING, EARLIER = "citing", "earlier"
AMONG = (CITING, EARLIER)
MOST_SAMPLED = 100_000
COUNTED = 10_000
MODELS: tuple[Any, ...] = (Demonstration, Comparison, Ranking)


@dataclass(frozen=True)
class ClauseImpact:
    """One changed clause; `anchor` is where it stood before, empty where it is new."""

    change: ClauseChange
    anchor: str
    n_citing: int
    n_disputed: int

    @property
    def key(self) -> str:
        """What it goes by in the form: where it stands now, or last stood."""
        return self.change.clause.anchor


@dataclass(frozen=True)
class Impact:
    """What lies between two versions, and the judgements made before the later one."""

    before: GuidelineVersion
    after: GuidelineVersion
    clauses: list[ClauseImpact]
    n_earlier: int
    n_earlier_disputed: int


def impact_of(project: Project, *, before: int, after: int) -> Impact:
    """Each clause that says something else in version `after` than in `before`, and how many
    finished judgements made before `after` cite it.

    Judgements count as they stand, without gold tasks and reviews.
    """
    older, newer = _version(project, before), _version(project, after)
    if older.number >= newer.number:
        raise InvalidInput.field("from", "must be a version before the other one")
    changes = [c for c in compare(older, newer).changes if c.kind != "renumbered"]
    citing: Counter[str] = Counter()
    disputed: Counter[str] = Counter()
    n_earlier = n_disputed = 0
    for rows in _earlier(project, newer):
        n_earlier += rows.count()
        n_disputed += rows.filter(assignment__task__is_disputed=True).count()
        cited = rows.exclude(cites=[]).values_list("cites", "assignment__task__is_disputed")
        for anchors, is_disputed in cited.iterator(2_000):
            citing.update(set(anchors))
            disputed.update(set(anchors) if is_disputed else ())
    clauses = []
    for change in changes:
        anchor = change.before.anchor if change.before else ""
        clauses.append(ClauseImpact(change, anchor, citing[anchor], disputed[anchor]))
    return Impact(older, newer, clauses, n_earlier, n_disputed)


def n_before(version: GuidelineVersion) -> int:
    """How many finished judgements were made under earlier versions, up to COUNTED and one."""
    project, most = version.guideline.project, COUNTED + 1
    return min(most, sum(rows[:most].count() for rows in _earlier(project, version)))


def send_back(
    *,
    by: User,
    project: Project,
    before: int,
    after: int,
    keys: Sequence[str],
    among: str = CITING,
    amount: str = ALL,
    number: int = 0,
) -> int:
    """Ask for reviews of judgements made before version `after`; returns how many were added.

    `among` is `citing` (those that cite one of the clauses) or `earlier` (every one); `amount` is
    `all`, `sample` (`number` of them, by chance) or `disputed`.
    """
    membership(by, project.slug, roles=OWNERS)
    if among not in AMONG:
        raise InvalidInput.field("among", f"must be one of {', '.join(AMONG)}")
    if amount not in AMOUNTS:
        raise InvalidInput.field("amount", f"must be one of {', '.join(AMOUNTS)}")
    if amount == SAMPLE and not 1 <= number <= MOST_SAMPLED:
        raise InvalidInput.field("number", f"must be a whole number from 1 to {MOST_SAMPLED:,}")
    found = impact_of(project, before=before, after=after)
    known = {clause.key: clause for clause in found.clauses if clause.key}
    chosen = [known[key] for key in dict.fromkeys(keys) if key in known]
    if not chosen or len(chosen) < len(set(keys)):
        raise InvalidInput.field("clauses", "must be one or more of the changed clauses")
    cited = [clause.anchor for clause in chosen if clause.anchor]
    pks: list[int] = []
    for rows in _earlier(project, found.after):
        wanted = rows.filter(cites__overlap=cited) if among == CITING else rows
        if amount == DISPUTED:
            wanted = wanted.filter(assignment__task__is_disputed=True)
        pks += _subjects(wanted)
    if amount == SAMPLE:
        pks = secrets.SystemRandom().sample(pks, min(number, len(pks)))
    return ask_review(
        by=by,
        project=project,
        assignments=Assignment.objects.filter(pk__in=pks),
        cause=Task.Cause.CLAUSE_CHANGED,
        clauses=[clause.key for clause in chosen],
    )


def _subjects(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("assignment_id", flat=True))


def _earlier(project: Project, version: GuidelineVersion) -> list[QuerySet[Any]]:
    """Judgements as they stand, made under versions before this one."""
    return [
        model.objects.current()
        .filter(
            prompt__project=project,
            guideline_version__guideline=version.guideline_id,
            guideline_version__number__lt=version.number,
        )
        .exclude(assignment__task__kind=TaskKind.REVIEW)
        .exclude(assignment__task__variant__startswith=GOLD)
        for model in MODELS
    ]


def _version(project: Project, number: int) -> GuidelineVersion:
    found = versions_of(project).filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no version {number} of this guideline.")
    return found

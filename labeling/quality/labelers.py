"""Members as labelers: what they may be given, how much a day, and whether they are paused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from labeling.assigning.lanes import (
    LANGUAGE_LIMIT,
    MOST_SKILLS,
    SKILL_LIMIT,
    clean_language,
    clean_skills,
)
from labeling.judging.rules import rules_of
from labeling.models import Assignment, Labeler, Lane, Task
from labeling.quality.scorecards import Summary, summary_of
from projects import audit
from projects.access import OWNERS, STAFF, membership
from projects.checks import check_all, number_from
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Membership, Project, User
from projects.text import clean_text

MOST_LANGUAGES = 20
HIGHEST_CAP = 100_000
REASON_LIMIT = 300
SUBMITTED = (Assignment.State.SUBMITTED, Assignment.State.REOPENED)


@dataclass(frozen=True)
class LabelerRow:
    """A member as the owner sees them; `cap` is the one that holds, their own or the project's."""

    member: Membership
    languages: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    own_cap: int | None = None
    cap: int = 0
    paused_at: datetime | None = None
    pause_reason: str = ""
    n_today: int = 0


def labelers_of(project: Project) -> list[LabelerRow]:
    """Every member, by name, with what they submitted today."""
    cap = rules_of(project).daily_cap
    known = {row.user_id: row for row in Labeler.objects.filter(project=project)}
    today = _submitted_today(project)
    members = project.memberships.select_related("user").order_by("user__username", "pk")
    return [_row(member, known.get(member.user_id), cap, today) for member in members]


SORTS = ("name", "submitted", "gold", "agreement", "returned", "flagged", "time")
"""What owners may have the members sorted by."""


def with_scores(project: Project, *, sort: str = "name") -> list[tuple[LabelerRow, Summary]]:
    """Every member with the figures of their work: for owners.

    What may want a look comes first: low scores and agreement, many returns and flags. Those of
    whom nothing is known come last.
    """
    known = {summary.user.pk: summary for summary in summary_of(project)}
    rows = [
        (row, known.get(row.member.user_id) or Summary(row.member.user))
        for row in labelers_of(project)
    ]
    return sorted(rows, key=lambda pair: _place(pair[1], sort))


def _place(summary: Summary, sort: str) -> tuple[bool, float]:
    value: float | None = {
        "name": 0.0,
        "submitted": -float(summary.number),
        "gold": summary.gold.value if summary.gold else None,
        "agreement": summary.agreement.value if summary.agreement else None,
        "returned": -summary.returned.value if summary.returned else None,
        "flagged": -float(summary.n_flagged),
        "time": None if summary.median_seconds is None else -summary.median_seconds,
    }[sort]
    return value is None, value or 0.0


def labeler_of(*, by: User, project: Project, user_id: int) -> LabelerRow:
    """One member; somebody who is none is not found."""
    membership(by, project.slug, roles=STAFF)
    return _row(
        _member(project, user_id),
        Labeler.objects.filter(project=project, user=user_id).first(),
        rules_of(project).daily_cap,
        _submitted_today(project),
    )


def missing_abilities(project: Project) -> tuple[list[str], list[str]]:
    """Languages and skills that tasks wait for and no member has."""
    languages, skills = set[str](), set[str]()
    lanes = Lane.objects.filter(project=project, tasks__is_open=True).distinct()
    for language, wanted in lanes.values_list("language", "skills"):
        languages |= {language} - {""}
        skills |= set(wanted)
    members = project.memberships.values("user")
    for row in Labeler.objects.filter(project=project, user__in=members):
        languages -= set(row.languages)
        skills -= set(row.skills)
    return sorted(languages), sorted(skills)


def change_labeler(
    *, by: User, project: Project, user_id: int, languages: Any, skills: Any, daily_cap: Any
) -> Labeler:
    """Set what a member may be given. Languages and skills: a list, or a text with commas; an
    empty cap is the project's.
    """
    membership(by, project.slug, roles=OWNERS)
    clean = check_all(
        {
            "languages": lambda: _languages(languages),
            "skills": lambda: clean_skills(_parts(skills, "skills", SKILL_LIMIT * MOST_SKILLS)),
            "daily_cap": lambda: _cap(daily_cap),
        }
    )
    with transaction.atomic():
        held = _held(project, user_id)
        before = {name: getattr(held, name) for name in clean}
        if before == clean:
            return held
        for name, value in clean.items():
            setattr(held, name, value)
        held.save(update_fields=list(clean))
        audit.record(
            verb="labeler.changed",
            by=by,
            project=project,
            subject=held.user,
            before=before,
            after=clean,
        )
    return held


def pause_labeler(*, by: User, project: Project, user_id: int, reason: str) -> Labeler:
    """Give this member no more tasks until a person lifts the pause. They are told the reason."""
    membership(by, project.slug, roles=OWNERS)
    reason = clean_text(reason, field="reason", limit=REASON_LIMIT).strip()
    with transaction.atomic():
        held = _held(project, user_id)
        if held.paused_at is not None:
            raise Conflict("This labeler is paused already.")
        held.paused_at, held.pause_reason = timezone.now(), reason
        held.save(update_fields=["paused_at", "pause_reason"])
        audit.record(
            verb="labeler.paused", by=by, project=project, subject=held.user, reason=reason
        )
    return held


def _row(
    member: Membership, labeler: Labeler | None, cap: int, today: dict[int, int]
) -> LabelerRow:
    n_today = today.get(member.user_id, 0)
    if labeler is None:
        return LabelerRow(member=member, cap=cap, n_today=n_today)
    return LabelerRow(
        member=member,
        languages=labeler.languages,
        skills=labeler.skills,
        own_cap=labeler.daily_cap,
        cap=cap if labeler.daily_cap is None else labeler.daily_cap,
        paused_at=labeler.paused_at,
        pause_reason=labeler.pause_reason,
        n_today=n_today,
    )


def _submitted_today(project: Project) -> dict[int, int]:
    """As the cap counts: without reviews, from midnight here."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    done = Assignment.objects.filter(
        labeler__in=project.memberships.values("user"),
        state__in=SUBMITTED,
        ended_at__gte=midnight,
        task__project=project,
    ).exclude(task__kind=Task.Kind.REVIEW)
    return dict(done.values_list("labeler").annotate(Count("pk")).order_by())


def _member(project: Project, user_id: int) -> Membership:
    found = project.memberships.select_related("user").filter(user=user_id).first()
    if found is None:
        raise NotFound("There is no such member.")
    return found


def _held(project: Project, user_id: int) -> Labeler:
    """The member's row as a labeler, made where it was not, and locked."""
    user = _member(project, user_id).user
    Labeler.objects.get_or_create(project=project, user=user)
    return (
        Labeler.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(project=project, user=user)
    )


def _languages(value: Any) -> list[str]:
    parts = _parts(value, "languages", LANGUAGE_LIMIT * MOST_LANGUAGES)
    if len(parts) > MOST_LANGUAGES:
        raise InvalidInput.field("languages", f"must be at most {MOST_LANGUAGES}")
    return sorted({clean_language(part, field="languages") for part in parts} - {""})


def _parts(value: Any, name: str, limit: int) -> list[Any]:
    if isinstance(value, str):
        text = clean_text(value, field=name, limit=2 * limit, required=False)
        return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    if not isinstance(value, Iterable) or isinstance(value, dict):
        raise InvalidInput.field(name, "must be a list")
    return list(value)


def _cap(value: Any) -> int | None:
    if value is None or value == "":
        return None
    return number_from(value, 0, HIGHEST_CAP, field="daily_cap")

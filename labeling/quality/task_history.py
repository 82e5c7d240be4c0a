"""Why a task is as it is: its state in words, and what was done to it, for its project's staff."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from labeling.assigning.candidates import why_failed
from labeling.models import Assignment, Flag, Labeler, Lane, Review, Task
from labeling.reviewing.asking import WAITING
from labeling.reviewing.subjects import Judgement
from projects.models import AuditEvent, User

MOST_TOLD = 300
DEEDS = {
    "task.retired": "retired it",
    "task.put_back": "put it back",
    "candidates.drawn_again": "had its candidates drawn again",
    "adjudication.asked": "asked for it to be settled",
    "gold.written": "wrote it as a gold task",
    "gold.made": "made it as a gold task",
    "gold.retired": "retired it as a gold task",
    "gold.disputed": "disputed the expected judgement",
}
# Told by rows of their own.
TOLD_ELSEWHERE = ("task.flagged",)
PRIORITY_NAMES: dict[object, str] = {each.value: each.label.lower() for each in Lane.Priority}
ENDED = {
    Assignment.State.SKIPPED: "skipped it",
    Assignment.State.LAPSED: "let the lease lapse",
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a task. `who` is empty where nobody did it."""

    at: datetime
    who: str
    what: str
    why: str = ""


def why(task: Task) -> list[str]:
    """The state of a task in sentences, as its owner would ask for them."""
    match Task.State(task.state):
        case Task.State.DRAWING:
            return _drawing(task)
        case Task.State.READY:
            return _ready(task)
        case Task.State.FAILED:
            candidates = list(task.candidates.select_related("generation", "response"))
            return [f"No labeler is given it: {why_failed(candidates)}"]
        case Task.State.SET_ASIDE:
            return [_set_aside(task)]
        case Task.State.RETIRED:
            return ["No labeler is given it any more. What was judged before stands."]
        case Task.State.COMPLETE:
            return _complete(task)


def history(task: Task, rows: Iterable[Judgement], names: Mapping[int, str]) -> list[Event]:
    """What happened to a task, the latest first."""
    events = [Event(task.created_at, "", "The task was made")]
    events += _of_assignments(task, names)
    events += _of_judgements(rows, names)
    events += _of_reviews(task, names)
    events += _of_flags(task, names)
    events += _of_deeds(task, names)
    return sorted(events, key=lambda event: event.at, reverse=True)[:MOST_TOLD]


def names_of(task: Task, *, shows_names: bool) -> dict[int, str]:
    """What everybody in this task is called on its page: by name, or as its n-th labeler."""
    given = Assignment.objects.filter(task=task).order_by("pk").select_related("labeler")
    reviewing = Assignment.objects.filter(task__reviewed__task=task) | Assignment.objects.filter(
        task__about=task
    )
    names: dict[int, str] = {}
    for assignment in given:
        number = len(names) + 1
        name = assignment.labeler.username if shows_names else f"Labeler {number}"
        names.setdefault(assignment.labeler_id, name)
    n_labelers = len(names)
    for assignment in reviewing.order_by("pk").select_related("labeler"):
        number = len(names) - n_labelers + 1
        name = assignment.labeler.username if shows_names else f"Reviewer {number}"
        names.setdefault(assignment.labeler_id, name)
    return names


def _drawing(task: Task) -> list[str]:
    n_drawn = task.candidates.filter(generation__state="done").count()
    n_all = task.candidates.count()
    if not n_all:
        return ["It waits until enough language models are up to draw its candidates."]
    return [f"Its candidates are being drawn: {n_drawn} of {n_all} are there."]


def _ready(task: Task) -> list[str]:
    n_busy = task.n_assigned - task.n_submitted
    sentences = [f"{task.n_submitted} of {task.overlap} judgements are in."]
    if task.is_open:
        n_free = task.overlap - task.n_assigned
        sentences.append(f"It can be given to {n_free} more labeler{'' if n_free == 1 else 's'}.")
        sentences += _who_may(task)
    else:
        has = "labeler has" if n_busy == 1 else "labelers have"
        sentences.append(f"It is given to nobody else just now: {n_busy} {has} it.")
    if task.n_skipped:
        sentences.append(f"Skipped {_times(task.n_skipped)}.")
    return sentences


def _who_may(task: Task) -> list[str]:
    """Who may be given it, where not everybody may."""
    language, skills = task.lane.language, task.lane.skills
    if not language and not skills:
        return []
    able = Labeler.objects.filter(
        project=task.project_id,
        paused_at=None,
        skills__contains=skills,
        user__in=User.objects.filter(memberships__project=task.project_id, is_active=True),
    )
    if language:
        able = able.filter(languages__contains=[language])
    needed = [f"the language {language}"] if language else []
    needed += [f"the skill {skill}" for skill in skills]
    number = able.count()
    who = f"{number} members who may work have" if number != 1 else "One member who may work has"
    what = "them" if len(needed) > 1 else "it"
    return [
        f"It needs {' and '.join(needed)}. {who if number else 'Nobody who may work has'} {what}."
    ]


def _set_aside(task: Task) -> str:
    n_flags = Flag.objects.filter(task=task, resolved_at=None).count()
    causes = [f"flagged {_times(n_flags)}"] if n_flags else []
    causes += [f"skipped {_times(task.n_skipped)}"] if task.n_skipped else []
    return f"No labeler is given it until it is settled: {' and '.join(causes) or 'set aside'}."


def _complete(task: Task) -> list[str]:
    judgements = "judgement is" if task.overlap == 1 else "judgements are"
    sentences = [f"All {task.n_submitted} {judgements} in."]
    if not task.is_disputed:
        return sentences
    sentences.append("Labelers disagree on it.")
    if Review.objects.filter(about=task).exists():
        sentences.append("A reviewer settled it.")
    elif Task.objects.filter(about=task, state__in=WAITING).exists():
        sentences.append("It waits for a reviewer to settle it.")
    return sentences


def _of_assignments(task: Task, names: Mapping[int, str]) -> list[Event]:
    events = []
    for each in Assignment.objects.filter(task=task):
        who = names[each.labeler_id]
        events.append(Event(each.created_at, who, "was given it"))
        if each.state in ENDED:
            at = each.ended_at or min(each.leased_until, timezone.now())
            events.append(Event(at, who, ENDED[Assignment.State(each.state)], each.skip_reason))
    return events


def _of_judgements(rows: Iterable[Judgement], names: Mapping[int, str]) -> list[Event]:
    return [
        Event(
            row.created_at,
            names[row.labeler_id],
            "corrected it" if row.supersedes_id else "submitted",
        )
        for row in rows
    ]


def _of_reviews(task: Task, names: Mapping[int, str]) -> list[Event]:
    about = Task.objects.filter(reviewed__task=task) | Task.objects.filter(about=task)
    events = [
        Event(
            review.created_at,
            "",
            f"A reviewer was asked to {'settle it' if review.about_id else 'look at a judgement'}",
            review.get_cause_display(),
        )
        for review in about
    ]
    verdicts = Review.objects.filter(reviewed__task=task) | Review.objects.filter(about=task)
    for verdict in verdicts.select_related("reviewed"):
        whose = names.get(verdict.reviewed.labeler_id, "") if verdict.reviewed else ""
        what = f"{verdict.get_verdict_display().lower()}{f' the work of {whose}' if whose else ''}"
        who = names.get(verdict.labeler_id, "A reviewer")
        events.append(Event(verdict.created_at, who, what, verdict.reason))
    return events


def _of_flags(task: Task, names: Mapping[int, str]) -> list[Event]:
    events = []
    for flag in Flag.objects.filter(task=task).select_related("by", "resolved_by"):
        who = names.get(flag.by_id, flag.by.username)
        said = f"flagged it: {flag.get_reason_display().lower()}"
        events.append(Event(flag.created_at, who, said, flag.note))
    return events


def _of_deeds(task: Task, names: Mapping[int, str]) -> list[Event]:
    trail = AuditEvent.objects.filter(subject=f"task:{task.pk}", subject__startswith="task:")
    found = trail.exclude(verb__in=TOLD_ELSEWHERE).select_related("actor").order_by("-pk")
    return [
        Event(event.created_at, _actor(event, names), _deed(event)) for event in found[:MOST_TOLD]
    ]


def _actor(event: AuditEvent, names: Mapping[int, str]) -> str:
    if event.actor is None:
        return ""
    return names.get(event.actor.pk, event.actor.username)


def _deed(event: AuditEvent) -> str:
    detail = event.detail
    if event.verb == "task.overlap_changed":
        return f"set the overlap to {detail['overlap']}"
    if event.verb == "task.settled":
        outcome = detail.get("outcome", "")
        known = outcome in Flag.Outcome.values
        return f"settled it: {Flag.Outcome(outcome).label.lower() if known else outcome}"
    if event.verb == "task.moved":
        return f"set {', '.join(_moved(detail))}"
    return DEEDS.get(event.verb, event.verb.replace(".", " ").replace("_", " "))


def _moved(detail: Mapping[str, object]) -> list[str]:
    parts = []
    if "priority" in detail:
        parts.append(f"the priority to {PRIORITY_NAMES.get(detail['priority'], '?')}")
    if "language" in detail:
        parts.append(f"the language to {detail['language'] or 'anybody’s'}")
    if "skills" in detail and isinstance(detail["skills"], list):
        parts.append(f"the skills to {' and '.join(detail['skills']) or 'none'}")
    return parts


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"

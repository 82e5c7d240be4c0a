"""What is known of how an answer came to be: time at work, and what was typed and pasted.

The browser counts and sends; the server bounds it and decides what a paste is like. All of it is
evidence for people to weigh. Nothing is refused, hidden or marked down because of it.

Evidence as it is sent, the numbers being characters since the task was opened:

    {"typed": 410, "pasted": 96, "bulk": 0,
     "pastes": [{"field": "text", "at_seconds": 31.5, "chars": 96, "text": "…"}]}

`bulk` is what came in at once without the clipboard: dropped in, filled in, dictated. `pastes`
may be all of them or only those since the last time; the same one twice is kept once. `text` may
be cut at 20,000 characters. Kept of it: {"field", "at_seconds", "chars", "head", "matches"}.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling.assigning.queue import hold, renew, take_back
from labeling.judging.likeness import SHORTEST, is_taken_from
from labeling.judging.standing import require_unfinished
from labeling.models import Assignment, Candidate, Comparison, Demonstration, Response
from projects.checks import an_object, is_whole
from projects.errors import InvalidInput
from projects.models import Project, User
from projects.text import clean_text

LONGEST_PASTE = 20_000
HEAD = 200
MOST_PASTES = 50
MOST_SOURCES = 20
MOST_COMPARED = 5
"""Pastes of one message that are looked up in other texts: the longest."""
MOST_CHARACTERS = 10**9
MOST_SECONDS = 10**9
COUNTS = ("typed", "pasted", "bulk")
LONGEST_FIELD = 40

Evidence = dict[str, Any]


def pulse(*, by: User, assignment: Assignment, active_seconds: Any, evidence: Any) -> Assignment:
    """A sign of life: keeps time and evidence and renews the lease. Evidence may be left out."""
    seconds = _seconds(active_seconds, "active_seconds")
    with transaction.atomic():
        held = hold(by=by, assignment=assignment)
        require_unfinished(held)
        note(held, active_seconds=seconds, evidence=evidence)
        held.save(update_fields=["active_seconds", "evidence"])
        stay(held)
    return held


def stay(held: Assignment) -> None:
    """Renew the lease of somebody at work; a lapsed one where its task still has room."""
    if held.state == Assignment.State.OPEN:
        renew(held)
    elif held.state == Assignment.State.LAPSED:
        take_back(held)
    else:
        held.leased_until = max(held.leased_until, correction_ends(held.task.project))
        held.save(update_fields=["leased_until"])


def correction_ends(project: Project) -> datetime:
    """When a correction that nobody works on ends, from now; what it corrects stands again."""
    return timezone.now() + timedelta(minutes=project.lease_minutes)


def note(held: Assignment, *, active_seconds: Any = None, evidence: Any = None) -> None:
    """Put what was sent into the assignment's fields; the caller saves them.

    Both only grow: what an older tab or a lost answer sends again takes nothing away. Active time
    is never more than the time since the task was opened.
    """
    if active_seconds is not None:
        seconds = min(_seconds(active_seconds, "active_seconds"), seconds_since_opened(held))
        held.active_seconds = max(held.active_seconds, seconds)
    given = an_object(evidence, field="evidence")
    if given:
        held.evidence = _merged(held, given)


def seconds_since_opened(assignment: Assignment) -> float:
    opened_at = assignment.opened_at or assignment.created_at
    return max(0.0, (timezone.now() - opened_at).total_seconds())


def explain(evidence: Evidence, *, has_drafts: bool = False) -> list[str]:
    """The evidence in plain sentences, the same for its author and for reviewers.

    What is taken from a draft that was given for the task is neither typed nor pasted.
    """
    typed, pasted, bulk = (evidence.get(name, 0) for name in COUNTS)
    pastes = evidence.get("pastes", [])
    if not typed + pasted + bulk:
        return []
    if not pasted + bulk:
        if has_drafts:
            return ["All of it was typed or taken from drafts; nothing was pasted."]
        return ["All of it was typed."]
    sentences = [f"{_number(typed)} typed, {_number(pasted)} pasted."]
    if bulk:
        sentences.append(f"{_number(bulk)} came in at once in another way, as by dropping a text.")
    sentences += [
        f"A text of {_number(paste['chars'])} pasted after {_minutes(paste['at_seconds'])} "
        f"{MATCHES[paste['matches']]}."
        for paste in pastes
        if paste["matches"]
    ]
    return sentences


MATCHES = {
    "candidate": "is like one of the answers shown",
    "generation": "is like what a model wrote to this prompt",
    "own": "is like something the labeler wrote before",
}


def _number(characters: int) -> str:
    return f"{characters:,} character{'' if characters == 1 else 's'}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _merged(held: Assignment, given: Mapping[str, Any]) -> Evidence:
    kept = held.evidence
    merged: Evidence = {
        name: max(kept.get(name, 0), _count(given.get(name, 0), f"evidence.{name}"))
        for name in COUNTS
    }
    pastes = list(kept.get("pastes", []))
    sent = {_identity(paste): paste for paste in _pastes(given.get("pastes", []))}
    known = {_identity(paste) for paste in pastes}
    new = [paste for key, paste in sent.items() if key not in known][: MOST_PASTES - len(pastes)]
    sources = _Sources(held, compared=[paste["text"] for paste in new])
    for paste in new:
        text = paste.pop("text")
        pastes.append({**paste, "head": text[:HEAD], "matches": sources.match(text)})
    return merged | {"pastes": pastes}


def _identity(paste: Mapping[str, Any]) -> tuple[Any, ...]:
    return paste["field"], paste["at_seconds"], paste["chars"]


def _pastes(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise InvalidInput.field("evidence.pastes", "must be a list")
    return [_paste(an_object(paste, field="evidence.pastes")) for paste in value[:MOST_PASTES]]


def _paste(paste: Mapping[str, Any]) -> dict[str, Any]:
    where = "evidence.pastes"
    text = clean_text(
        paste.get("text", ""), field=f"{where}.text", limit=LONGEST_PASTE, required=False
    )
    return {
        "field": clean_text(paste.get("field", ""), field=f"{where}.field", limit=LONGEST_FIELD),
        "at_seconds": round(_seconds(paste.get("at_seconds", 0), f"{where}.at_seconds"), 1),
        "chars": _count(paste.get("chars", len(text)), f"{where}.chars"),
        "text": text,
    }


def _count(value: Any, field: str) -> int:
    if not is_whole(value, 0, MOST_CHARACTERS):
        raise InvalidInput.field(field, f"must be a whole number from 0 to {MOST_CHARACTERS:,}")
    return int(value)


def _seconds(value: Any, field: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST_SECONDS:
        raise InvalidInput.field(field, "must be a number of seconds, not negative")
    return float(value)


class _Sources:
    """Where a paste may have been taken from, read only when a paste is long enough to tell."""

    def __init__(self, held: Assignment, *, compared: Sequence[str]) -> None:
        self.held = held
        self._compared = set(sorted(compared, key=len)[-MOST_COMPARED:])
        self._texts: dict[str, list[str]] = {}

    def match(self, text: str) -> str:
        """The first of "candidate", "generation" and "own" that it is like, or nothing."""
        if len(text) < SHORTEST or text not in self._compared:
            return ""
        read: dict[str, Callable[[Assignment], list[str]]] = {
            "candidate": _shown,
            "generation": _drawn,
            "own": _own,
        }
        for name, texts in read.items():
            if name not in self._texts:
                self._texts[name] = texts(self.held)
            if is_taken_from(text, self._texts[name]):
                return name
        return ""


def _shown(held: Assignment) -> list[str]:
    return list(Response.objects.filter(pk__in=held.presented).values_list("text", flat=True))


def _drawn(held: Assignment) -> list[str]:
    """What models wrote to this prompt, whether or not it became a response."""
    prompt = held.task.prompt
    origins = (Response.Origin.MODEL, Response.Origin.MIXED, Response.Origin.IMPORTED)
    responses = prompt.responses.filter(origin__in=origins).order_by("-pk")
    waiting = Candidate.objects.filter(
        task__prompt=prompt, response=None, generation__isnull=False
    ).order_by("-pk")
    return [
        *responses.values_list("text", flat=True)[:MOST_SOURCES],
        *waiting.values_list("generation__output", flat=True)[:MOST_SOURCES],
    ]


def _own(held: Assignment) -> list[str]:
    """What this labeler submitted in the project before.

    Not the draft: it may hold the paste already by the time that it is told of.
    """
    mine = {"labeler": held.labeler, "prompt__project": held.task.project}
    answers = Demonstration.objects.filter(**mine).order_by("-pk")
    reasons = Comparison.objects.filter(**mine).exclude(justification="").order_by("-pk")
    return [
        *answers.values_list("response__text", flat=True)[:MOST_SOURCES],
        *reasons.values_list("justification", flat=True)[:MOST_SOURCES],
    ]

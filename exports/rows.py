"""Neutral records read from the database, in order, with a server-side cursor."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Prefetch

from arena.models import Battle, Turn, Verdict, Vote
from exports.models import Export
from exports.records import Candidate, Demonstration, Message, Preference
from labeling import models as labeling
from projects.models import Project
from workers.models import LanguageModel

CHUNK = 1000
SUBMISSION = (
    "pk",
    "prompt__messages",
    "prompt__external_id",
    "prompt__tags",
    "labeler__pseudonym",
    "guideline_version__number",
    "seconds",
    "created_at",
)
UNREAD = tuple(
    f"generation_{side}__{name}" for side in "ab" for name in ("messages", "output", "usage")
)
STRENGTHS = {Verdict.A: -1, Verdict.B: 1, Verdict.TIE: 0, Verdict.BOTH_BAD: None}


def answer_columns(response: str) -> tuple[str, str, str, str]:
    drawn = f"{response}__generation"
    return (
        f"{response}__text",
        f"{response}__origin",
        f"{drawn}__model__name",
        f"{drawn}__parameters",
    )


def demonstrations(project: Project) -> Iterator[Demonstration]:
    columns = (*SUBMISSION, *answer_columns("response"))
    rows = labeling.Demonstration.objects.filter(prompt__project=project).order_by("pk")
    # Tuples: making an object of each of the six joined rows would cost five times as much.
    for row in rows.values_list(*columns).iterator(CHUNK):
        pk, *about = row[: len(SUBMISSION)]
        yield Demonstration(
            id=f"demonstration-{pk}", answer=_candidate(*row[-4:]), **_submission(*about)
        )


def comparisons(project: Project) -> Iterator[Preference]:
    sides = (*answer_columns("response_a"), *answer_columns("response_b"))
    columns = (*SUBMISSION, "both_bad", "preference", "justification", *sides)
    rows = labeling.Comparison.objects.filter(prompt__project=project).order_by("pk")
    for row in rows.values_list(*columns).iterator(CHUNK):
        pk, *about = row[: len(SUBMISSION)]
        both_bad, preference, justification = row[len(SUBMISSION) : -8]
        yield Preference(
            id=f"comparison-{pk}",
            source="comparison",
            first=_candidate(*row[-8:-4]),
            second=_candidate(*row[-4:]),
            strength=None if both_bad else preference,
            justification=justification,
            **_submission(*about),
        )


def votes(project: Project) -> Iterator[Preference]:
    complete = (
        Turn.objects.filter(state=Turn.State.COMPLETE)
        .select_related("generation_a", "generation_b")
        .defer(*UNREAD)
        .order_by("number")
    )
    rows = (
        Vote.objects.filter(project=project)
        .select_related("battle__model_a", "battle__model_b")
        .prefetch_related(Prefetch("battle__turns", complete, to_attr="complete_turns"))
        .order_by("pk")
    )
    for vote in rows.iterator(CHUNK):
        yield _vote(vote, vote.battle, vote.battle.complete_turns)  # type: ignore[attr-defined]


def preferences(project: Project, source: str) -> Iterator[Preference]:
    readers: dict[str, list[Callable[[Project], Iterator[Preference]]]] = {
        Export.Source.COMPARISONS: [comparisons],
        Export.Source.VOTES: [votes],
        Export.Source.ALL: [comparisons, votes],
    }
    return chain.from_iterable(read(project) for read in readers[source])


def _vote(vote: Vote, battle: Battle, turns: list[Turn]) -> Preference:
    first = turns[0] if turns else None
    message = first.message if first else ""
    return Preference(
        id=f"vote-{vote.pk}",
        source="vote",
        prompt=[{"role": "user", "content": message}] if message else [],
        first=_reply(battle.model_a, first.reply_a if first else "", first and first.generation_a),
        second=_reply(battle.model_b, first.reply_b if first else "", first and first.generation_b),
        strength=STRENGTHS[Verdict(vote.verdict)],
        annotator=f"v-{vote.voter[:16]}" if vote.voter else "",
        created_at=_time(vote.created_at),
        n_turns=max(len(turns), 1),
    )


def _reply(model: LanguageModel, text: str, generation: object) -> Candidate:
    parameters = getattr(generation, "parameters", {})
    return Candidate(text=text, origin="model", model=model.name, parameters=parameters)


def _submission(
    messages: list[dict[str, str]],
    external_id: str,
    tags: list[str],
    pseudonym: str,
    version: int,
    seconds: float,
    created_at: datetime,
) -> dict[str, Any]:
    return {
        "prompt": _messages(messages),
        "external_id": external_id,
        "tags": tuple(tags),
        "annotator": pseudonym,
        "guideline_version": version,
        "seconds": round(seconds, 3),
        "created_at": _time(created_at),
    }


def _candidate(
    text: str, origin: str, model: str | None, parameters: dict[str, Any] | None
) -> Candidate:
    return Candidate(text=text, origin=origin, model=model or "", parameters=parameters or {})


def _messages(stored: list[dict[str, str]]) -> list[Message]:
    """jsonb does not keep the order of keys; trainers' files should not depend on it."""
    return [{"role": m["role"], "content": m["content"]} for m in stored]  # type: ignore[typeddict-item]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")

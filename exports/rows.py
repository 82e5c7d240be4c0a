"""Neutral records read from the database, in order, with a server-side cursor."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

from arena.models import Battle, Turn, Verdict, Vote
from exports.models import Export
from exports.records import Candidate, Demonstration, Message, Preference
from labeling import models as labeling
from projects.models import Project
from workers.models import LanguageModel

CHUNK = 1000
STRENGTHS = {Verdict.A: -1, Verdict.B: 1, Verdict.TIE: 0, Verdict.BOTH_BAD: None}


def demonstrations(project: Project) -> Iterator[Demonstration]:
    rows = (
        labeling.Demonstration.objects.filter(prompt__project=project)
        .select_related("prompt", "response__generation__model", "labeler", "guideline_version")
        .order_by("pk")
    )
    for row in rows.iterator(CHUNK):
        yield Demonstration(
            id=f"demonstration-{row.pk}",
            prompt=_messages(row.prompt.messages),
            answer=_candidate(row.response),
            annotator=row.labeler.pseudonym,
            guideline_version=row.guideline_version.number,
            seconds=round(row.seconds, 3),
            created_at=_time(row.created_at),
            external_id=row.prompt.external_id,
            tags=tuple(row.prompt.tags),
        )


def comparisons(project: Project) -> Iterator[Preference]:
    rows = (
        labeling.Comparison.objects.filter(prompt__project=project)
        .select_related(
            "prompt",
            "response_a__generation__model",
            "response_b__generation__model",
            "labeler",
            "guideline_version",
        )
        .order_by("pk")
    )
    for row in rows.iterator(CHUNK):
        yield Preference(
            id=f"comparison-{row.pk}",
            source="comparison",
            prompt=_messages(row.prompt.messages),
            first=_candidate(row.response_a),
            second=_candidate(row.response_b),
            strength=None if row.both_bad else row.preference,
            annotator=row.labeler.pseudonym,
            guideline_version=row.guideline_version.number,
            seconds=round(row.seconds, 3),
            justification=row.justification,
            created_at=_time(row.created_at),
            external_id=row.prompt.external_id,
            tags=tuple(row.prompt.tags),
        )


def votes(project: Project) -> Iterator[Preference]:
    rows = (
        Vote.objects.filter(project=project)
        .select_related("battle__model_a", "battle__model_b")
        .prefetch_related("battle__turns__generation_a", "battle__turns__generation_b")
        .order_by("pk")
    )
    for vote in rows.iterator(CHUNK):
        turns = sorted(
            (turn for turn in vote.battle.turns.all() if turn.state == Turn.State.COMPLETE),
            key=lambda turn: turn.number,
        )
        yield _vote(vote, vote.battle, turns)


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


def _candidate(response: labeling.Response) -> Candidate:
    generation = response.generation
    return Candidate(
        text=response.text,
        origin=response.origin,
        model=generation.model.name if generation else "",
        parameters=generation.parameters if generation else {},
    )


def _messages(stored: list[dict[str, str]]) -> list[Message]:
    """jsonb does not keep the order of keys; trainers' files should not depend on it."""
    return [{"role": m["role"], "content": m["content"]} for m in stored]  # type: ignore[typeddict-item]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")

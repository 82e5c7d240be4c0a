"""Neutral records read from the database, in order, with a server-side cursor."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, QuerySet

from arena.battling.paths import judged
from arena.models import Battle, Turn, Verdict, Vote
from exports.autonomy import GIVEN, SHOWN, level_made_at, proposal, settled_by_judges
from exports.drafted import models_of, who_wrote
from exports.models import Export
from exports.records import Candidate, Demonstration, Message, Preference
from labeling import models as labeling
from labeling.reviewing.verdicts import is_returned, is_settled
from projects.models import Project, TaskKind
from workers.models import LanguageModel

CHUNK = 1000
PAIRED_AT_ONCE = 200
GOLD = "a gold task: its answer was known before"
CORRECTED = "its author is correcting it"
RETURNED = "a reviewer returned it"
SETTLED = "a reviewer settled what labelers disagreed on"
SUBMISSION = (
    "pk",
    "assignment__state",
    "assignment__task__lane__is_gold",
    "is_returned",
    "is_settled",
    "prompt__messages",
    "prompt__external_id",
    "prompt__tags",
    "labeler__pseudonym",
    "guideline_version__number",
    "seconds",
    "created_at",
    *GIVEN,
)
WRITTEN = ("response__turns", "response__spans", "response__turn_spans")
UNREAD = tuple(
    f"generation_{side}__{name}" for side in "ab" for name in ("messages", "output", "usage")
)
STRENGTHS = {Verdict.A: -1, Verdict.B: 1, Verdict.TIE: 0, Verdict.BOTH_BAD: None}


STRONGEST = 3
Item = TypeVar("Item")


def answer_columns(response: str) -> tuple[str, ...]:
    drawn = f"{response}__generation"
    return (
        f"{response}__text",
        f"{response}__origin",
        f"{response}__model_name",
        f"{drawn}__model__name",
        f"{drawn}__parameters",
    )


ANSWER = len(answer_columns(""))


def standing(rows: QuerySet[Any], project: Project) -> QuerySet[Any]:
    """The project's judgements that no later one has superseded, in order.

    What is held back of them is what `usable` leaves out, and what its author has taken back to
    correct: an export never changes, so it waits for that.
    """
    current = rows.filter(prompt__project=project, superseded_by=None)
    weighed: QuerySet[Any] = current.annotate(
        is_returned=ExpressionWrapper(is_returned(), BooleanField()),
        is_settled=ExpressionWrapper(is_settled(rows.model), BooleanField()),
    )
    return weighed.order_by("pk")


def demonstrations(project: Project) -> Iterator[Demonstration]:
    columns = (*SUBMISSION, *WRITTEN, *answer_columns("response"))
    rows = standing(labeling.Demonstration.objects.all(), project)
    # Tuples: making an object of each of the six joined rows would cost five times as much.
    for batch in _batches(rows.values_list(*columns).iterator(CHUNK), PAIRED_AT_ONCE):
        models = models_of(spans for row in batch for spans in _spans_of(row))
        for row in batch:
            pk, *about = row[: len(SUBMISSION)]
            turns, spans, turn_spans, *answer = row[len(SUBMISSION) :]
            yield Demonstration(
                id=f"demonstration-{pk}",
                answer=_candidate(*answer),
                turns=tuple(_messages(turns or [])),
                **who_wrote(spans, turn_spans, models),
                **_submission(*about, kind=TaskKind.DEMONSTRATION),
            )


def _spans_of(row: tuple[Any, ...]) -> list[Any]:
    _, spans, turn_spans = row[len(SUBMISSION) : len(SUBMISSION) + len(WRITTEN)]
    return turn_spans or [spans]


def comparisons(project: Project) -> Iterator[Preference]:
    sides = (*answer_columns("response_a"), *answer_columns("response_b"))
    columns = (*SUBMISSION, *SHOWN, "both_bad", "preference", "justification", *sides)
    rows = standing(labeling.Comparison.objects.all(), project)
    for row in rows.values_list(*columns).iterator(CHUNK):
        pk, *about = row[: len(SUBMISSION)]
        shown, rest = row[len(SUBMISSION) :][: len(SHOWN)], row[len(SUBMISSION) + len(SHOWN) :]
        both_bad, preference, justification, *answers = rest
        yield Preference(
            id=f"comparison-{pk}",
            source="comparison",
            first=_candidate(*answers[:ANSWER]),
            second=_candidate(*answers[ANSWER:]),
            strength=None if both_bad else preference,
            justification=justification,
            **proposal(None if both_bad else preference, *shown),
            **_submission(*about, kind=TaskKind.COMPARISON),
        )


def rankings(project: Project) -> Iterator[Preference]:
    """The pairs of each ranking, kept together."""
    columns = (*SUBMISSION, "all_bad", "justification", "tiers")
    found = standing(labeling.Ranking.objects.all(), project).values_list(*columns)
    for batch in _batches(found.iterator(CHUNK), PAIRED_AT_ONCE):
        ids = {pk for row in batch for tier in row[-1] for pk in tier}
        answers = labeling.Response.objects.filter(pk__in=ids)
        texts = {
            pk: _candidate(*answer)
            for pk, *answer in answers.values_list("pk", *(c[2:] for c in answer_columns("")))
        }
        for row in batch:
            yield from _pairs(row, texts)


def _pairs(row: tuple[Any, ...], texts: dict[int, Candidate]) -> Iterator[Preference]:
    pk, *about = row[: len(SUBMISSION)]
    all_bad, justification, tiers = row[len(SUBMISSION) :]
    common = _submission(*about, kind=TaskKind.RANKING)
    placed = [(place, answer) for place, tier in enumerate(tiers) for answer in tier]
    pairs = itertools.combinations(placed, 2)
    for number, ((better_at, better), (worse_at, worse)) in enumerate(pairs, start=1):
        yield Preference(
            id=f"ranking-{pk}-{number}",
            group=f"ranking-{pk}",
            source="ranking",
            first=texts[better],
            second=texts[worse],
            strength=None if all_bad else -min(STRONGEST, worse_at - better_at),
            justification=justification,
            **common,
        )


def votes(project: Project) -> Iterator[Preference]:
    turns = (
        Turn.objects.exclude(state=Turn.State.STREAMING)
        .select_related("generation_a", "generation_b")
        .defer(*UNREAD)
        .order_by("number")
    )
    rows = (
        Vote.objects.filter(project=project)
        .select_related("battle__model_a", "battle__model_b")
        .prefetch_related(Prefetch("battle__turns", turns, to_attr="all_turns"))
        .order_by("pk")
    )
    for vote in rows.iterator(CHUNK):
        yield _vote(vote, vote.battle, judged(vote.battle.all_turns))  # type: ignore[attr-defined]


def preferences(
    project: Project, source: str, *, with_machine: bool = False
) -> Iterator[Preference]:
    """With comparisons that a judge settled alone only where they are asked for."""
    readers: dict[str, list[Callable[[Project], Iterator[Preference]]]] = {
        Export.Source.COMPARISONS: [comparisons],
        Export.Source.RANKINGS: [rankings],
        Export.Source.VOTES: [votes],
        Export.Source.ALL: [comparisons, rankings, votes],
    }
    read = list(readers[source])
    if with_machine and comparisons in read:
        read.append(settled_by_judges)
    return chain.from_iterable(reader(project) for reader in read)


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


def _reply(model: LanguageModel | None, text: str, generation: object) -> Candidate:
    parameters = getattr(generation, "parameters", {})
    name = model.name if model else ""
    return Candidate(text=text, origin="model", model=name, parameters=parameters)


def _submission(
    state: str,
    is_gold: bool,
    is_returned: bool,
    is_settled: bool,
    messages: list[dict[str, str]],
    external_id: str,
    tags: list[str],
    pseudonym: str,
    version: int,
    seconds: float,
    created_at: datetime,
    level: int | None,
    n_draws: int,
    *,
    kind: str,
) -> dict[str, Any]:
    held_back = (
        (CORRECTED if state == labeling.Assignment.State.REOPENED else "")
        or (GOLD if is_gold else "")
        or (RETURNED if is_returned else "")
        or (SETTLED if is_settled else "")
    )
    return {
        "held_back": held_back,
        "prompt": _messages(messages),
        "external_id": external_id,
        "tags": tuple(tags),
        "annotator": pseudonym,
        "guideline_version": version,
        "seconds": round(seconds, 3),
        "created_at": _time(created_at),
        "autonomy_level": level_made_at(kind, level, n_draws),
    }


def _candidate(
    text: str, origin: str, said: str, model: str | None, parameters: dict[str, Any] | None
) -> Candidate:
    return Candidate(text=text, origin=origin, model=model or said, parameters=parameters or {})


def _messages(stored: list[dict[str, str]]) -> list[Message]:
    """jsonb does not keep the order of keys; trainers' files should not depend on it."""
    return [{"role": m["role"], "content": m["content"]} for m in stored]  # type: ignore[typeddict-item]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(itertools.islice(items, size)):
        yield batch

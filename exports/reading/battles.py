"""Battles with their votes, as the turns that the verdict is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from arena.battling.paths import judged
from arena.models import Turn, Vote
from exports.reading import statements as told
from exports.reading.known import Known
from exports.reading.wanted import Wanted
from exports.records import Candidate, Message

VOTER_LENGTH = 16
# Only what decides the order is read of generations: their texts stand in the turns.
_VOTES = """SELECT j.id, j.verdict, j.voter, {created_at}, b.model_a_id, b.model_b_id, (
        SELECT json_agg(json_build_array(t.id, t.number, t.parent_id, t.state, t.message,
            t.reply_a, t.reply_b, ga.parameters::text, gb.parameters::text) ORDER BY t.number)
        FROM arena_turn t
        LEFT JOIN workers_generation ga ON ga.id = t.generation_a_id
        LEFT JOIN workers_generation gb ON gb.id = t.generation_b_id
        WHERE t.battle_id = b.id AND t.state <> 'streaming'
    )::text {more}
    FROM arena_vote j
    JOIN arena_battle b ON b.id = j.battle_id
    {joined}
    WHERE j.id = ANY(%(keys)s::bigint[]) AND j.project_id = %(project)s ORDER BY j.id"""
_NOTED = {
    "more": ", c.weight, c.language, note.degree, to_json(note.reasons)::text",
    "joined": """LEFT JOIN arena_countedvote c ON c.vote_id = j.id
        LEFT JOIN LATERAL (
            SELECT n.degree, n.reasons FROM arena_votenote n
            WHERE n.vote_id = j.id ORDER BY n.id DESC LIMIT 1
        ) note ON true""",
}


@dataclass(slots=True)
class Said:
    """A turn, with the names that `judged` knows."""

    pk: int
    number: int
    parent_id: int | None
    state: str
    message: str
    reply_a: str
    reply_b: str
    parameters_a: str | None
    parameters_b: str | None


@dataclass(slots=True)
class Voted:
    """A vote and the whole turns before it; `note` is what was said after it."""

    pk: int
    verdict: str
    voter: str
    created_at: str
    model_a: str
    model_b: str
    turns: list[Said]
    note: tuple[float | None, str | None, int | None, str | None] | tuple[()] = ()


def voted(wanted: Wanted, *, is_noted: bool = False) -> Iterator[Voted]:
    known = wanted.known
    keys = wanted.keys("vote", lambda: Vote.objects.filter(project=wanted.project))
    sql = told.sql(_VOTES, **(_NOTED if is_noted else {"more": "", "joined": ""}))
    for key, verdict, voter, created_at, model_a, model_b, turns, *note in wanted.rows(sql, keys):
        yield Voted(
            pk=key,
            verdict=verdict,
            voter=f"v-{voter[:VOTER_LENGTH]}" if voter else "",
            created_at=created_at,
            model_a=known.models[model_a],
            model_b=known.models[model_b],
            turns=_judged(turns),
            note=tuple(note),
        )


def answers(known: Known, vote: Voted, turn: Said | None) -> tuple[Candidate, Candidate]:
    """Both replies of a turn, A's first."""
    reply_a, reply_b = (turn.reply_a, turn.reply_b) if turn else ("", "")
    parameters = (turn.parameters_a, turn.parameters_b) if turn else (None, None)
    return (
        Candidate(
            text=reply_a,
            origin="model",
            model=vote.model_a,
            parameters=known.parameters(parameters[0]),
        ),
        Candidate(
            text=reply_b,
            origin="model",
            model=vote.model_b,
            parameters=known.parameters(parameters[1]),
        ),
    )


def conversation(turns: Sequence[Said], side: str) -> list[Message]:
    """All that was said on this side."""
    found: list[Message] = []
    for turn in turns:
        reply = turn.reply_a if side == "a" else turn.reply_b
        found.append({"role": "user", "content": turn.message})
        found.append({"role": "assistant", "content": reply})
    return found


def _judged(stored: str | None) -> list[Said]:
    turns = [Said(*each) for each in orjson.loads(stored)] if stored else []
    if len(turns) == 1:
        return turns if turns[0].state == Turn.State.COMPLETE else []
    found: list[Any] = judged(cast(list[Turn], turns)) if turns else []
    return found

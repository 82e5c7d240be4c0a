"""What was said against answers, and the answers made of them."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import orjson

from exports.reading import statements as told
from exports.reading.known import messages_of
from exports.reading.wanted import Wanted
from exports.reading.withheld import GOLD
from exports.records import Candidate, Critique, Message
from labeling.drafting.draws import plain
from labeling.models import Repair, Review, Task
from workers.models import Generation

LOST_TURN = "its conversation went on otherwise, and is not kept"
_REPAIRS = told.sql(
    """SELECT j.id, {about_prompt}, u.pseudonym, o.guideline_version_id, {created_at},
        l.is_gold, j.turn, j.text, j.complaint, to_json(j.clauses)::text, j.outcome, g.state,
        g.output, g.model_id, g.parameters::text, (
            SELECT r.turns FROM labeling_demonstration d
            JOIN labeling_response r ON r.id = d.response_id
            WHERE d.assignment_id = o.id ORDER BY d.id DESC LIMIT 1
        )::text
    FROM labeling_repair j
    JOIN labeling_assignment o ON o.id = j.assignment_id
    JOIN labeling_task t ON t.id = o.task_id
    JOIN labeling_lane l ON l.id = t.lane_id
    JOIN labeling_prompt p ON p.id = t.prompt_id
    JOIN projects_user u ON u.id = o.labeler_id
    JOIN workers_generation g ON g.id = j.generation_id
    {chosen}"""
)
# A fix has a row of its own, which says what it supersedes; what was returned is the last row
# that its labeler had submitted by then.
_REVIEWS = told.sql(
    """SELECT j.id, {about_prompt}, u.pseudonym, j.guideline_version_id, {created_at},
        l.is_gold, j.verdict, j.reason, to_json(j.cites)::text, {was},
        a.turns::text, {made}, b.turns::text
    FROM labeling_review j
    JOIN labeling_prompt p ON p.id = j.prompt_id
    JOIN projects_user u ON u.id = j.labeler_id
    JOIN labeling_assignment o ON o.id = j.reviewed_id
    JOIN labeling_task t ON t.id = o.task_id
    JOIN labeling_lane l ON l.id = t.lane_id
    LEFT JOIN LATERAL (
        SELECT d.supersedes_id AS id FROM labeling_demonstration d
        WHERE d.assignment_id = j.assignment_id LIMIT 1
    ) fixed ON j.verdict = 'fix'
    LEFT JOIN LATERAL (
        SELECT d.id FROM labeling_demonstration d
        WHERE d.assignment_id = j.reviewed_id AND d.created_at <= j.created_at
        ORDER BY d.id DESC LIMIT 1
    ) seen ON j.verdict = 'return'
    JOIN labeling_demonstration was ON was.id = coalesce(fixed.id, seen.id)
    LEFT JOIN labeling_demonstration made ON made.supersedes_id = was.id
    {response}
    LEFT JOIN labeling_response b ON b.id = made.response_id
    LEFT JOIN workers_generation gb ON gb.id = b.generation_id
    {chosen}""",
    was=told.answer("a", "ga"),
    made=told.answer("b", "gb"),
    response=told.response("a", "ga", "was.response_id"),
)


def critiques(wanted: Wanted) -> Iterator[Critique]:
    """Repairs that labelers asked for, then what reviewers fixed and returned."""
    yield from _repairs(wanted)
    yield from _reviews(wanted)


def _repairs(wanted: Wanted) -> Iterator[Critique]:
    rows = Repair.objects.filter(assignment__task__project=wanted.project)
    keys = wanted.keys("repair", lambda: rows)
    for row in wanted.rows(_REPAIRS, keys):
        turn, text, complaint, clauses, outcome, state, output, model, parameters, turns = row[9:]
        before = messages_of(orjson.loads(turns) or [])[: 2 * turn] if turns and turn else []
        is_drawn = state == Generation.State.DONE and bool(output.strip())
        is_wanted = is_drawn and outcome != Repair.Outcome.DISCARDED
        about = _about(wanted, row[:9], before)
        if len(before) < 2 * turn:
            about["held_back"] = about["held_back"] or LOST_TURN
        yield Critique(
            id=f"repair-{row[0]}",
            source="repair",
            answer=Candidate(text=text, origin="mixed"),
            critique=complaint,
            clauses=tuple(orjson.loads(clauses)),
            revision=wanted.known.answer(plain(output), "model", "", model, parameters)
            if is_wanted
            else None,
            outcome=outcome,
            **about,
        )


def _reviews(wanted: Wanted) -> Iterator[Critique]:
    rows = Review.objects.filter(
        prompt__project=wanted.project,
        verdict__in=[Review.Verdict.FIX, Review.Verdict.RETURN],
        reviewed__task__kind=Task.Kind.DEMONSTRATION,
    )
    known, keys = wanted.known, wanted.keys("review", lambda: rows)
    for row in wanted.rows(_REVIEWS, keys):
        verdict, reason, cites, *answers = row[9:]
        was, was_turns, made, made_turns = answers[:5], answers[5], answers[6:11], answers[11]
        before, old, new = _where_changed(
            _said(was[0], was_turns), _said(made[0], made_turns) if made[0] is not None else None
        )
        yield Critique(
            id=f"review-{row[0]}",
            source="fix" if verdict == Review.Verdict.FIX else "return",
            answer=known.answer(old, *was[1:]),
            critique=reason,
            clauses=tuple(orjson.loads(cites)),
            revision=None if new is None else known.answer(new, *made[1:]),
            **_about(wanted, row[:9], before),
        )


def _about(wanted: Wanted, row: tuple[Any, ...], before: list[Message]) -> dict[str, Any]:
    _, prompt_key, messages, external_id, tags, pseudonym, version, created_at, is_gold = row
    known = wanted.known
    prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
    return {
        "prompt": [*prompt, *before],
        "annotator": pseudonym,
        "created_at": created_at,
        "guideline_version": known.versions[version],
        "external_id": external_id,
        "tags": tags,
        "held_back": GOLD if is_gold else "",
    }


def _said(text: str, turns: str | None) -> list[Message]:
    stored = orjson.loads(turns) if turns else None
    return messages_of(stored) if stored else [{"role": "assistant", "content": text}]


def _where_changed(
    was: list[Message], made: list[Message] | None
) -> tuple[list[Message], str, str | None]:
    """What was said before the first reply that was changed, that reply, and what it became."""
    if made is None:
        return was[:-1], was[-1]["content"], None
    for at, (old, new) in enumerate(zip_longest(was, made)):
        if old is None or new is None:
            break
        if old != new and old["role"] == "assistant":
            return was[:at], old["content"], new["content"]
    return [], was[0]["content"], made[0]["content"]

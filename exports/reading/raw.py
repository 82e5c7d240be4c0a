"""Every judgement with everything that is known of it, superseded ones too."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from arena.models import Vote
from exports.reading import statements as told
from exports.reading.wanted import Wanted
from exports.reading.withheld import Withheld
from exports.records import Raw
from labeling.models import Comparison, Demonstration, MachineJudgement, Ranking

SUPERSEDED = "a later one superseded it"
_PROMPT = """json_build_object('id', 'prompt-' || p.id, 'messages', p.messages,
    'external_id', p.external_id, 'tags', p.tags, 'language', p.language, 'source', p.source)"""


def _answer(key: str) -> str:
    return told.sql(
        """(SELECT json_build_object('id', 'response-' || r.id, 'text', r.text,
            'origin', r.origin, 'model', coalesce(m.name, r.model_name),
            'parameters', g.parameters, 'turns', r.turns, 'spans', r.spans,
            'turn_spans', r.turn_spans)
        FROM labeling_response r
        LEFT JOIN workers_generation g ON g.id = r.generation_id
        LEFT JOIN workers_languagemodel m ON m.id = g.model_id
        WHERE r.id = {key})""",
        key=key,
    )


_REVIEWS = """(SELECT json_agg(json_build_object('id', 'review-' || v.id, 'verdict', v.verdict,
        'reason', v.reason, 'cites', v.cites, 'reviewer', ru.pseudonym,
        'created_at', v.created_at) ORDER BY v.id)
    FROM labeling_review v JOIN projects_user ru ON ru.id = v.labeler_id
    WHERE v.reviewed_id = j.assignment_id)"""
_SHOWN = """(SELECT json_build_object('level', w.level, 'is_blind', w.is_blind,
        'verdict', jv.outcome, 'first', 'response-' || jv.first_id,
        'second', 'response-' || jv.second_id, 'confidence', jv.confidence, 'judge', jd.name)
    FROM labeling_worklevel w
    LEFT JOIN labeling_judgeverdict jv ON jv.id = w.verdict_id
    LEFT JOIN labeling_judge jd ON jd.id = jv.judge_id
    WHERE w.assignment_id = j.assignment_id)"""


def _submitted(table: str, kind: str, says: str) -> str:
    return told.sql(
        """SELECT j.id, {created_at}, json_build_object('prompt', {prompt},
            'labeler', u.pseudonym, 'guideline_version', n.number, 'seconds', j.seconds,
            'active_seconds', j.active_seconds, 'evidence', j.evidence, 'cites', j.cites,
            'supersedes', '{kind}-' || j.supersedes_id,
            'superseded_by', '{kind}-' || later.id, 'assignment', j.assignment_id,
            'task', json_build_object('id', t.id, 'kind', t.kind, 'is_gold', l.is_gold,
                'is_disputed', t.is_disputed, 'about', t.about_id, 'reviewed', t.reviewed_id),
            'presented', o.presented, 'n_draws', o.n_draws, 'shown', {shown},
            'gold_score', gold.score, 'reviews', {reviews}, {says})::text
        FROM {table} j
        JOIN labeling_prompt p ON p.id = j.prompt_id
        JOIN projects_user u ON u.id = j.labeler_id
        JOIN instructions_guidelineversion n ON n.id = j.guideline_version_id
        JOIN labeling_assignment o ON o.id = j.assignment_id
        JOIN labeling_task t ON t.id = o.task_id
        JOIN labeling_lane l ON l.id = t.lane_id
        LEFT JOIN {table} later ON later.supersedes_id = j.id
        LEFT JOIN labeling_goldresult gold ON gold.assignment_id = j.assignment_id
        {chosen}""",
        table=table,
        kind=kind,
        says=says,
        prompt=_PROMPT,
        shown=_SHOWN,
        reviews=_REVIEWS,
    )


_RANKED = told.sql(
    """(SELECT json_agg({answer})
    FROM jsonb_array_elements(j.tiers) tier CROSS JOIN jsonb_array_elements(tier) place)""",
    answer=_answer("place::bigint"),
)
_DEMONSTRATIONS = _submitted(
    "labeling_demonstration", "demonstration", f"'answer', {_answer('j.response_id')}"
)
_COMPARISONS = _submitted(
    "labeling_comparison",
    "comparison",
    f"""'answer_a', {_answer("j.response_a_id")}, 'answer_b', {_answer("j.response_b_id")},
        'scale', j.scale, 'preference', j.preference, 'both_bad', j.both_bad, 'marks', j.marks,
        'flags', j.flags, 'justification', j.justification""",
)
_RANKINGS = _submitted(
    "labeling_ranking",
    "ranking",
    f"""'answers', {_RANKED}, 'tiers', j.tiers, 'all_bad', j.all_bad, 'flags', j.flags,
        'justification', j.justification""",
)
_JUDGED = told.sql(
    """SELECT j.id, {created_at}, json_build_object('prompt', {prompt},
        'judge', jd.name, 'model', m.name, 'guideline_version', n.number,
        'first', {first}, 'second', {second},
        'outcome', v.outcome, 'confidence', v.confidence, 'confidence_from', v.confidence_from,
        'said_forward', v.said_forward, 'said_backward', v.said_backward, 'reasons', v.reasons,
        'clauses', v.clauses, 'is_audit', j.is_audit, 'withdrawn_at', j.withdrawn_at,
        'task', t.id)::text
    FROM labeling_machinejudgement j
    JOIN labeling_judgeverdict v ON v.id = j.verdict_id
    JOIN labeling_judge jd ON jd.id = v.judge_id
    JOIN workers_languagemodel m ON m.id = jd.model_id
    JOIN instructions_guidelineversion n ON n.id = v.guideline_version_id
    JOIN labeling_task t ON t.id = j.task_id
    JOIN labeling_prompt p ON p.id = t.prompt_id
    {chosen}""",
    prompt=_PROMPT,
    first=_answer("v.first_id"),
    second=_answer("v.second_id"),
)
_VOTES = told.sql(
    """SELECT j.id, {created_at}, json_build_object('battle', b.public_id, 'mode', b.mode,
        'source', b.source, 'model_a', a.name, 'model_b', z.name, 'verdict', j.verdict,
        'voter', CASE j.voter WHEN '' THEN '' ELSE 'v-' || left(j.voter, 16) END,
        'seconds', j.seconds, 'weight', c.weight, 'categories', c.categories,
        'language', c.language, 'pair_chance', b.pair_chance,
        'notes', (SELECT json_agg(json_build_object('degree', n.degree, 'reasons', n.reasons,
            'created_at', n.created_at) ORDER BY n.id)
            FROM arena_votenote n WHERE n.vote_id = j.id),
        'flags', (SELECT json_agg(json_build_object('reason', f.reason,
            'created_at', f.created_at, 'lifted_at', f.lifted_at) ORDER BY f.id)
            FROM arena_voteflag f WHERE f.vote_id = j.id),
        'turns', (SELECT json_agg(json_build_object('number', t.number,
            'parent', parent.number, 'state', t.state, 'message', t.message,
            'reply_a', t.reply_a, 'reply_b', t.reply_b, 'parameters_a', ga.parameters,
            'parameters_b', gb.parameters, 'stopped_at', t.stopped_at) ORDER BY t.number)
            FROM arena_turn t
            LEFT JOIN arena_turn parent ON parent.id = t.parent_id
            LEFT JOIN workers_generation ga ON ga.id = t.generation_a_id
            LEFT JOIN workers_generation gb ON gb.id = t.generation_b_id
            WHERE t.battle_id = b.id))::text
    FROM arena_vote j
    JOIN arena_battle b ON b.id = j.battle_id
    JOIN workers_languagemodel a ON a.id = b.model_a_id
    LEFT JOIN workers_languagemodel z ON z.id = b.model_b_id
    LEFT JOIN arena_countedvote c ON c.vote_id = j.id
    WHERE j.id = ANY(%(keys)s::bigint[]) AND j.project_id = %(project)s ORDER BY j.id"""
)


def _reader(
    kind: str, sql: str, everything: Callable[[Wanted], QuerySet[Any]]
) -> Callable[[Wanted], Iterator[Raw]]:
    def read(wanted: Wanted) -> Iterator[Raw]:
        for row in wanted.rows(sql, wanted.keys(kind, lambda: everything(wanted))):
            yield _raw(kind, row)

    return read


def _submissions(
    model: type[Demonstration] | type[Comparison] | type[Ranking], sql: str
) -> Callable[[Wanted], Iterator[Raw]]:
    """Why one is not to be trained on stands in the judgement: raw data hold nothing back."""
    kind = model._meta.model_name or ""

    def read(wanted: Wanted) -> Iterator[Raw]:
        rows = model._default_manager.filter(prompt__project=wanted.project)
        keys = wanted.keys(kind, lambda: rows)
        reasons = Withheld(model, wanted.project).among(keys) if len(keys) else {}
        for row in wanted.rows(sql, keys):
            record = _raw(kind, row)
            later = SUPERSEDED if record.judgement["superseded_by"] else ""
            record.judgement["held_back"] = later or reasons.get(row[0], "")
            yield record

    return read


def _raw(kind: str, row: tuple[Any, ...]) -> Raw:
    key, created_at, judgement = row
    return Raw(
        id=f"{kind}-{key}",
        kind=kind,
        # Not by orjson: parameters may hold a whole number of more than 64 bits.
        judgement=json.loads(judgement),
        created_at=created_at,
    )


READERS = {
    "demonstration": _submissions(Demonstration, _DEMONSTRATIONS),
    "comparison": _submissions(Comparison, _COMPARISONS),
    "ranking": _submissions(Ranking, _RANKINGS),
    "judge": _reader(
        "judge",
        _JUDGED,
        lambda wanted: MachineJudgement.objects.filter(
            task__project=wanted.project, is_audit=False
        ),
    ),
    "vote": _reader("vote", _VOTES, lambda wanted: Vote.objects.filter(project=wanted.project)),
}

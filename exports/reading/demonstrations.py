"""Demonstrations, and who wrote what of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from exports.reading import statements as told
from exports.reading.known import messages_of
from exports.reading.wanted import Wanted
from exports.records import Demonstration
from labeling.autonomy.levels import LEVELS, Level
from labeling.drafting import provenance
from labeling.drafting.provenance import Shares
from labeling.models import Demonstration as Submitted
from labeling.models import Task

LOWEST = int(LEVELS[Task.Kind.DEMONSTRATION.value][0])
_DRAFTS = """CASE WHEN r.spans IS NOT NULL THEN (
        SELECT json_object_agg(g.id, m.name)
        FROM (
            SELECT DISTINCT (span->>0)::bigint AS id
            FROM jsonb_array_elements(CASE jsonb_typeof(r.turn_spans) WHEN 'array'
                THEN r.turn_spans ELSE '[]' END || jsonb_build_array(r.spans)) said
            CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(said) WHEN 'array'
                THEN said ELSE '[]' END) span
            WHERE jsonb_typeof(span->0) = 'number'
        ) used
        JOIN workers_generation g ON g.id = used.id
        JOIN workers_languagemodel m ON m.id = g.model_id
    ) END::text"""
_DEMONSTRATIONS = told.sql(
    """SELECT {about}, o.n_draws, r.turns::text, r.spans::text,
        r.turn_spans::text, {drafts}, {answer}
    {joined}
    JOIN labeling_assignment o ON o.id = j.assignment_id
    {response} {chosen}""",
    drafts=_DRAFTS,
    answer=told.answer("r", "gr"),
    joined=told.submitted("labeling_demonstration"),
    response=told.response("r", "gr", "j.response_id"),
)


def demonstrations(wanted: Wanted) -> Iterator[Demonstration]:
    known = wanted.known
    for held_back, row in wanted.judgements(_DEMONSTRATIONS, Submitted):
        (
            key, prompt_key, messages, external_id, tags, pseudonym, version, seconds, created_at,
            level, n_draws, turns, spans, turn_spans, drafts, *answer,
        ) = row  # fmt: skip
        prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
        yield Demonstration(
            id=f"demonstration-{key}",
            prompt=prompt,
            answer=known.answer(*answer),
            turns=tuple(messages_of(orjson.loads(turns) or [])) if turns else (),
            annotator=pseudonym,
            guideline_version=known.versions[version],
            seconds=round(seconds, 3),
            created_at=created_at,
            external_id=external_id,
            tags=tags,
            held_back=held_back,
            autonomy_level=level_made_at(level, n_draws),
            **_who_wrote(spans, turn_spans, drafts),
        )


def level_made_at(level: int | None, n_draws: int) -> int:
    """Without a level of its own it was made at the lowest; where drafts were drawn for it, at
    the one of drafts."""
    if level is not None:
        return level
    return int(Level.EDIT) if n_draws else LOWEST


def _who_wrote(spans: str | None, turn_spans: str | None, drafts: str | None) -> dict[str, Any]:
    """The fields of the record; nothing for one that no model had a part in."""
    if spans is None or (own := orjson.loads(spans)) is None:
        return {}
    stored = (orjson.loads(turn_spans) if turn_spans else None) or [own]
    models: Mapping[str, str] = orjson.loads(drafts) if drafts else {}
    read = [provenance.read(each) or () for each in stored if each is not None]
    shares = sum(map(provenance.shares, read), Shares(0, 0))
    model_share = round(shares.model / shares.total, 4) if shares.total else 0.0
    used = {span.generation for each in read for span in each if span.generation is not None}
    return {
        "human_share": round(1 - model_share, 4),
        "model_share": model_share,
        "spans": tuple(stored),
        "drafts": {str(pk): models[str(pk)] for pk in sorted(used) if str(pk) in models},
    }

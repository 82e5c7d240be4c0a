"""Rankings whole, and as the pairs that follow from them."""

import itertools
from collections.abc import Iterator
from typing import Any

import orjson

from exports.reading import statements as told
from exports.reading.wanted import Wanted
from exports.records import Preference, Ranked
from labeling.autonomy.levels import LEVELS
from labeling.models import Ranking, Task

STRONGEST = 3
LOWEST = int(LEVELS[Task.Kind.RANKING.value][0])
_RANKINGS = told.sql(
    """SELECT {about}, j.tiers::text, j.all_bad, j.justification, (
        SELECT json_agg(json_build_array(r.id, r.text, r.origin, r.model_name, g.model_id,
            g.parameters::text))
        FROM jsonb_array_elements(j.tiers) tier
        CROSS JOIN jsonb_array_elements(tier) place
        JOIN labeling_response r ON r.id = place::bigint
        LEFT JOIN workers_generation g ON g.id = r.generation_id
    )::text
    {joined} {chosen}""",
    joined=told.submitted("labeling_ranking"),
)


def whole(wanted: Wanted) -> Iterator[Ranked]:
    """The answers stand in the order of their tiers."""
    known = wanted.known
    for held_back, row in wanted.judgements(_RANKINGS, Ranking):
        (
            key, prompt_key, messages, external_id, tags, pseudonym, version, seconds, created_at,
            level, tiers, all_bad, justification, answers,
        ) = row  # fmt: skip
        prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
        texts = {pk: known.answer(*answer) for pk, *answer in _read(answers)}
        placed: list[list[int]] = orjson.loads(tiers)
        places = itertools.count()
        yield Ranked(
            id=f"ranking-{key}",
            prompt=prompt,
            answers=[texts[pk] for tier in placed for pk in tier],
            tiers=[[next(places) for _ in tier] for tier in placed],
            all_bad=all_bad,
            annotator=pseudonym,
            created_at=created_at,
            guideline_version=known.versions[version],
            seconds=round(seconds, 3),
            justification=justification,
            external_id=external_id,
            tags=tags,
            held_back=held_back,
            autonomy_level=LOWEST if level is None else level,
        )


def preferences(wanted: Wanted) -> Iterator[Preference]:
    """The pairs of each ranking, kept together."""
    for record in whole(wanted):
        placed = [(at, answer) for at, tier in enumerate(record.tiers) for answer in tier]
        pairs = itertools.combinations(placed, 2)
        for number, ((better_at, better), (worse_at, worse)) in enumerate(pairs, start=1):
            distance = min(STRONGEST, worse_at - better_at)
            yield Preference(
                id=f"{record.id}-{number}",
                source="ranking",
                prompt=record.prompt,
                first=record.answers[better],
                second=record.answers[worse],
                strength=None if record.all_bad else -distance,
                annotator=record.annotator,
                created_at=record.created_at,
                guideline_version=record.guideline_version,
                seconds=record.seconds,
                justification=record.justification,
                external_id=record.external_id,
                tags=record.tags,
                held_back=record.held_back,
                group=record.id,
                autonomy_level=record.autonomy_level,
            )


def _read(answers: str | None) -> list[Any]:
    found: list[Any] = orjson.loads(answers or "[]")
    return found

"""Comparisons as preferences, and as ratings of each answer."""

from collections.abc import Iterator

import orjson

from exports.reading import statements as told
from exports.reading.wanted import Wanted
from exports.records import Preference, Rated
from labeling.autonomy.levels import LEVELS
from labeling.models import Comparison, Task

_JOINED = " ".join(
    (
        told.submitted("labeling_comparison"),
        told.response("a", "ga", "j.response_a_id"),
        told.response("b", "gb", "j.response_b_id"),
    )
)
_PREFERENCES = told.sql(
    """SELECT {about}, {a_and_b}, j.preference, j.justification,
        w.is_blind, v.outcome, v.first_id = j.response_a_id
    {joined}
    LEFT JOIN labeling_judgeverdict v ON v.id = w.verdict_id
    {chosen}""",
    joined=_JOINED,
)
_RATINGS = told.sql(
    "SELECT {about}, {a_and_b}, j.marks::text, j.flags::text {joined} {chosen}", joined=_JOINED
)
LOWEST = int(LEVELS[Task.Kind.COMPARISON.value][0])
SIGNS = {"first": -1, "equal": 0, "second": 1}
SAID = {sign: name for name, sign in SIGNS.items()}


def preferences(wanted: Wanted) -> Iterator[Preference]:
    known = wanted.known
    for held_back, row in wanted.judgements(_PREFERENCES, Comparison):
        (
            key, prompt_key, messages, external_id, tags, pseudonym, version, seconds, created_at,
            level, text_a, origin_a, said_a, model_a, parameters_a, text_b, origin_b, said_b,
            model_b, parameters_b, strength, justification, is_blind, outcome, is_as_shown,
        ) = row  # fmt: skip
        prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
        record = Preference(
            id=f"comparison-{key}",
            source="comparison",
            prompt=prompt,
            first=known.answer(text_a, origin_a, said_a, model_a, parameters_a),
            second=known.answer(text_b, origin_b, said_b, model_b, parameters_b),
            # Empty exactly where both are bad.
            strength=strength,
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
        if is_blind is False and outcome in SIGNS:
            _add_proposal(record, SIGNS[outcome] if is_as_shown else -SIGNS[outcome])
        yield record


def ratings(wanted: Wanted) -> Iterator[Rated]:
    """Both answers of each comparison, also those to which no criterion gave a rating."""
    known = wanted.known
    for held_back, row in wanted.judgements(_RATINGS, Comparison):
        key, prompt_key, messages, external_id, tags, pseudonym, version, _, created_at, _ = row[
            :10
        ]
        prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
        marks, flags = orjson.loads(row[20]), orjson.loads(row[21])
        rated = {name: mark for name, mark in marks.items() if isinstance(mark, list)}
        for place, side in enumerate("ab"):
            yield Rated(
                id=f"comparison-{key}-{place + 1}",
                prompt=prompt,
                answer=known.answer(*row[10 + 5 * place : 15 + 5 * place]),
                ratings={name: mark[place] for name, mark in rated.items()},
                flags=tuple(flags.get(side) or ()),
                annotator=pseudonym,
                created_at=created_at,
                guideline_version=known.versions[version],
                external_id=external_id,
                tags=tags,
                held_back=held_back,
            )


def _add_proposal(record: Preference, sign: int) -> None:
    """What a model proposed in sight of the labeler, and whether they said the same."""
    said = record.strength
    record.proposed = SAID[sign]
    record.confirmed = said is not None and (said > 0) - (said < 0) == sign

"""Comparisons that a judge settled alone. Every one says that a model made it."""

from collections.abc import Iterator

from exports.reading import statements as told
from exports.reading.comparisons import SIGNS
from exports.reading.wanted import Wanted
from exports.records import Preference
from labeling.autonomy.levels import Level
from labeling.autonomy.standing_in import standing

_SETTLED = told.sql(
    """SELECT j.id, {about_prompt}, jd.name, jd.model_id, v.guideline_version_id,
        {created_at}, v.outcome, v.confidence, {a_and_b}
    FROM labeling_machinejudgement j
    JOIN labeling_judgeverdict v ON v.id = j.verdict_id
    JOIN labeling_judge jd ON jd.id = v.judge_id
    JOIN labeling_task t ON t.id = j.task_id
    JOIN labeling_prompt p ON p.id = t.prompt_id
    {first} {second} {chosen}""",
    first=told.response("a", "ga", "v.first_id"),
    second=told.response("b", "gb", "v.second_id"),
)


def preferences(wanted: Wanted) -> Iterator[Preference]:
    known = wanted.known
    keys = wanted.keys("judge", lambda: standing(wanted.project))
    for row in wanted.rows(_SETTLED, keys):
        (
            key, prompt_key, messages, external_id, tags, judge, model, version, created_at,
            outcome, confidence, *answers,
        ) = row  # fmt: skip
        prompt, external_id, tags = known.prompt(prompt_key, messages, external_id, tags)
        yield Preference(
            id=f"judge-{key}",
            source="judge",
            prompt=prompt,
            first=known.answer(*answers[:5]),
            second=known.answer(*answers[5:]),
            strength=SIGNS[outcome],
            annotator=f"judge {judge}",
            judged_by="model",
            judge_model=known.models[model],
            confidence=None if confidence is None else round(confidence, 4),
            autonomy_level=int(Level.AUDIT),
            guideline_version=known.versions[version],
            created_at=created_at,
            external_id=external_id,
            tags=tags,
        )

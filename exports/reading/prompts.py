"""Prompts alone."""

from collections.abc import Iterator

from exports.reading import statements as told
from exports.reading.wanted import Wanted
from exports.records import Asked
from labeling.models import Prompt

_PROMPTS = told.sql(
    """SELECT {about_prompt}, p.language, {arrived_at} FROM labeling_prompt p
    WHERE p.id = ANY(%(keys)s::bigint[]) AND p.project_id = %(project)s ORDER BY p.id""",
    arrived_at=told.moment("p.created_at"),
)


def prompts(wanted: Wanted) -> Iterator[Asked]:
    keys = wanted.keys("prompt", lambda: Prompt.objects.filter(project=wanted.project))
    for key, messages, named, tagged, language, created_at in wanted.rows(_PROMPTS, keys):
        prompt, external_id, tags = wanted.known.prompt(key, messages, named, tagged)
        yield Asked(
            id=f"prompt-{key}",
            prompt=prompt,
            created_at=created_at,
            language=language,
            external_id=external_id,
            tags=tags,
        )

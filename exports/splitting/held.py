"""What is held out of a project: as it stands, or as it stood when a snapshot began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import orjson

from exports.reading.copying import Ints, keys_by, rows_of
from exports.records import Message
from projects.models import Project

_PROMPTS = """
SELECT prompt_id FROM exports_heldout
WHERE project_id = %(project)s AND prompt_id IS NOT NULL ORDER BY 1
"""
_MESSAGES = "SELECT messages::text FROM labeling_prompt WHERE id = ANY(%(keys)s::bigint[])"


class Held(NamedTuple):
    """Keys of prompts, and texts that are none."""

    prompts: Ints = np.zeros(0, np.int64)
    texts: Sequence[list[Message]] = ()

    def messages(self) -> Iterator[list[Message]]:
        for (messages,) in rows_of(_MESSAGES, {}, self.prompts):
            yield orjson.loads(messages)
        yield from self.texts


def held_in(project: Project) -> Held:
    texts = project.held_out.filter(prompt=None).order_by("pk")
    return Held(keys_by(_PROMPTS, {"project": project.pk}), [each.asked for each in texts])

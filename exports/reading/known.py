"""What many judgements share, told once: prompts, parameters of draws, names of models, numbers
of guideline versions."""

import json
from typing import Any

import orjson

from exports.records import Candidate, Message
from instructions.models import GuidelineVersion
from projects.models import Project
from workers.models import LanguageModel

MOST_KEPT = 2_000
Asked = tuple[list[Message], str, tuple[str, ...]]


class Known:
    """Records share what is given here: nobody changes it in place."""

    def __init__(self, project: Project) -> None:
        names = LanguageModel.objects.values_list("pk", "name")
        self.models: dict[int | None, str] = {None: "", **dict(names)}
        versions = GuidelineVersion.objects.filter(guideline__project=project)
        self.versions: dict[int, int] = dict(versions.values_list("pk", "number"))
        self._prompts: dict[int, Asked] = {}
        self._parameters: dict[str | None, dict[str, Any]] = {None: {}}

    def prompt(self, key: int, messages: str, external_id: str, tags: str | None) -> Asked:
        found = self._prompts.get(key)
        if found is None:
            if len(self._prompts) >= MOST_KEPT:
                self._prompts.clear()
            tagged = tuple(orjson.loads(tags)) if tags else ()
            found = (messages_of(orjson.loads(messages)), external_id, tagged)
            self._prompts[key] = found
        return found

    def parameters(self, text: str | None) -> dict[str, Any]:
        found = self._parameters.get(text)
        if found is None:
            if len(self._parameters) >= MOST_KEPT:
                self._parameters = {None: {}}
            # They may hold a whole number of more than 64 bits, of which orjson makes another.
            found = self._parameters[text] = json.loads(text or "{}")
        return found

    def answer(
        self, text: str, origin: str, said: str, model: int | None, parameters: str | None
    ) -> Candidate:
        # Looked up here as well, as this runs twice a row.
        drawn_with = self._parameters.get(parameters)
        return Candidate(
            text=text,
            origin=origin,
            model=self.models[model] or said,
            parameters=self.parameters(parameters) if drawn_with is None else drawn_with,
        )


def messages_of(stored: list[Any]) -> list[Message]:
    """The role and then the content of each, as jsonb keeps them in this order where there is
    nothing else."""
    if len(stored) == 1 and len(stored[0]) == 2:
        return stored
    return [
        each if len(each) == 2 else {"role": each["role"], "content": each["content"]}
        for each in stored
    ]

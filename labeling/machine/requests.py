"""Requests to a judge's model: what a pair is asked, and what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.crypto import salted_hmac

from instructions.models import GuidelineVersion
from labeling.machine import asking, excerpts, fencing
from labeling.machine.asking import Question
from labeling.machine.excerpts import ClauseText, Excerpt
from labeling.machine.reading import Read, Unreadable, read
from labeling.models import Criterion, Judge
from workers.drawing import STOPPED, Draw, Message
from workers.models import Generation

LONGEST = 200_000
"""Characters of a conversation and two answers: no model reads more, and many read less."""
CONTEXT_WORDS = ("context length", "context size", "maximum context", "too many tokens")


@dataclass
class Briefing:
    """What a judge is told about every pair under one version of the guideline."""

    judge: Judge
    version: GuidelineVersion
    clauses: list[ClauseText]
    criteria: list[tuple[str, str]]
    marker: str

    def excerpt(self, conversation: Sequence[Message]) -> Excerpt:
        budget = self.judge.token_budget
        if self.judge.reads == Judge.Reads.WHOLE:
            return excerpts.whole(self.clauses, token_budget=budget)
        prompt = "\n".join(turn["content"] for turn in conversation)
        return excerpts.relevant(self.clauses, prompt=prompt, token_budget=budget)

    def draws(
        self, conversation: Sequence[Message], first: str, second: str, excerpt: Excerpt
    ) -> tuple[Draw, Draw]:
        """Forward, `first` stands as A; backward as B."""
        question = Question(
            conversation=[{"role": m["role"], "content": m["content"]} for m in conversation],
            first=first,
            second=second,
            guideline=excerpt.text,
            criteria=self.criteria,
            instruction=self.judge.instruction,
            explains=self.judge.explains,
            guideline_marker=self.marker,
        )
        return self._draw(question, is_turned=False), self._draw(question, is_turned=True)

    def _draw(self, question: Question, *, is_turned: bool) -> Draw:
        marker = fencing.new_marker()
        messages = asking.messages_for(question, marker=marker, is_turned=is_turned)
        parameters = asking.parameters_for(explains=self.judge.explains)
        told: list[Message] = [{"role": m["role"], "content": m["content"]} for m in messages]
        return Draw(self.judge.model, told, {**parameters, "seed": 0})


def briefing(judge: Judge, version: GuidelineVersion) -> Briefing:
    clauses = [
        ClauseText(clause.anchor, clause.number, clause.title, clause.body)
        for clause in version.clauses_in_order()
    ]
    criteria = Criterion.objects.filter(project=judge.project_id, key__in=judge.criteria)
    weighed = [(c.name, c.description) for c in criteria.order_by("position", "pk")]
    return Briefing(judge, version, clauses, weighed, _marker(judge, version))


def is_too_long(conversation: Sequence[Message], *answers: str) -> bool:
    told = sum(len(turn["content"]) for turn in conversation)
    return told + sum(map(len, answers)) > LONGEST


def read_of(generation: Generation, *, explains: bool) -> Read:
    """What a finished generation says."""
    if generation.state == Generation.State.FAILED:
        is_long = any(words in generation.error.lower() for words in CONTEXT_WORDS)
        return Unreadable("too_long" if is_long else "failed", generation.error)
    if generation.finish_reason == STOPPED:
        return Unreadable("stopped")
    found = read(generation.output, explains=explains, logprobs=_logprobs(generation))
    if isinstance(found, Unreadable) and generation.finish_reason == "length":
        return Unreadable("truncated")
    return found


def _logprobs(generation: Generation) -> Any:
    return generation.logprobs


def _marker(judge: Judge, version: GuidelineVersion) -> str:
    """The same for all requests of a judge about a version, so that a server reads the guideline
    once; nobody without the installation's key can know it."""
    digest = salted_hmac("labeling.machine.guideline", f"{judge.pk}:{version.pk}").hexdigest()
    return digest[: 2 * fencing.MARKER_BYTES]

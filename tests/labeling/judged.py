"""Rows of model judges for tests, and answers as a worker leaves them."""

import json
from typing import Any

from django.utils import timezone

from labeling.machine import runs, verdicts
from labeling.machine.judges import add_judge
from labeling.models import Judge, JudgeRun, JudgeVerdict, Task
from projects.models import Project, User
from tests.factories import make_model
from workers.models import Generation, LanguageModel

VERDICT = '{"verdict": "%s", "confidence": %d}'


def make_judge(project: Project, owner: User, **fields: Any) -> Judge:
    """A judge that says which and not why, unless told otherwise."""
    model: LanguageModel = fields.pop("model", None) or make_model()
    values = {"name": f"Judge {Judge.objects.count() + 1}", "explains": False, **fields}
    return add_judge(by=owner, project=project, model=model.pk, **values)


def make_run(judge: Judge, owner: User, **fields: Any) -> JudgeRun:
    """A run with its first requests written, as after its commit."""
    run = runs.start_run(by=owner, judge=judge, **fields)
    runs.advance(run_id=run.pk)
    run.refresh_from_db()
    return run


def answer(
    generation: Generation | None, output: str, *, logprobs: Any = None, error: str = ""
) -> None:
    """What a worker writes at the end of a draw, without the signal."""
    assert generation is not None
    Generation.objects.filter(pk=generation.pk).update(
        state="failed" if error else "done",
        output=output,
        error=error,
        finish_reason="" if error else "stop",
        logprobs=logprobs,
        finished_at=timezone.now(),
    )


def settle(verdict: JudgeVerdict, forward: str, backward: str, *, sure: int = 80) -> JudgeVerdict:
    """Both orders answered, as sides of the request (A, B, equal), and the verdict settled."""
    answer(verdict.forward, VERDICT % (forward, sure))
    answer(verdict.backward, VERDICT % (backward, sure))
    verdicts.settle(verdict_id=verdict.pk)
    verdict.refresh_from_db()
    return verdict


def settle_task(task: Task, forward: str, backward: str, *, sure: int = 80) -> JudgeVerdict:
    return settle(JudgeVerdict.objects.get(task=task), forward, backward, sure=sure)


def preferring(verdict: JudgeVerdict, better: str, *, sure: int = 80) -> JudgeVerdict:
    """The verdict settled the same in both orders: first, equal or second."""
    sides = {"first": ("A", "B"), "second": ("B", "A"), "equal": ("equal", "equal")}
    return settle(verdict, *sides[better], sure=sure)


def tokens_of(output: str, *places: tuple[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Logprobs for `output`, a token a character; at a token of `places` with alternatives."""
    wanted = dict(places)
    return [
        {
            "token": character,
            "logprob": -0.1,
            "top_logprobs": [
                {"token": token, "logprob": value}
                for token, value in wanted.get(character, {}).items()
            ],
        }
        for character in output
    ]


def as_json(**fields: Any) -> str:
    return json.dumps(fields)

"""At which level of autonomy a judgement was made, and what of a judge stood beside it."""

from collections.abc import Iterator
from typing import Any

from exports.records import Candidate, Message, Preference
from labeling.autonomy.levels import LEVELS, Level
from labeling.autonomy.standing_in import standing
from labeling.models import JudgeVerdict, Task
from projects.models import Project

CHUNK = 1000
GIVEN = ("assignment__work_level__level", "assignment__n_draws")
SHOWN = (
    "response_a_id",
    "assignment__work_level__is_blind",
    "assignment__work_level__verdict__outcome",
    "assignment__work_level__verdict__first_id",
)
SIGNS = {"first": -1, "equal": 0, "second": 1}


def level_made_at(kind: str, level: int | None, n_draws: int) -> int:
    """Without a level of its own a judgement was made at its kind's lowest; where drafts were
    drawn for an answer, at the one of drafts."""
    if level is not None:
        return level
    if kind == Task.Kind.DEMONSTRATION and n_draws:
        return int(Level.EDIT)
    return int(LEVELS[kind][0])


def proposal(
    preference: int | None, side_a: int, is_blind: bool | None, outcome: str | None, first: int
) -> dict[str, Any]:
    """What a model proposed in sight of the labeler, as `first`, `equal` or `second` of the
    record's answers, and whether they said the same; nothing where they saw no proposal."""
    if is_blind is not False or outcome not in SIGNS:
        return {}
    sign = SIGNS[outcome] if first == side_a else -SIGNS[outcome]
    said = {value: name for name, value in SIGNS.items()}[sign]
    is_same = preference is not None and (preference > 0) - (preference < 0) == sign
    return {"proposed": said, "confirmed": is_same}


def settled_by_judges(project: Project) -> Iterator[Preference]:
    """The comparisons that a judge settled alone. Every one says that a model made it."""
    rows = standing(project).select_related(
        "task__prompt",
        "verdict__judge__model",
        "verdict__guideline_version",
        "verdict__first__generation__model",
        "verdict__second__generation__model",
    )
    unread = ("verdict__guideline_version__text", "verdict__guideline_version__html")
    for row in rows.defer(*unread).order_by("pk").iterator(CHUNK):
        verdict, prompt = row.verdict, row.task.prompt
        yield Preference(
            id=f"judge-{row.pk}",
            source="judge",
            prompt=[_message(each) for each in prompt.messages],
            first=_answer(verdict.first),
            second=_answer(verdict.second),
            strength=SIGNS[verdict.outcome],
            annotator=f"judge {verdict.judge.name}",
            judged_by="model",
            judge_model=verdict.judge.model.name,
            confidence=_rounded(verdict),
            autonomy_level=int(Level.AUDIT),
            guideline_version=verdict.guideline_version.number,
            created_at=row.created_at.isoformat(timespec="milliseconds"),
            external_id=prompt.external_id,
            tags=tuple(prompt.tags),
        )


def _rounded(verdict: JudgeVerdict) -> float | None:
    return None if verdict.confidence is None else round(verdict.confidence, 4)


def _message(stored: dict[str, Any]) -> Message:
    return {"role": stored["role"], "content": stored["content"]}


def _answer(response: Any) -> Candidate:
    drawn = response.generation
    return Candidate(
        text=response.text,
        origin=response.origin,
        model=drawn.model.name if drawn and drawn.model else response.model_name,
        parameters=drawn.parameters if drawn else {},
    )

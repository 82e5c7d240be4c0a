"""The five levels, which kind of task has which, and where a project stands.

A kind's lowest level is how it works without any row: demonstrations are written by people,
comparisons and rankings are people's picks among what models wrote.
"""

from dataclasses import dataclass

from labeling.drafting.rules import drafting_rules_of
from labeling.models import Autonomy, Task
from projects.compiled import Compiled
from projects.errors import InvalidInput
from projects.models import Project

Level = Autonomy.Level
LEVELS: dict[str, tuple[int, ...]] = {
    Task.Kind.DEMONSTRATION.value: (Level.WRITE, Level.EDIT, Level.PICK),
    Task.Kind.COMPARISON.value: (Level.PICK, Level.CONFIRM, Level.AUDIT),
    Task.Kind.RANKING.value: (Level.PICK,),
}
GUARDED = (Level.CONFIRM, Level.AUDIT)
"""Where people are shown or spared something on a judge's word."""
FIRST_DRAFTS = 3
"""Drafts a labeler gets at a time where nothing was set yet."""
MEANING = {
    (Task.Kind.DEMONSTRATION.value, 1): "No model is asked. The editor is empty.",
    (Task.Kind.DEMONSTRATION.value, 2): "A drawer offers drafts; people take parts and edit.",
    (Task.Kind.DEMONSTRATION.value, 3): "Drafts come first; people pick one and edit it.",
    (Task.Kind.COMPARISON.value, 3): "Models write the answers; people say which is better.",
    (Task.Kind.COMPARISON.value, 4): "The judge's verdict stands beside the answers; people "
    "confirm or overrule it. A hidden share is judged without it.",
    (Task.Kind.COMPARISON.value, 5): "Where the judge is sure, its verdict stands. People judge "
    "a hidden random sample, and all the rest.",
    (Task.Kind.RANKING.value, 3): "Models write the answers; people order them.",
}

_ROW = Compiled(
    lambda project, kind: Autonomy.objects.filter(project=project, kind=kind),
    project=int,
    kind=str,
)


@dataclass(frozen=True)
class Step:
    """One level as a kind of task has it."""

    level: int
    name: str
    meaning: str


def steps_of(kind: str) -> list[Step]:
    return [Step(level, Level(level).label, MEANING[(kind, int(level))]) for level in LEVELS[kind]]


def autonomy_of(project: Project, kind: str) -> Autonomy:
    """The project's row for a kind; unsaved defaults at its lowest level where there is none."""
    found = _ROW.first(project=project.pk, kind=kind)
    return found or Autonomy(project_id=project.pk, kind=kind, level=LEVELS[kind][0])


def level_of(project: Project, kind: str) -> int:
    """Where a kind stands. Of demonstrations the rules of drafting have the last word, as there
    are no drafts to edit where none are drawn."""
    if kind not in LEVELS:
        return Level.WRITE
    level = autonomy_of(project, kind).level
    if kind != Task.Kind.DEMONSTRATION:
        return level
    if not drafting_rules_of(project).n_drafts:
        return Level.WRITE
    return max(level, Level.EDIT)


def clean_kind(value: object) -> str:
    if not isinstance(value, str) or value not in LEVELS:
        raise InvalidInput.field("kind", f"must be one of {', '.join(LEVELS)}")
    return value


def clean_level(kind: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 3:
        value = int(value)
    known = LEVELS[kind]
    if not isinstance(value, int) or isinstance(value, bool) or value not in known:
        raise InvalidInput.field("level", _which(kind))
    return value


def _which(kind: str) -> str:
    told = [f"{int(level)} ({Level(level).label.lower()})" for level in LEVELS[kind]]
    if len(told) == 1:
        return f"must be {told[0]}: a {kind} has no other level"
    return f"must be {', '.join(told[:-1])} or {told[-1]}: a {kind} has no other level"

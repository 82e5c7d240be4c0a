"""Where a project stands with every kind of task, for its owners' page and the API."""

from dataclasses import dataclass

from labeling.autonomy.bounds import Agreed
from labeling.autonomy.changing import bar_of
from labeling.autonomy.charts import NARROW as NARROW_PLOT
from labeling.autonomy.charts import Group, Plot, groups_of, plot
from labeling.autonomy.levels import GUARDED, LEVELS, Level, Step, autonomy_of, level_of, steps_of
from labeling.autonomy.measuring import Measured, measure
from labeling.autonomy.told import what_is_missing
from labeling.machine.judges import judges_of
from labeling.models import Autonomy, AutonomyChange, Judge, Task
from projects.models import Project

MOST_CHANGES = 50


@dataclass(frozen=True)
class Place:
    """One level of a kind. `words` say what it asks for; empty where it asks for nothing."""

    step: Step
    is_here: bool
    is_open: bool
    words: str
    agreed: Agreed | None
    is_higher: bool = False
    """Than the level that holds."""

    @property
    def is_shut(self) -> bool:
        return self.is_higher and not self.is_open


@dataclass(frozen=True)
class KindStanding:
    """A kind of task: its levels, the judge it rests on, and how that one fared."""

    kind: str
    label: str
    row: Autonomy
    level: int
    places: list[Place]
    groups: list[Group]
    wide: Plot | None
    narrow: Plot | None

    @property
    def has_guard(self) -> bool:
        return any(place.step.level in GUARDED for place in self.places)

    @property
    def meaning(self) -> str:
        return next((each.step.meaning for each in self.places if each.is_here), "")


def standing_of(project: Project) -> list[KindStanding]:
    return [_of_kind(project, kind) for kind in LEVELS]


def judges_to_rely_on(project: Project) -> list[Judge]:
    return [judge for judge in judges_of(project) if judge.retired_at is None]


def changes_of(project: Project) -> list[AutonomyChange]:
    """The newest first."""
    rows = AutonomyChange.objects.filter(project=project).select_related("by")
    return list(rows.order_by("-pk")[:MOST_CHANGES])


def _of_kind(project: Project, kind: str) -> KindStanding:
    row, level = autonomy_of(project, kind), level_of(project, kind)
    measured = measure(row)
    items = [(each.at, each.is_same) for each in measured.items_at(level)]
    groups = groups_of(items)
    bar = bar_of(row).share
    return KindStanding(
        kind=kind,
        label=Task.Kind(kind).label,
        row=row,
        level=level,
        places=[_place(row, level, step, measured) for step in steps_of(kind)],
        groups=groups,
        wide=plot(groups, bar) if groups else None,
        narrow=plot(groups, bar, width=NARROW_PLOT) if groups else None,
    )


def _place(row: Autonomy, level: int, step: Step, measured: Measured) -> Place:
    is_here, is_higher = step.level == level, step.level > level
    if step.level not in GUARDED:
        return Place(step, is_here, True, "", None, is_higher)
    if row.judge is None:
        return Place(step, is_here, False, "needs a judge: choose one below.", None, is_higher)
    agreed, bar = measured.at(step.level), bar_of(row)
    words = what_is_missing(agreed, bar, is_sure_only=step.level == Level.AUDIT)
    below = [each for each in GUARDED if each <= step.level]
    is_open = all(bar.allows(measured.at(each)) for each in below)
    if is_here and not bar.allows(agreed):
        words = f"is kept while the lower bound stays near the bar; it {words}"
    elif not is_open and bar.allows(agreed):
        words = "needs the level before it to be open first."
    return Place(step, is_here, is_open, words, agreed, is_higher)

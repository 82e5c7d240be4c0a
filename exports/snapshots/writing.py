"""The rows of a plan, written into files."""

from collections import Counter

from exports.snapshots import making, material
from exports.snapshots.passing import Pass
from exports.snapshots.plan import Plan
from exports.snapshots.shards import Desk, Tracks, Whole
from projects.models import Project


def write_rows(project: Project, plan: Plan, desk: Desk) -> tuple[list[Whole], Counter[str]]:
    """The files, finished, and what has no row, by reason. Inside one transaction that reads."""
    tracks = Tracks(making.form(plan.recipe), desk)
    passing = Pass(desk.hold, making.maker(plan.recipe), tracks)
    passing.dropped.update(plan.dropped)
    try:
        passing.over(material.records(project, plan.recipe, plan.ids))
        return tracks.close(), passing.dropped
    finally:
        tracks.leave()

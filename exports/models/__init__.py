"""The rows of exports."""

from exports.models.arrivals import Arrivals
from exports.models.benchmarks import Benchmark, HeldOut
from exports.models.findings import (
    Finding,
    PoisoningScan,
    Quarantine,
    QuarantinedJudgement,
    SignOff,
)
from exports.models.recipes import SavedRecipe, Schedule
from exports.models.rounds import Round
from exports.models.snapshots import Export
from exports.models.targets import Target, Upload

__all__ = [
    "Arrivals",
    "Benchmark",
    "Export",
    "Finding",
    "HeldOut",
    "PoisoningScan",
    "Quarantine",
    "QuarantinedJudgement",
    "Round",
    "SavedRecipe",
    "Schedule",
    "SignOff",
    "Target",
    "Upload",
]

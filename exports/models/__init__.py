"""The rows of exports."""

from exports.models.benchmarks import Benchmark, HeldOut
from exports.models.recipes import SavedRecipe, Schedule
from exports.models.snapshots import Export
from exports.models.targets import Target, Upload

__all__ = ["Benchmark", "Export", "HeldOut", "SavedRecipe", "Schedule", "Target", "Upload"]

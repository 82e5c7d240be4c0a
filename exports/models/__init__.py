"""The rows of exports."""

from exports.models.recipes import SavedRecipe, Schedule
from exports.models.snapshots import Export
from exports.models.targets import Target, Upload

__all__ = ["Export", "SavedRecipe", "Schedule", "Target", "Upload"]

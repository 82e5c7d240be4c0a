"""The rows of exports."""

from exports.models.snapshots import Export

__all__ = ["Export"]

"""Where callers find exports until they look in `exports.snapshots` themselves."""

from exports.snapshots.building import build
from exports.snapshots.folders import exports_folder, folder_of
from exports.snapshots.requests import export_now, nudge, reconcile, request_export

__all__ = [
    "build",
    "export_now",
    "exports_folder",
    "folder_of",
    "nudge",
    "reconcile",
    "request_export",
]

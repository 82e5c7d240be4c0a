"""A dataset's files: rows, where they come from, card, Croissant metadata, manifest. Pure."""

from exports.files.shards import (
    FileEntry,
    Shard,
    n_shards,
    open_shard,
    provenance_name,
    shard_name,
    write_file,
)

__all__ = [
    "FileEntry",
    "Shard",
    "n_shards",
    "open_shard",
    "provenance_name",
    "shard_name",
    "write_file",
]

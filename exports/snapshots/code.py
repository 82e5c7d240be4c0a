"""Which code makes snapshots: a version tells releases apart, this any two states of it."""

import hashlib
from pathlib import Path

SOURCES = Path(__file__).parents[1]


def sum_of(folder: Path) -> str:
    """SHA-256 over all modules and their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(source)}\n".encode())
        digest.update(source)
    return digest.hexdigest()


CODE = sum_of(SOURCES)
"""Of what this process runs: taken when it began."""

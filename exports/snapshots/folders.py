"""Where snapshots lie, and how a folder comes to be whole: written aside, synced, renamed."""

import os
import shutil
from pathlib import Path

from django.conf import settings

from exports.models import Export

FILE_MODE = 0o444
FOLDER_MODE = 0o555
WRITABLE = 0o755


def exports_folder() -> Path:
    folder = Path(settings.DATA_FOLDER) / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_of(export: Export) -> Path:
    return exports_folder() / str(export.public_id)


def draft_of(export: Export) -> Path:
    """What is written of an unfinished export. It belongs to the export, not to an attempt."""
    return exports_folder() / f".{export.public_id}"


def put_in_place(whole: Path, final: Path) -> None:
    """Rename `whole` to `final`, and let nobody write into it; what an attempt left that died
    between the renaming and its commit goes."""
    remove(final)
    for path in whole.iterdir():
        path.chmod(FILE_MODE)
    sync(whole)
    whole.rename(final)
    # After the renaming: a folder that changes its parent has to be writable itself.
    final.chmod(FOLDER_MODE)
    sync(final.parent)


def take_back(final: Path, whole: Path) -> None:
    """The renaming undone."""
    final.chmod(WRITABLE)
    final.rename(whole)
    sync(whole.parent)


def move_once(here: Path, there: Path, size: int) -> None:
    """An attempt that died may have moved it already."""
    if here.exists():
        here.replace(there)
    if there.stat().st_size != size:
        raise OSError(f"{there.name} has not the size it was written with")


def remove(folder: Path) -> None:
    """Gone, also where it is read-only; nothing is wrong with one that is not there."""
    if not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(WRITABLE)
    shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, whenever the power fails."""
    aside = path.with_name(f"{path.name}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

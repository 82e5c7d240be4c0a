"""Scripts of the trainers' environment, which `make consumers` installs."""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PYTHON = HERE.parents[2] / ".venv-consumers" / "bin" / "python"
TOO_LONG_SECONDS = 900
needs_trainers = pytest.mark.skipif(
    not PYTHON.exists(), reason="trainers are not installed; `make consumers` installs them"
)


def run(script: str, *arguments: str, home: Path) -> str:
    """What a script of the consumers' environment prints, without a network."""
    done = subprocess.run(
        [PYTHON, HERE / script, *arguments],
        capture_output=True,
        text=True,
        timeout=TOO_LONG_SECONDS,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HF_HOME": str(home / "hf"),
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "TOKENIZERS_PARALLELISM": "false",
            "DISABLE_VERSION_CHECK": "1",
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout

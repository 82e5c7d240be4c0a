"""The whole product as `make up` starts it, for tests that look at it from outside."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.product.shell import Shell

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 120


@dataclass
class Product:
    """A running Touchstone and the ways in."""

    process: subprocess.Popen[bytes]
    data_folder: Path
    port: int
    model_port: int
    _shell: Shell | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        return _environ(self.data_folder, self.port, self.model_port)

    def password(self, username: str) -> str:
        lines = (self.data_folder / "demo-sign-ins.txt").read_text().splitlines()
        return next(line.split()[1] for line in lines if line.split()[0] == username)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def shell(self, code: str) -> str:
        """Run Python inside Django, on the product's own database; return what it printed."""
        if self._shell is None:
            self._shell = Shell(REPOSITORY, self.environ)
        return self._shell.run(code)

    def stop(self) -> None:
        if self._shell is not None:
            self._shell.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def children(self, *words: str) -> list[psutil.Process]:
        """Processes below the supervisor whose command line holds all `words`."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(child)
        return found

    def log(self, name: str = "") -> str:
        files = sorted((self.data_folder / "log").glob(f"{name or '*'}.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-4000:]}" for file in files)


def wait_for(
    condition: Callable[[], object], *, seconds: float, what: str, every: float = 0.2
) -> None:
    """Poll until `condition()` is true; fail with `what` after a generous while."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(data_folder: Path, *, port: int = 0) -> Product:
    port, model_port = port or free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "launch", "up"],
        cwd=REPOSITORY,
        env=_environ(data_folder, port, model_port),
        stdout=(data_folder.parent / f"up-{secrets.token_hex(3)}.log").open("wb"),
        stderr=subprocess.STDOUT,
    )
    product = Product(process, data_folder, port, model_port)

    def is_up() -> bool:
        assert process.poll() is None, f"make up ended: {product.log()}"
        return product.is_ready()

    try:
        wait_for(is_up, seconds=START_SECONDS, what="the product to be ready")
    except BaseException:
        # Nobody else knows of it; left to itself it would slow down whatever runs next.
        process.terminate()
        raise
    return product


def _environ(data_folder: Path, port: int, model_port: int) -> dict[str, str]:
    """Ours, without what would point the product at the test run's own servers."""
    ours = ("TOUCHSTONE_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "TOUCHSTONE_DATA": str(data_folder),
        "PORT": str(port),
        "MODEL_PORT": str(model_port),
    }

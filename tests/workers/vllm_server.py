"""A vLLM of our own with the tiny model, where vLLM is installed (`make vllm` installs it)."""

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from launch.vllm import PYTHON, Serving, command
from tests.product.running import free_port
from tests.workers import tiny_model

START_SECONDS = 600.0
MISSING = (
    "vLLM is not installed here (make vllm MODEL=… installs it into .venv-vllm), and "
    "TOUCHSTONE_TEST_VLLM names no server (http://host:8000/v1)"
)
IS_INSTALLED = PYTHON.exists()


@dataclass
class Vllm:
    serving: Serving
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return self.serving.base_url

    def start(self) -> None:
        how = command(self.serving)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                how.argv, env=dict(how.environ), stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + START_SECONDS
        while not (how.is_ready and how.is_ready()):
            is_up = self.process.poll() is None and time.monotonic() < end
            assert is_up, f"vLLM does not start: {self.log.read_text()[-3000:]}"
            time.sleep(0.5)

    def kill(self) -> None:
        """All of it, without a word."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            self._wait_until_deaf()

    def _wait_until_deaf(self) -> None:
        """Its children hold the socket for a moment longer."""
        end = time.monotonic() + 30
        with suppress(ConnectionError):
            while time.monotonic() < end:
                socket.create_connection(("127.0.0.1", self.serving.port), timeout=5).close()
                time.sleep(0.05)

    def metric(self, name: str) -> float:
        """The sum of one of its counters or gauges."""
        connection = http.client.HTTPConnection("127.0.0.1", self.serving.port, timeout=10)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}{{"))


def new(folder: Path) -> Vllm:
    model = tiny_model.make(folder / "tiny")
    adapters = tuple((name, folder / name) for name in ("round-2", "round-3"))
    serving = Serving(
        model=str(model), name="tiny", adapters=adapters, port=free_port(), has_gpu=False
    )
    return Vllm(serving, folder / "vllm.log")

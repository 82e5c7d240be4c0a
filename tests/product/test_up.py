"""The one command as a whole: it starts, says who holds it, stops in time, leaves nothing."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.environment import child_environ
from tests.product import running
from tests.product.running import Product

pytestmark = pytest.mark.product


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing at first, so one start does all there is to do; then what was left by the last."""
    return tmp_path_factory.mktemp("up") / "var"


@pytest.fixture
def started(data_folder: Path) -> Iterator[Product]:
    product = running.start(data_folder)
    yield product
    for process in descendants(product):
        process.kill()


def descendants(product: Product) -> list[psutil.Process]:
    if product.process.poll() is not None:
        return []
    supervisor = psutil.Process(product.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """A dead orphan may wait for init to collect it: it no longer runs."""
    found = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def up(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "launch", "up"],
        cwd=running.REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_one_is_told_and_ctrl_c_stops_the_first_in_time(started: Product) -> None:
    second = up(started.environ)
    assert second.returncode == 1
    assert f"is already in use by process {started.process.pid}" in second.stderr
    assert started.is_ready()

    family = descendants(started)
    began = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(timeout=20) == 0
    assert time.monotonic() - began < 10
    assert alive(family) == []


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_start_works(started: Product) -> None:
    family = descendants(started)
    assert len(family) > 8

    started.process.kill()
    started.process.wait()

    again = running.start(started.data_folder, port=started.port)
    assert alive(family) == []
    again.stop()
    assert again.process.returncode == 0


def test_a_port_in_use_gets_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = up(child_environ(TOUCHSTONE_DATA=str(tmp_path / "var"), PORT=str(port)))

    assert done.returncode == 1
    assert f"Port {port} is used by another program" in done.stderr

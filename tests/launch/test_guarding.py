"""The lock, the guardian and restarts, with small real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config.environment import REPOSITORY, child_environ
from launch.errors import LaunchError
from launch.lock import DataFolderLock
from launch.processes import Command, LogFile, Process, stop_in_order

SUPERVISOR = """
import sys, time
from pathlib import Path
from launch.guardian import Guardian
from launch.lock import DataFolderLock
from launch.processes import Command, Process
from config.environment import child_environ

data = Path(sys.argv[1])
lock = DataFolderLock(data / "lock")
lock.acquire(address="http://localhost:9499")
guardian = Guardian(lock_descriptor=lock.descriptor)
scripts = {
    "plain": "sleep 300",
    "family": "sleep 300 & sleep 300",
    "stubborn": "trap '' TERM; while :; do sleep 1; done",
}
processes = []
for name, script in scripts.items():
    command = Command(name=name, argv=("/bin/sh", "-c", script), environ=child_environ())
    processes.append(Process(command, log_folder=data / "log", guardian=guardian))
    processes[-1].start()
while not all(process.pid for process in processes):
    time.sleep(0.01)
print(*(process.pid for process in processes), flush=True)
time.sleep(300)
"""


def eventually(condition: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def group_is_gone(group: int) -> bool:
    """Whether nothing of it runs; a dead orphan may wait a while for init to collect it."""
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return False
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return True


def shell(name: str, script: str, **options: float) -> Command:
    return Command(
        name=name,
        argv=("/bin/sh", "-c", script),
        environ=child_environ(),
        stop_seconds=options.get("stop_seconds", 2.5),
    )


def test_a_second_holder_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    first, second = DataFolderLock(tmp_path / "lock"), DataFolderLock(tmp_path / "lock")
    first.acquire(address="http://localhost:9499")

    with pytest.raises(LaunchError) as caught:
        second.acquire(address="http://localhost:9498")

    assert f"is already in use by process {os.getpid()}, started at 20" in str(caught.value)
    assert "serving http://localhost:9499" in str(caught.value)
    first.release()
    second.acquire(address="http://localhost:9498")
    second.release()


def test_a_killed_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    groups = [int(pid) for pid in supervisor.stdout.readline().split()]
    assert len(groups) == 3
    assert not any(group_is_gone(group) for group in groups)

    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()

    # The next supervisor waits until the guardian has stopped everything, then gets the folder.
    lock = DataFolderLock(tmp_path / "lock")
    lock.acquire(address="http://localhost:9498")
    assert eventually(lambda: all(group_is_gone(group) for group in groups), seconds=1.0)
    lock.release()
    supervisor.stdout.close()


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    process = Process(shell("sleeper", "sleep 300"), log_folder=tmp_path, guardian=None)
    process.start()
    assert eventually(lambda: process.pid is not None)
    first = process.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: process.pid not in (None, first))
    stop_in_order([[process]], hurry=threading.Event())
    last = process.pid
    assert last is not None
    assert eventually(lambda: group_is_gone(last), seconds=1.0)


def test_a_child_that_will_not_stop_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    command = shell(
        "stubborn", "trap '' TERM; echo up; while :; do sleep 1; done", stop_seconds=0.3
    )
    process = Process(command, log_folder=tmp_path, guardian=None)
    process.start()
    assert eventually(lambda: "up" in process.log.tail())

    stop_in_order([[process]], hurry=threading.Event())

    # Its own children have been killed too, and are gone as soon as they get a turn.
    last = process.pid
    assert last is not None
    assert eventually(lambda: group_is_gone(last), seconds=1.0)


def test_a_child_that_cannot_start_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = Command(
        name="broken",
        argv=("/bin/sh", "-c", "echo no such setting; exit 3"),
        environ=child_environ(),
        is_ready=lambda: False,
    )
    process = Process(command, log_folder=tmp_path, guardian=None)
    process.start()

    with pytest.raises(LaunchError, match="broken does not start") as caught:
        process.wait_until_ready(seconds=10, stop=threading.Event())

    assert "no such setting" in str(caught.value)
    stop_in_order([[process]], hurry=threading.Event())


def test_a_log_keeps_two_files_of_bounded_size(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "noisy.log", limit_bytes=100)

    for number in range(50):
        log.write(f"line {number}\n".encode())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["noisy.log", "noisy.log.1"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 300
    assert log.tail(1) == "line 49"

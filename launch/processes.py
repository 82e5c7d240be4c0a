"""Children of the supervisor: start, log, restart when they die, stop."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.environment import REPOSITORY
from launch import console
from launch.errors import LaunchError, StopRequestedError
from launch.guardian import Guardian

LOG_LIMIT_BYTES = 5_000_000
SHORTEST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
FAILURES_BEFORE_GIVING_UP = 3


@dataclass(frozen=True, kw_only=True)
class Command:
    """How to run one process and how to stop it."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 2.5
    hurry_signal: signal.Signals = signal.SIGKILL
    """Sent when `stop_seconds` are over; SIGKILL follows."""
    is_ready: Callable[[], bool] | None = None
    ask_every_seconds: float = 0.03
    is_quiet: bool = False
    """Whether its warnings stay in its log file."""


class LogFile:
    """Appends lines; keeps at most two files of `LOG_LIMIT_BYTES`."""

    def __init__(self, path: Path, *, limit_bytes: int = LOG_LIMIT_BYTES) -> None:
        self.path = path
        self._limit_bytes = limit_bytes
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._mutex = threading.Lock()

    def write(self, line: bytes) -> None:
        with self._mutex:
            if self._file.tell() > self._limit_bytes:
                self._file.close()
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
                self._file = self.path.open("ab")
            self._file.write(line)
            self._file.flush()

    def tail(self, lines: int = 12) -> str:
        text = self.path.read_bytes()[-8_000:].decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


class Process:
    """One child that is started again whenever it ends without being asked to."""

    def __init__(self, command: Command, *, log_folder: Path, guardian: Guardian | None) -> None:
        self.command = command
        self.log = LogFile(log_folder / f"{command.name}.log")
        self._guardian = guardian
        self._popen: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._mutex = threading.Lock()
        self._failures = 0
        # The thread that starts the child also waits for it: Linux sends a child its
        # parent-death signal when the *thread* that started it ends.
        self._thread = threading.Thread(target=self._supervise, name=command.name, daemon=True)

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    @property
    def has_given_up(self) -> bool:
        """Whether it ended so often that it will hardly start any more."""
        return self._failures >= FAILURES_BEFORE_GIVING_UP

    def start(self) -> None:
        self._thread.start()

    def wait_until_ready(self, *, seconds: float, stop: threading.Event) -> None:
        """Return when the process answers; raise when it cannot start or the time is over."""
        deadline = time.monotonic() + seconds
        while not (self.command.is_ready is None or self.command.is_ready()):
            if stop.is_set():
                raise StopRequestedError
            if self.has_given_up or time.monotonic() > deadline:
                raise LaunchError(
                    f"{self.command.name} does not start. The end of {self.log.path}:\n"
                    f"{self.log.tail()}"
                )
            time.sleep(self.command.ask_every_seconds)

    def ask_to_stop(self) -> None:
        """Send the stop signal; the process is not started again."""
        with self._mutex:
            self._stopping.set()
            self._send(self.command.stop_signal)

    def finish(self, *, hurry: threading.Event) -> None:
        """Wait for a process that was asked to stop; kill it when its time is over."""
        deadline = time.monotonic() + self.command.stop_seconds
        while self._thread.is_alive() and time.monotonic() < deadline and not hurry.is_set():
            self._thread.join(0.02)
        if self._thread.is_alive() and self.command.hurry_signal != signal.SIGKILL:
            self._send(self.command.hurry_signal)
            self._thread.join(1.5)
        if self._thread.is_alive():
            self._send(signal.SIGKILL)
            self._thread.join(5.0)

    def _supervise(self) -> None:
        pause = SHORTEST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            self._run_once()
            if self._stopping.is_set():
                return
            self._failures += 1
            if time.monotonic() - started > STEADY_SECONDS:
                pause = SHORTEST_PAUSE_SECONDS
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> None:
        with self._mutex:
            if self._stopping.is_set():
                return
            self._popen = popen = _spawn(self.command)
            if self._guardian:
                self._guardian.add(popen.pid, self.command.stop_signal)
        reader = threading.Thread(target=self._read, args=(popen,), daemon=True)
        reader.start()
        code = popen.wait()
        # A leader that was killed may leave members of its group behind.
        _kill_group(popen.pid)
        if self._guardian:
            self._guardian.remove(popen.pid)
        reader.join(1.0)
        if not self._stopping.is_set():
            console.say(f"  ! {self.command.name} {_how_it_ended(code)}; starting it again")

    def _read(self, popen: subprocess.Popen[bytes]) -> None:
        if popen.stdout is None:
            return
        with popen.stdout:
            for line in popen.stdout:
                self.log.write(line)
                if not self.command.is_quiet:
                    console.trouble(self.command.name, line.decode(errors="replace").rstrip())

    def _send(self, number: signal.Signals) -> None:
        popen = self._popen
        if popen is None or popen.returncode is not None:
            return
        if number == signal.SIGKILL:
            _kill_group(popen.pid)
        else:
            popen.send_signal(number)


def _spawn(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        cwd=REPOSITORY,
        env=dict(command.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def stop_in_order(stages: list[list[Process]], *, hurry: threading.Event) -> None:
    """Stop each stage's processes together, one stage after the other."""
    for stage in stages:
        for process in stage:
            process.ask_to_stop()
        for process in stage:
            process.finish(hurry=hurry)

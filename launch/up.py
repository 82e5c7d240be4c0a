"""`make up`: everything in its order, until someone asks it to stop."""

import os
import signal
import socket
import subprocess
import threading
import time
from types import FrameType

from config.environment import REPOSITORY, Environment, load
from launch import console, embedded, models, plan
from launch.errors import LaunchError, StopRequestedError
from launch.guardian import Guardian
from launch.lock import DataFolderLock
from launch.processes import Command, LogFile, Process, stop_in_order

SERVER_SECONDS = 60.0
WEB_SECONDS = 90.0
WATCH_SECONDS = 0.5


class Product:
    """Everything that runs, and the order in which it is stopped."""

    def __init__(self, environment: Environment, *, guardian: Guardian) -> None:
        self.environment = environment
        self.guardian = guardian
        self.stop = threading.Event()
        self.hurry = threading.Event()
        self.began = time.monotonic()
        self.servers: list[Process] = []
        self.models: list[Process] = []
        self.workers: list[Process] = []
        self.web: list[Process] = []

    def start(self) -> None:
        self._start_servers()
        self.models = models.start_model_servers(
            self.environment, guardian=self.guardian, stop=self.stop
        )
        self._run(plan.manage("prepare"), done="Database prepared")
        if not self.environment.is_embedded:
            # Embedded, static files are served from where they lie.
            command = plan.manage("collectstatic", "--noinput", "--verbosity", "0")
            self._run(command, done="Static files collected")
        began = time.monotonic()
        self.web = [self._launch(plan.web(self.environment))]
        self.workers = [self._launch(command) for command in plan.workers(self.environment)]
        self.web[0].wait_until_ready(seconds=WEB_SECONDS, stop=self.stop)
        console.done("Web server and workers", since=began)

    def watch(self, *, parent: int | None) -> None:
        """Return when asked to stop, or when the parent that must be followed is gone."""
        while not self.stop.wait(WATCH_SECONDS):
            self.guardian.check()
            if parent is not None and os.getppid() != parent:
                return

    def shut_down(self) -> None:
        began = time.monotonic()
        console.say("Stopping…")
        self.stop.set()
        stages = [self.web, [*self.workers, *self.models], *([one] for one in self.servers)]
        stop_in_order(stages, hurry=self.hurry)
        self.guardian.close()
        console.say(f"Stopped in {time.monotonic() - began:.1f} s.")

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()

    def _launch(self, command: Command) -> Process:
        process = Process(command, log_folder=self.environment.log_folder, guardian=self.guardian)
        process.start()
        return process

    def _start_servers(self) -> None:
        """Valkey first in the list: it is stopped before PostgreSQL."""
        began = time.monotonic()
        data = self.environment.data_folder
        if self.environment.is_redis_embedded:
            self.servers.append(self._launch(embedded.valkey(data)))
            self._await_server(self.servers[-1], "Valkey", began=began)
        if self.environment.is_embedded:
            if not (data / "postgresql").exists():
                console.say("  … making a PostgreSQL cluster")
            began = time.monotonic()
            self.servers.append(self._launch(embedded.postgresql(data)))
            self._await_server(self.servers[-1], "PostgreSQL", began=began)

    def _await_server(self, process: Process, label: str, *, began: float) -> None:
        process.wait_until_ready(seconds=SERVER_SECONDS, stop=self.stop)
        console.done(label, since=began)

    def _run(self, command: Command, *, done: str) -> None:
        """Run a command to its end; its lines go to the person."""
        began = time.monotonic()
        log = LogFile(self.environment.log_folder / f"{command.name}.log")
        popen = subprocess.Popen(
            command.argv,
            cwd=REPOSITORY,
            env=dict(command.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.guardian.add(popen.pid, signal.SIGTERM)
        reader = threading.Thread(target=_relay, args=(popen, log), daemon=True)
        reader.start()
        while popen.poll() is None:
            if self.stop.wait(0.05):
                popen.terminate()
                popen.wait()
        self.guardian.remove(popen.pid)
        reader.join(1.0)
        if self.stop.is_set():
            raise StopRequestedError
        if popen.returncode != 0:
            raise LaunchError(
                f"manage.py {command.name} failed, as written above and in {log.path}."
            )
        console.done(done, since=began)


def up(*, follow_parent: bool) -> int:
    """Run the product in the foreground; returns the exit status."""
    parent = os.getppid() if follow_parent else None
    environment = load()
    lock = DataFolderLock(environment.data_folder / "lock")
    lock.acquire(address=environment.address)
    _check_ports(environment)
    product = Product(environment, guardian=Guardian(lock_descriptor=lock.descriptor))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, product.on_signal)
    console.say(f"Touchstone starts in {environment.data_folder}")
    try:
        product.start()
        _greet(product)
        product.watch(parent=parent)
    except StopRequestedError:
        return 0
    finally:
        product.shut_down()
        lock.release()
    return 0


def _greet(product: Product) -> None:
    environment = product.environment
    console.say(f"Ready in {time.monotonic() - product.began:.1f} s: {environment.address}")
    sign_ins = environment.data_folder / "demo-sign-ins.txt"
    if sign_ins.exists():
        console.say(sign_ins.read_text().rstrip())
    console.say(f"Logs are in {environment.log_folder}. Ctrl-C stops everything.")


def _relay(popen: subprocess.Popen[bytes], log: LogFile) -> None:
    if popen.stdout is None:
        return
    with popen.stdout:
        for line in popen.stdout:
            log.write(line)
            console.say(f"    {line.decode(errors='replace').rstrip()}")


def _check_ports(environment: Environment) -> None:
    wanted = [(environment.bind.strip("[]"), environment.port, "PORT")]
    if environment.embedded_models:
        wanted += [
            ("127.0.0.1", environment.model_port + offset, "MODEL_PORT")
            for offset in range(len(environment.model_endpoints))
        ]
    for host, port, variable in wanted:
        if not _is_free(host, port):
            raise LaunchError(
                f"Port {port} is used by another program. Choose another: "
                f"{variable}={port + 100} make up"
            )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return False
    return True

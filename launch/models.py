"""The embedded model servers: weights checked, state kept in a file for the models page.

`<data>/run/model-server-status.json` holds {"state": …, "reason": …}, where the state is one of
`off` (endpoints are configured), `missing`, `starting`, `ready` and `failed`.
"""

import hashlib
import http.client
import json
import sys
import threading
from pathlib import Path

from config.endpoints import Weights, find_weights
from config.environment import REPOSITORY, Environment, child_environ
from launch import console
from launch.errors import LaunchError, StopRequestedError
from launch.guardian import Guardian
from launch.processes import Command, Process

INSTALL_FAILED = REPOSITORY / ".venv" / "models-failed"
START_SECONDS = 120.0
HOW_TO_ADD = "add one with: .venv/bin/python manage.py add_model (see docs/operations.md)"


def start_model_servers(
    environment: Environment, *, guardian: Guardian, stop: threading.Event
) -> list[Process]:
    """Start a server for each set of weights, without waiting for any of them."""
    if not environment.embedded_models:
        _report_none(environment)
        return []
    processes = []
    for offset, weights in enumerate(find_weights(environment.data_folder)):
        command = _command(weights, port=environment.model_port + offset)
        process = Process(command, log_folder=environment.log_folder, guardian=guardian)
        processes.append(process)
    write_status(environment, "starting", "the model server is loading its weights")
    threading.Thread(
        target=_check_and_start, args=(environment, processes, stop), daemon=True
    ).start()
    return processes


def write_status(environment: Environment, state: str, reason: str) -> None:
    environment.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = environment.run_folder / "model-server-status.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"state": state, "reason": reason}))
    fresh.replace(path)


def verify(weights: Weights, *, stamps: Path) -> None:
    """Compare the file with its known checksum, once for as long as the file stays the same."""
    status = weights.path.stat()
    seen = f"{weights.sha256} {status.st_size} {status.st_mtime_ns} {weights.path}"
    stamp = stamps / f"{weights.served_name}.verified"
    if stamp.exists() and stamp.read_text() == seen:
        return
    if checksum(weights.path) != weights.sha256:
        raise LaunchError(
            f"{weights.path} is damaged: its sha256 is not {weights.sha256}. Remove it and run "
            "`make up` again."
        )
    stamps.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp.write_text(seen)


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _report_none(environment: Environment) -> None:
    if environment.model_endpoints:
        write_status(environment, "off", "the models come from TOUCHSTONE_MODELS")
        return
    failed = INSTALL_FAILED.read_text().strip() if INSTALL_FAILED.exists() else ""
    reason = failed or "none is installed and TOUCHSTONE_MODELS names none"
    write_status(environment, "missing", reason)
    console.say(f"  ! no language model: {reason}; {HOW_TO_ADD}")


def _command(weights: Weights, *, port: int) -> Command:
    arguments = ("--gguf", str(weights.path), "--alias", weights.served_name, "--port", str(port))
    return Command(
        name=f"model-server-{weights.served_name}",
        argv=(sys.executable, "-m", "launch.model_server", *arguments),
        environ=child_environ(PYTHONUNBUFFERED="1"),
        stop_seconds=1.0,
        is_quiet=True,
        is_ready=lambda: is_healthy(port),
    )


def _check_and_start(
    environment: Environment, processes: list[Process], stop: threading.Event
) -> None:
    try:
        for weights in find_weights(environment.data_folder):
            verify(weights, stamps=environment.data_folder / "models")
        for process in processes:
            process.start()
        for process in processes:
            process.wait_until_ready(seconds=START_SECONDS, stop=stop)
    except StopRequestedError:
        return
    except (LaunchError, OSError) as error:
        write_status(environment, "failed", str(error))
        console.say(f"  ! no language model: {error}; {HOW_TO_ADD}")
        return
    write_status(environment, "ready", "")


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

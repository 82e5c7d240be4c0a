"""`make vllm`: a real vLLM in an environment of its own, its models registered here.

One process serves one set of base weights; LoRA adapters of it are further models.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.environment import REPOSITORY, Environment, child_environ
from launch import console
from launch.errors import LaunchError
from launch.guardian import Guardian
from launch.plan import manage
from launch.processes import Command, Process

PYTHON = REPOSITORY / ".venv-vllm" / "bin" / "python"
# Beside the ports of the product and of the embedded model servers.
PORT_OFFSET = 20
# Loading a large model from a slow disk takes long; a process that ends is noticed at once.
START_SECONDS = 3600.0
SAY_EVERY_SECONDS = 30.0
STOP_SECONDS = 20.0
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks of LoRA adapters that vLLM can be told to make room for."""
CPU_IN_FLIGHT = 8
CPU_CONTEXT = 4096
CPU_CACHE_BYTES = 512 * 1024**2
GPU_IN_FLIGHT = 256


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What one vLLM process serves, and where."""

    model: str
    name: str
    adapters: tuple[tuple[str, Path], ...]
    port: int
    has_gpu: bool
    options: tuple[str, ...] = ()
    """Further arguments of vLLM's own; the last one given wins there."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *(name for name, _ in self.adapters))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def most_in_flight(self) -> int:
        return GPU_IN_FLIGHT if self.has_gpu else CPU_IN_FLIGHT


def serve(serving: Serving, *, environment: Environment) -> int:
    """Serve until Ctrl-C or SIGTERM; register the models once the server answers."""
    if not PYTHON.exists():
        raise LaunchError("vLLM is not installed here; `make vllm MODEL=…` installs it first.")
    if _answers(serving.port):
        raise LaunchError(f"Something answers at port {serving.port} already; give VLLM_PORT.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    guardian = Guardian()
    process = Process(command(serving), log_folder=environment.log_folder, guardian=guardian)
    process.start()
    try:
        console.say(f"vLLM is loading {serving.model}; its log is {process.log.path}")
        if _wait(process, serving, stop):
            register(serving)
            console.say("Serving. Ctrl-C stops it.")
            stop.wait()
    finally:
        process.ask_to_stop()
        process.finish(hurry=threading.Event())
        guardian.close()
    return 0


def command(serving: Serving) -> Command:
    """How vLLM is run; flags that are known to work, on a CPU with bounded memory."""
    is_folder = Path(serving.model).expanduser().is_dir()
    return Command(
        name=f"vllm-{serving.port}",
        argv=(
            *(str(PYTHON), "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", str(Path(serving.model).expanduser()) if is_folder else serving.model),
            *("--served-model-name", serving.name),
            *("--host", "127.0.0.1", "--port", str(serving.port)),
            *(() if serving.has_gpu else _for_a_cpu(serving.model)),
            *_for_adapters(serving.adapters),
            *serving.options,
        ),
        environ=child_environ(
            PYTHONUNBUFFERED="1",
            VLLM_NO_USAGE_STATS="1",
            DO_NOT_TRACK="1",
            # A folder is whole; asking a hub for it would only wait.
            **({"HF_HUB_OFFLINE": "1"} if is_folder else {}),
        ),
        stop_seconds=STOP_SECONDS,
        is_quiet=True,
        is_ready=lambda: _answers(serving.port),
        ask_every_seconds=0.5,
    )


def parse_adapters(given: str) -> tuple[tuple[str, Path], ...]:
    """`a=FOLDER b=FOLDER`, as vLLM's own option has it."""
    adapters = []
    for item in given.split():
        name, sign, folder = item.partition("=")
        path = Path(folder).expanduser().resolve()
        if not (name and sign and (path / "adapter_config.json").is_file()):
            raise LaunchError(
                f"LORA holds {item!r}; write NAME=FOLDER, where the folder holds an "
                "adapter_config.json, and a blank between two."
            )
        adapters.append((name, path))
    names = [name for name, _ in adapters]
    if len(set(names)) < len(names):
        raise LaunchError("LORA names the same model twice.")
    return tuple(adapters)


def name_of(model: str) -> str:
    """A short name for a folder or a model of a hub."""
    return Path(model).expanduser().name or model


def has_gpu() -> bool:
    """Whether the environment holds upstream vLLM, which is installed where there is a GPU."""
    return any((PYTHON.parent.parent / "lib").glob("python3*/site-packages/vllm-[0-9]*.dist-info"))


def register(serving: Serving) -> None:
    """Tell the product; without one that runs, say how to do it later."""
    for name in serving.names:
        adding = manage(
            *("add_model", name, "--endpoint-url", serving.base_url, "--served-name", name),
            *("--endpoint-name", f"vLLM {serving.name}", "--weights", serving.name),
            *("--most-in-flight", str(serving.most_in_flight), "--if-missing"),
        )
        added = subprocess.run(
            adding.argv,
            cwd=REPOSITORY,
            env=dict(adding.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        said = (added.stdout + added.stderr).strip().splitlines() or ["no reason was given"]
        if added.returncode == 0:
            console.say(f"  ✓ {said[-1]}")
            continue
        console.say(f"  ! {name} is served and was not added: {said[-1]}")
        console.say("    Once `make up` runs: .venv/bin/python " + " ".join(adding.argv[1:]))


def _for_a_cpu(model: str) -> tuple[str, ...]:
    return (
        *("--dtype", "bfloat16", "--enforce-eager"),
        *("--max-model-len", str(min(CPU_CONTEXT, _context(model)))),
        *("--max-num-seqs", str(CPU_IN_FLIGHT)),
        *("--kv-cache-memory-bytes", str(CPU_CACHE_BYTES)),
    )


def _context(model: str) -> int:
    """How many tokens the model can hold, where it is a folder that says so."""
    length = _read_json(Path(model).expanduser() / "config.json").get("max_position_embeddings")
    return length if isinstance(length, int) and length > 0 else CPU_CONTEXT


def _for_adapters(adapters: Sequence[tuple[str, Path]]) -> tuple[str, ...]:
    if not adapters:
        return ()
    rank = max(_rank(folder) for _, folder in adapters)
    room = next((size for size in RANKS if size >= rank), RANKS[-1])
    return (
        *("--enable-lora", "--max-lora-rank", str(room), "--max-loras", str(len(adapters))),
        *("--lora-modules", *(f"{name}={folder}" for name, folder in adapters)),
    )


def _rank(folder: Path) -> int:
    rank = _read_json(folder / "adapter_config.json").get("r")
    if not isinstance(rank, int) or rank < 1:
        raise LaunchError(f"{folder}/adapter_config.json does not say its rank, r.")
    return rank


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _wait(process: Process, serving: Serving, stop: threading.Event) -> bool:
    """Until it answers; False when somebody wants an end of it before."""
    since = said_at = time.monotonic()
    while not _answers(serving.port):
        if stop.wait(0.5):
            return False
        if process.has_given_up or time.monotonic() - since > START_SECONDS:
            raise LaunchError(
                f"vLLM does not start. The end of {process.log.path}:\n{process.log.tail(30)}"
            )
        if time.monotonic() - said_at > SAY_EVERY_SECONDS:
            said_at = time.monotonic()
            console.say(f"  … still loading ({said_at - since:.0f} s)")
    console.done(f"vLLM answers at {serving.base_url}", since=since)
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def from_arguments(
    model: str, *, name: str, lora: str, port: int | None, options: Sequence[str], offset: int
) -> Serving:
    if not model:
        raise LaunchError("Say which: make vllm MODEL=FOLDER or MODEL=ORGANISATION/NAME")
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        console.say("  ! vLLM was tried on Linux on x86-64 only.")
    return Serving(
        model=model,
        name=name or name_of(model),
        adapters=parse_adapters(lora),
        port=port or offset + PORT_OFFSET,
        has_gpu=has_gpu(),
        options=tuple(options),
    )

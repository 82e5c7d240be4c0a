"""An OpenAI-compatible server for one GGUF file: `python -m launch.model_server --gguf …`."""

import argparse
import os
import signal
from pathlib import Path
from typing import Any

SLOTS = 4
TOKENS_A_SLOT = 4096
TOKENS_A_SLOT_SMALL = 2048
ROOMY_BYTES = 4 * 1024**3
CACHE_MIB = 128
TOKENS_A_BATCH = 128
"""A long prompt is read in parts of that many; between two of them every other draw gets a token.
In llama.cpp's parts of 2048 they stood still for a minute on a slow core."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--alias", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    server = serve(gguf=arguments.gguf, alias=arguments.alias, port=arguments.port)
    print(f"{arguments.alias} answers at {server.listening_address}", flush=True)
    while True:
        signal.pause()


def serve(*, gguf: Path, alias: str, port: int) -> Any:
    """Load the weights and listen on the loopback address; returns once it answers."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gguf)
    parameters.model_alias = {alias}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * (
        TOKENS_A_SLOT if _memory_bytes() >= ROOMY_BYTES else TOKENS_A_SLOT_SMALL
    )
    parameters.n_batch = parameters.n_ubatch = TOKENS_A_BATCH
    parameters.cache_ram_mib = CACHE_MIB
    # One core stays free: with every core busy decoding, the threads wait for each other.
    threads = max(1, (os.cpu_count() or 2) - 1)
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.endpoint_metrics = True
    parameters.ui = False
    return xllamacpp.Server(parameters)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


if __name__ == "__main__":
    main()

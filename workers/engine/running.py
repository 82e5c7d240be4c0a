"""The engines of this process, each in a thread with an event loop of its own."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import uvloop

from workers.engine.engine import Engine
from workers.models import Generation

logger = logging.getLogger(__name__)

# An event loop waits so long for a thread that is at work, and once more after each thing it sends:
# with Python's own 5 ms a burst of draws would wait for the claim of the next.
SECONDS_A_TURN = 0.001


@dataclass
class _Running:
    loop: asyncio.AbstractEventLoop
    engine: Engine
    thread: threading.Thread


_lock = threading.Lock()
_running: dict[Generation.Queue, _Running] = {}


def start(queues: Iterable[Generation.Queue]) -> None:
    """Begin to draw the rows of these queues."""
    for queue in queues:
        wake(queue)


def wake(queue: Generation.Queue) -> None:
    """Let the engine of this queue look for rows; it is started where there is none yet."""
    with _lock:
        running = _running.get(queue)
        if running is None:
            _running[queue] = _start(queue)
        else:
            running.loop.call_soon_threadsafe(running.engine.wake)


def stop() -> None:
    """This process is about to end: draws give their rows back."""
    with _lock:
        for running in _running.values():
            running.loop.call_soon_threadsafe(running.engine.stop)


def join(*, seconds: float) -> None:
    """Wait for the engines that were told to stop."""
    with _lock:
        threads = [running.thread for running in _running.values()]
    for thread in threads:
        thread.join(seconds)


def _start(queue: Generation.Queue) -> _Running:
    started: list[_Running] = []
    is_ready = threading.Event()

    async def run() -> None:
        engine = Engine(queue)
        started.append(_Running(asyncio.get_running_loop(), engine, threading.current_thread()))
        is_ready.set()
        await engine.run()

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(run())
        except Exception:
            # Whoever supervises this process starts a new one; leases see to the rows.
            logger.exception("the engine of %s draws broke", queue.value)
            os.kill(os.getpid(), signal.SIGTERM)

    sys.setswitchinterval(SECONDS_A_TURN)
    threading.Thread(target=work, name=f"engine-{queue.value}", daemon=True).start()
    is_ready.wait()
    return started[0]

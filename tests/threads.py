"""The same work by many at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Argument = TypeVar("Argument")
Result = TypeVar("Result")


def in_threads(work: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result]:
    """Run `work` on each argument at the same moment, each on a connection of its own."""
    barrier = Barrier(len(arguments))

    def run(argument: Argument) -> Result:
        try:
            barrier.wait(timeout=30)
            return work(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))

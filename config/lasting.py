"""A lasting thread keeps its database connection from one request to the next.

Taking one from the pool, asking PostgreSQL whether it still answers, and giving it back takes
longer than most statements. Whether PostgreSQL was killed meanwhile shows without asking it: a
connection that waits for nothing and has something to read was hung up.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def lasting_connection() -> Iterator[None]:
    """Around one request. A connection that failed in it is dropped by Django, as ever."""
    own: Any = connections[DEFAULT_DB_ALIAS]
    if own.connection is not None and _is_hung_up(own.connection.fileno()):
        # The pool looks again before it hands out another, and waits where there is none.
        own.close()
    try:
        yield
    finally:
        own.close_at, own.health_check_enabled = None, False


def _is_hung_up(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))

"""Whether this installation can do its work right now."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

WORKER_KEY = "workers:seen:interactive"
WORKER_SILENCE_SECONDS = 30

OK = "ok"

_is_migrated = False


def states() -> dict[str, str]:
    """Each thing the product needs, and "ok" or what is wrong with it."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "redis": _redis,
        "worker": _worker,
    }
    return {name: check() for name, check in checks.items()}


def _database() -> str:
    global _is_migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            # Reading every migration is dear; a database does not go back while we run.
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "not migrated"
            _is_migrated = True
    except DatabaseError:
        return "not answering"
    return OK


def _redis() -> str:
    try:
        cache.get("readyz")
    except RedisError:
        return "not answering"
    return OK


def _worker() -> str:
    try:
        seen = cache.get(WORKER_KEY)
    except RedisError:
        return "unknown: redis is not answering"
    if not isinstance(seen, int | float):
        return "no interactive worker seen"
    silence = time.time() - seen
    return OK if silence <= WORKER_SILENCE_SECONDS else f"not seen for {silence:.0f} seconds"

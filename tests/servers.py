"""Real PostgreSQL and Valkey for a test run, started before Django reads its settings.

A pytest plugin (`-p tests.servers`). With TOUCHSTONE_DATA or DATABASE_URL set, the servers named
there are used instead and nothing is started. Of several processes (`-n`) each has its own, since
tests empty the cache. `is_migrated` says whether the database that the settings name has had all
migrations, so that a test run's own is a copy of it.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from launch.embedded import running
from tests import template

is_migrated = False
_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    global is_migrated
    is_given = bool({"TOUCHSTONE_DATA", "DATABASE_URL"} & set(os.environ))
    if not is_given and not _leaves_tests_to_others(early_config):
        folder = Path(tempfile.mkdtemp(prefix="touchstone-test-"))
        _stack.callback(shutil.rmtree, folder, ignore_errors=True)
        is_migrated = template.lay(folder)
        _stack.enter_context(running(folder, is_durable=False))
        os.environ["TOUCHSTONE_DATA"] = str(folder)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    yield


def pytest_unconfigure() -> None:
    _stack.close()


def _leaves_tests_to_others(config: pytest.Config) -> bool:
    """Whether this is the process that only hands tests out."""
    return "PYTEST_XDIST_WORKER" not in os.environ and bool(
        getattr(config.known_args_namespace, "numprocesses", None)
    )

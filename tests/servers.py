"""Real PostgreSQL and Valkey for a test run, started before Django reads its settings.

A pytest plugin (`-p tests.servers`). With TOUCHSTONE_DATA or DATABASE_URL set, the servers named
there are used instead and nothing is started.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from launch.embedded import running

_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    given = {"TOUCHSTONE_DATA", "DATABASE_URL", "PYTEST_XDIST_WORKER"} & set(os.environ)
    if not given:
        folder = Path(tempfile.mkdtemp(prefix="touchstone-test-"))
        _stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _stack.enter_context(running(folder, is_durable=False))
        os.environ["TOUCHSTONE_DATA"] = str(folder)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    yield


def pytest_unconfigure() -> None:
    _stack.close()

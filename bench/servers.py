"""Django on servers of the benchmark's own, unless the environment names others."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from launch.embedded import running


@contextmanager
def django_ready() -> Iterator[Path]:
    """Set Django up; gives a folder for files that goes away afterwards."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if not {"TOUCHSTONE_DATA", "DATABASE_URL"} & set(os.environ):
            stack.enter_context(running(folder, is_durable=False))
            os.environ["TOUCHSTONE_DATA"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        yield folder

"""Time an export beside what writing alone costs: `python -m bench.export [ROWS]`.

Comparisons of about three kilobytes are seeded into a throwaway database, exported, and the same
rows are written once more with orjson alone. The ratios are what to compare between machines.
Without TOUCHSTONE_DATA or DATABASE_URL it starts database servers of its own.
"""

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

from launch.embedded import running

DEFAULT_ROWS = 50_000


def main(n_rows: int) -> None:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if not {"TOUCHSTONE_DATA", "DATABASE_URL"} & set(os.environ):
            stack.enter_context(running(folder, is_durable=False))
            os.environ["TOUCHSTONE_DATA"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        # The models can be imported only now.
        from bench.export_rows import measure

        measure(n_rows, folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS)

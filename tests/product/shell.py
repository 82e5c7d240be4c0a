"""Python inside Django, on the product's own database: one process for all that tests ask of it.

Started anew for each question it took four seconds, most of them for Django. Each line in is a
JSON text of Python, each line out a JSON list of what that printed and how it failed.
"""

import json
import subprocess
import sys
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import django
from django.core.signals import request_finished


class Shell:
    """The asking side."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.product.shell"],
            cwd=folder,
            env={**environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(code), file=self._process.stdin, flush=True)
        printed, failure = json.loads(self._process.stdout.readline())
        assert not failure, printed + failure
        return str(printed).strip()

    def close(self) -> None:
        self._process.communicate(timeout=30)


def _answer() -> None:
    django.setup()
    out = sys.stdout
    for line in sys.stdin:
        printed, failure = StringIO(), ""
        try:
            with redirect_stdout(printed):
                exec(json.loads(line), {"__name__": "__main__"})  # noqa: S102
        except Exception:  # told to the asking side, whose test fails with it
            failure = traceback.format_exc()
        # What was taken is given back, as after a request.
        request_finished.send(sender=Shell)
        print(json.dumps([printed.getvalue(), failure]), file=out, flush=True)


if __name__ == "__main__":
    _answer()

"""The part of `make check` that needs a database or production's settings.

`makemigrations --check` reads the migration history, so it runs beside an embedded PostgreSQL;
`check --deploy` sees the settings as production would, without connecting to anything.
"""

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from config.environment import REPOSITORY, child_environ
from launch import embedded

PRODUCTION = {
    "DATABASE_URL": "postgresql://touchstone@localhost/touchstone",
    "REDIS_URL": "redis://localhost:6379/0",
    "TOUCHSTONE_HOSTS": "touchstone.example.org",
    "TOUCHSTONE_MODELS": "[]",
    "TOUCHSTONE_DEBUG": "0",
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="touchstone-check-") as folder:
        data = Path(folder)
        unset = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "TOUCHSTONE_SECRET_KEY"), "")
        with embedded.running(data, is_durable=False):
            migrations = _manage(
                *("makemigrations", "--check", "--dry-run"),
                environ=child_environ(**{**unset, "TOUCHSTONE_DATA": folder}),
            )
        deployment = _manage(
            *("check", "--deploy", "--fail-level", "WARNING"),
            environ=child_environ(
                **PRODUCTION,
                TOUCHSTONE_DATA=folder,
                TOUCHSTONE_SECRET_KEY=secrets.token_urlsafe(64),
            ),
        )
    return migrations or deployment


def _manage(*arguments: str, environ: dict[str, str]) -> int:
    argv = (sys.executable, "manage.py", *arguments)
    return subprocess.run(argv, cwd=REPOSITORY, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

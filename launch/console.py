"""What a person sees while the product starts and runs."""

import re
import sys
import time

TROUBLE = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b")
# What our own questions provoke while a server is not ready yet.
EXPECTED = re.compile(
    r"the database system is (starting up|shutting down|not yet accepting)"
    r"|Service Unavailable: /readyz"
)


def say(text: str = "") -> None:
    """One line to the person at the console; a closed console must not stop the product."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError, OSError):
        return


def done(what: str, *, since: float) -> None:
    """`since` is a `time.monotonic()`."""
    say(f"  ✓ {what} ({time.monotonic() - since:.1f} s)")


def trouble(name: str, line: str) -> None:
    """Repeat a child's warning or error; its full log is in the file."""
    if TROUBLE.search(line) and not EXPECTED.search(line):
        say(f"  [{name}] {line}")

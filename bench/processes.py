"""What the processes below this one use, by program. Reads /proc, so Linux only."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    cpu_seconds: float = 0.0
    """Of the processes and of their children that have ended."""
    memory: int = 0
    """Bytes, with what is shared divided by how many share it."""
    threads: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.cpu_seconds + other.cpu_seconds,
            self.memory + other.memory,
            self.threads + other.threads,
        )


def usage(programs: dict[str, str]) -> dict[str, Usage]:
    """For each name, what the processes whose command line holds that word use together."""
    found: dict[str, Usage] = defaultdict(Usage)
    for pid in _descendants(os.getpid()):
        try:
            line = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
            name = next((name for name, word in programs.items() if word in line), "other")
            found[name] += _of(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _of(pid: int) -> Usage:
    fields = (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    shares = (PROC / str(pid) / "smaps_rollup").read_text()
    memory = int(shares.partition("\nPss:")[2].split()[0]) * 1024
    return Usage(
        sum(int(field) for field in fields[11:15]) / TICKS_A_SECOND, memory, int(fields[17])
    )


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children[int(fields[1])].append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return found

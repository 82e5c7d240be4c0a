"""Every benchmark, one after another: `python -m bench`. Each is a program of its own too."""

import subprocess
import sys

BENCHMARKS = (
    "bench.rating",
    "bench.recompute",
    "bench.board",
    "bench.queue",
    "bench.labeling",
    "bench.import_prompts",
    "bench.export_reading",
    "bench.exports",
    "bench.hygiene",
    "bench.poisoning",
    "bench.guideline",
    "bench.quality",
    "bench.battles",
    "bench.drawing",
)

if __name__ == "__main__":
    worst = 0
    for name in BENCHMARKS:
        print(f"\n== {name}", flush=True)
        worst = max(worst, subprocess.run((sys.executable, "-m", name), check=False).returncode)
    sys.exit(worst)

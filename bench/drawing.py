"""How near drawing comes to what the model server can give.

    python -m bench.drawing [throughput] [latency] [ceiling] [fairness] [chaos]
                            [--base-url http://host:8000/v1 --model name]

Everything is real but the model server, which follows a script unless one is named: PostgreSQL,
Valkey, Celery workers as `make up` runs them. Without words all parts run.

- throughput: draws through the whole pipeline (row, nudge, worker, stream, finished row) beside
  the same requests by a bare asyncio client, at 1, 8, 64 and 256 in flight. Wanted: at least 95 %
  of its tokens a second at 64 and more.
- latency: what the pipeline adds until a reader has the first token (wanted: at most 30 ms in the
  median, 100 ms at the 99th percentile), idle and with 5,000 drafts queued on the same endpoint
  (wanted: at most 20 % later); memory of a draw in flight.
- ceiling: short draws as fast as they go (wanted: 300 a second on two cores).
- fairness: fifty draws of one project alone, and behind five thousand of another's (wanted: at
  most twice the time).
- chaos: 6,000 draws, 25 workers killed, Valkey emptied once, the model server restarted once
  (wanted: nothing stuck, nothing twice).

On a shared machine look at processor seconds and shares rather than at times.
"""

import argparse
import asyncio
import statistics
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import drawing_chaos
from bench.drawing_load import (
    PROGRAMS,
    Target,
    bare,
    furnished,
    make_rows,
    most_in_flight,
    request,
    scripted,
    wait_until_done,
    workers,
)
from bench.labeling_load import percentile
from bench.processes import Usage, usage

if TYPE_CHECKING:
    from projects.models import Project
    from workers.models import LanguageModel

IN_FLIGHT = (1, 8, 64, 256)
ROUNDS = 4
LEAST_SHARE = 0.95
FIRST_MS = 200
LONG = {"pieces": 100, "first_ms": FIRST_MS, "between_ms": 30}
SHORT = {"pieces": 3, "first_ms": 5, "between_ms": 5}
N_TURNS = 60
BACKLOG = 5000


def main() -> int:
    parts = {
        "throughput": throughput,
        "latency": latency,
        "ceiling": ceiling,
        "fairness": fairness,
        "chaos": drawing_chaos.chaos,
    }
    parser = argparse.ArgumentParser(prog="python -m bench.drawing")
    parser.add_argument("parts", nargs="*", choices=[[], *parts])
    parser.add_argument("--base-url")
    parser.add_argument("--model")
    asked = parser.parse_args()
    with ExitStack() as stack:
        stack.enter_context(furnished())
        if asked.base_url:
            target = Target(asked.base_url.rstrip("/"), asked.model, False)
        else:
            target = stack.enter_context(scripted())
        went_well = [parts[name](target) for name in asked.parts or parts]
        return 0 if all(went_well) else 1


def throughput(target: Target) -> bool:
    is_good = True
    print("in flight   bare tok/s  pipeline tok/s   share   requests/s   at most in flight")
    with workers("batch"):
        for at_once in IN_FLIGHT:
            n = ROUNDS * at_once
            texts = [target.message(f"k{i}", **LONG) for i in range(n)]
            began = time.monotonic()
            n_tokens, _ = asyncio.run(bare(target, texts, at_once=at_once))
            straight = n_tokens / (time.monotonic() - began)
            project, model = make_rows(target, bound=at_once)
            if target.is_scripted:
                most_in_flight(target)
            before, began = usage(PROGRAMS), time.monotonic()
            request(project, model, texts, "batch")
            wait_until_done(project)
            seconds = time.monotonic() - began
            _require_done(project)
            ours = _tokens(project) / seconds
            most = most_in_flight(target) if target.is_scripted else 0
            share = ours / straight
            print(
                f"{at_once:>9}{straight:>13.0f}{ours:>16.0f}{share:>8.1%}{n / seconds:>13.1f}"
                f"{most:>20}",
                flush=True,
            )
            _tell_processors(before, usage(PROGRAMS), seconds)
            is_good &= (share >= LEAST_SHARE or at_once < 64) and most <= at_once
    return is_good


def latency(target: Target) -> bool:
    with workers("interactive", "batch"):
        idle_memory = usage(PROGRAMS)["batch worker"].memory
        project, model = make_rows(target, bound=64, kept=4)
        _first_tokens(project, model, target, 5)
        texts = [target.message(f"t{i}", **LONG) for i in range(N_TURNS)]
        _, straight = asyncio.run(bare(target, texts, at_once=1 if target.is_scripted else 2))
        idle = _first_tokens(project, model, target, N_TURNS)
        drafts = [target.message(f"d{i}", **LONG) for i in range(BACKLOG)]
        request(project, model, drafts, "batch")
        time.sleep(5)
        memory = (usage(PROGRAMS)["batch worker"].memory - idle_memory) / 60
        loaded = _first_tokens(project, model, target, N_TURNS)
        _forget(project)
    base = statistics.median(straight)
    added = [seconds - base for seconds in idle]
    p50, p99 = percentile(added, 50), percentile(added, 99)
    later = statistics.median(loaded) / statistics.median(idle) - 1
    print(f"first token, bare client: p50 {base * 1000:.1f} ms")
    print(f"added by the pipeline: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    print(f"with {BACKLOG} drafts queued: p50 {statistics.median(loaded) * 1000:.1f} ms, ", end="")
    print(f"{later:+.1%}; p99 {percentile(loaded, 99) * 1000:.1f} ms")
    print(f"memory of a draw in flight, at most: {memory / 1024:.0f} kB")
    return p50 <= 0.030 and p99 <= 0.100 and later <= 0.20


def ceiling(target: Target) -> bool:
    n = 3000
    with workers("batch"):
        project, model = make_rows(target, bound=256)
        texts = [target.message(f"s{i}", **SHORT) for i in range(n)]
        request(project, model, texts[:100], "batch")
        wait_until_done(project)
        before, began = usage(PROGRAMS), time.monotonic()
        request(project, model, texts, "batch")
        wait_until_done(project)
        seconds = time.monotonic() - began
        after = usage(PROGRAMS)
        _require_done(project)
    print(f"short draws: {n / seconds:.0f} a second, from asking on")
    used = _tell_processors(before, after, seconds)
    print(f"  {used / n * 1000:.1f} ms of processors a draw, the model server's not counted")
    return n / seconds >= 300


def fairness(target: Target) -> bool:
    from tests.factories import make_project

    took = []
    for backlog in (0, BACKLOG):
        with workers("batch"):
            many, model = make_rows(target, bound=32)
            few = make_project()
            texts = [target.message("f", pieces=20, first_ms=100, between_ms=20)] * 50
            if backlog:
                request(many, model, texts * (backlog // len(texts)), "batch")
                time.sleep(3)
            began = time.monotonic()
            request(few, model, texts, "batch")
            wait_until_done(few)
            took.append(time.monotonic() - began)
            _forget(many)
    print(
        f"fifty draws alone {took[0]:.2f} s, behind {BACKLOG} of another's {took[1]:.2f} s: ",
        end="",
    )
    print(f"{took[1] / took[0]:.2f} times")
    return took[1] <= 2 * took[0]


def _first_tokens(
    project: "Project", model: "LanguageModel", target: Target, n: int
) -> list[float]:
    """Seconds from the request until a reader of the stream has text, one turn after the other."""
    from workers.drawing import ask_to_stop

    found = []
    for number in range(n):
        began = time.monotonic()
        text = target.message(f"i{number}", **LONG)
        row = request(project, model, [text], "interactive")[0]
        asyncio.run(_read_first(row.pk))
        found.append(time.monotonic() - began)
        ask_to_stop(generation_ids=[row.pk])
        time.sleep(0.05)
    return found


async def _read_first(pk: int) -> None:
    from workers import streams

    texts = {pk: streams.Text()}
    async with streams.reader() as client:
        while not texts[pk].text and not texts[pk].is_finished:
            await streams.read(client, texts, block_ms=1000)


def _tokens(project: "Project") -> int:
    from workers.models import Generation

    rows = Generation.objects.filter(project=project, state="done")
    return sum(used.get("completion_tokens", 0) for used in rows.values_list("usage", flat=True))


def _require_done(project: "Project") -> None:
    from workers.models import Generation

    failed = Generation.objects.filter(project=project).exclude(state="done")
    if failed.exists():
        raise RuntimeError(f"{failed.count()} draws failed: {failed[0].error}")


def _forget(project: "Project") -> None:
    """Let nothing that waits stand in the way of what comes next."""
    from workers.models import Generation

    Generation.objects.filter(project=project, state="queued").delete()
    wait_until_done(project)


def _tell_processors(before: dict[str, Usage], after: dict[str, Usage], seconds: float) -> float:
    """Print who used how much of a processor; seconds of all but the model server."""
    total = 0.0
    parts = []
    for name in PROGRAMS:
        used = after[name].cpu_seconds - before[name].cpu_seconds
        total += used if name != "model server" else 0
        if used > 0.01:
            parts.append(f"{name} {used / seconds:.2f}")
    print(f"  processors: {', '.join(parts)}", flush=True)
    return total


if __name__ == "__main__":
    sys.exit(main())

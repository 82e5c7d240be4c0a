"""Five hundred battles at once, on one machine: web server, worker, PostgreSQL and Valkey real.

    python -m bench.battles [--streams-only] [battles, default 500] [begun a second, default 15]
                            [longest reply in characters, default 3000]

A model server that follows a script answers; every battle is one of its quick and its slow model,
whose replies last about a minute. One event stream a battle is held open from beginning to end.
Measured: whether every text came whole and as it is stored; how long after the model server sent
the later of the two first pieces the visitor had the first joint frame, and how much of that lay
before Redis and behind it (none of it is meant: a start waits for both sides and for no tick); how
late the model server and the visitors came to what they had to do, which is not the product's;
memory and threads a stream; who used the processors; and whether a classifier can tell from times
and sizes alone which side is the quick model, on the joint frames and, as a control, on the pieces
that the model server sent.

Wanted: nothing lost, an added delay of the first characters of at most 30 ms (median), no thread
and no database connection a stream, and the classifier right in at most 55 % on the frames and
more than 90 % on the control. All share the processors, the load and the model server too.

With `--streams-only` neither a worker nor a model server run: the same script writes into the
streams in Redis that the web server reads, to see what the web server alone can hold.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bench.battles_firsts import First, quantiles, stored_at
from bench.battles_firsts import tell as tell_firsts
from bench.labeling import free_port, served
from bench.labeling_load import percentile
from bench.processes import Usage, usage
from tests.arena.telling_apart import Came, Shown, accuracy, of_frames, of_pieces

if TYPE_CHECKING:
    from arena.models import Turn
    from projects.models import Project

HIGHEST_MEDIAN_DELAY = 0.030
HIGHEST_ACCURACY = 0.55
LEAST_CONTROL = 0.90
MOST_THREADS_A_STREAM = 0.05
WARM_UP_BATTLES = 20
MOMENT = len("000000.000000 ")
PROGRAMS = {
    "web": "config.asgi",
    "worker": "celery",
    "PostgreSQL": "postgres",
    "Valkey": "valkey",
    "model server": "battles_server",
    "script": "battles_script",
    "load": "battles_load",
}


@dataclass
class Round:
    """What one round of battles came to."""

    turns: "list[Turn]"
    heard: list[dict[str, Any]]
    used: dict[str, Usage]
    """Processor seconds from the first battle to the last end."""
    seconds: float
    most_connections: int = 0
    most_streams: int = 0
    web: Usage = field(default_factory=Usage)
    """The web server while most streams were open."""
    late: list[float] = field(default_factory=list)
    """How late the visitors' process came to what it had to do."""


def main() -> int:
    is_streams_only = "--streams-only" in sys.argv
    given = [int(argument) for argument in sys.argv[1:] if argument != "--streams-only"]
    n_battles, rate, characters = (given + [500, 15, 3000][len(given) :])[:3]
    with ExitStack() as stack:
        stack.enter_context(served())
        folder = Path(os.environ["TOUCHSTONE_DATA"])
        port, sent = free_port(), folder / "sent.json"
        script = scripted(characters, sent) if is_streams_only else None
        with ExitStack() as answering:
            if script is None:
                answering.enter_context(model_server(port, characters, sent))
                answering.enter_context(worker())
            project = furnish(port, most_in_flight=2 * n_battles)
            battle_all(project, WARM_UP_BATTLES, rate, folder / "heard.json", script)
            idle = usage(PROGRAMS)["web"]
            found = battle_all(project, n_battles, rate, folder / "heard.json", script)
        return tell(found, idle, json.loads(sent.read_text()))


@contextmanager
def model_server(port: int, characters: int, log: Path) -> Iterator[None]:
    argv = (sys.executable, "-m", "bench.battles_server", str(port), str(characters), str(log))
    with subprocess.Popen(argv) as process:
        try:
            yield
        finally:
            process.terminate()


def scripted(characters: int, log: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "bench.battles_script", str(characters), str(log))


@contextmanager
def worker() -> Iterator[None]:
    """The interactive worker as `make up` runs it."""
    from config import environment
    from launch import plan

    command = plan.workers(environment.load())[0]
    with (
        (environment.load().data_folder / "worker.log").open("wb") as log,
        subprocess.Popen(
            command.argv, env=dict(command.environ), stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def furnish(port: int, *, most_in_flight: int) -> "Project":
    from tests.arena.rows import make_arena
    from tests.factories import make_endpoint, make_model

    endpoint = make_endpoint(base_url=f"http://127.0.0.1:{port}/v1", most_in_flight=most_in_flight)
    for name in ("quick", "slow"):
        make_model(name, endpoint=endpoint)
    return make_arena("bench")


def battle_all(
    project: "Project", n_battles: int, rate: int, log: Path, script: tuple[str, ...] | None
) -> Round:
    """Begin so many battles, so many a second, and listen to each until its end."""
    visitors = [_visitor(number) for number in range(n_battles)]
    argv = (sys.executable, "-m", "bench.battles_load", os.environ["PORT"], str(log))
    with ExitStack() as stack:
        load, listening = _fed(stack, argv)
        writing = _fed(stack, script)[1] if script else None
        before, began = usage(PROGRAMS), time.monotonic()
        turns = []
        for visitor in _paced(visitors, rate):
            turns.append(_begin(project, visitor, listening))
            if writing is not None:
                _order(turns[-1], writing)
        listening.close()
        if writing is not None:
            writing.close()
        found = Round(turns, [], {}, 0.0)
        while load.poll() is None:
            _look(found)
            time.sleep(1.0)
    found.seconds = time.monotonic() - began
    told = json.loads(log.read_text())
    found.heard, found.late = told["heard"], told["late"]
    after = usage(PROGRAMS)
    found.used = {
        name: Usage(each.cpu_seconds - before[name].cpu_seconds) for name, each in after.items()
    }
    found.used["load"] = Usage(told["cpu_seconds"])
    return found


def _fed(stack: ExitStack, argv: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    process = stack.enter_context(subprocess.Popen(argv, stdin=subprocess.PIPE))
    if process.stdin is None:
        raise RuntimeError("the process has no input")
    return process, process.stdin


def _order(turn: "Turn", script: IO[bytes]) -> None:
    """Have both replies written."""
    for generation in (turn.generation_a, turn.generation_b):
        if generation is not None:
            script.write(f"{generation.pk} {generation.model.name}\n".encode())
    script.flush()


def _paced(visitors: list[tuple[str, str]], rate: int) -> Iterator[tuple[str, str]]:
    due = time.monotonic()
    for visitor in visitors:
        time.sleep(max(0.0, due - time.monotonic()))
        yield visitor
        due += 1 / rate


def _visitor(number: int) -> tuple[str, str]:
    """Somebody's identity and the cookie of their session."""
    from arena.visitors import SESSION_KEY
    from projects.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = f"{time.monotonic_ns()}-{number}"
    session.save()
    return session[SESSION_KEY], str(session.session_key)


def _begin(project: "Project", visitor: tuple[str, str], load: IO[bytes]) -> "Turn":
    from django.urls import reverse

    from arena.battling import battles
    from arena.visitors import Visitor, visitor_digest

    identity, cookie = visitor
    battle = battles.start(
        project=project, visitor=Visitor(visitor_digest(identity)), message="Which is gold?"
    )
    load.write(f"{reverse('battle-stream', args=[battle.public_id, 1])} {cookie}\n".encode())
    load.flush()
    return battle.turns.get()


def _look(found: Round) -> None:
    """See what there is at most: open streams, connections to PostgreSQL, memory."""
    from django.db import connection

    from arena.models import Turn

    streams = Turn.objects.filter(state=Turn.State.STREAMING).count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        found.most_connections = max(found.most_connections, cursor.fetchone()[0])
    if streams >= found.most_streams:
        found.most_streams, found.web = streams, usage(PROGRAMS)["web"]


def tell(found: Round, idle: Usage, log: dict[str, Any]) -> int:
    firsts, lost = _compare(found)
    p50 = percentile([first.delay for first in firsts], 50)
    memory = (found.web.memory - idle.memory) / found.most_streams
    threads = (found.web.threads - idle.threads) / found.most_streams
    frames = sum(len(each["events"]) for each in found.heard)
    print(f"battles {len(found.turns)}, at once {found.most_streams}, seconds {found.seconds:.0f}")
    print(f"lost or altered texts {lost}, frames {frames:,}")
    tell_firsts(firsts)
    print(f"model server late {quantiles(log['late'])}; visitors {quantiles(found.late)}")
    print(f"memory a stream {memory / 1024:.0f} kB, threads a stream {threads:.3f}")
    print(f"connections to PostgreSQL at most {found.most_connections}, of all processes together")
    for name, used in sorted(found.used.items(), key=lambda item: -item[1].cpu_seconds):
        print(f"  {name:<14}{used.cpu_seconds / found.seconds:>5.2f} processors")
    blind, control = _telling_apart(found, log["sent"])
    print(f"the quick model is told by the frames in {blind:.1%}, by the pieces in {control:.1%}")
    is_good = not lost and p50 <= HIGHEST_MEDIAN_DELAY and threads <= MOST_THREADS_A_STREAM
    return 0 if is_good and blind <= HIGHEST_ACCURACY and control > LEAST_CONTROL else 1


def _compare(found: Round) -> tuple[list[First], int]:
    """When first characters came, and how many replies did not come as they are stored."""
    firsts, lost = [], 0
    for turn, heard in zip(found.turns, found.heard, strict=True):
        turn.refresh_from_db()
        frames = [
            (at, json.loads(data)) for at, name, data, _ in heard["events"] if name == "frame"
        ]
        told = ["".join(frame[side] for _, frame in frames) for side in "ab"]
        is_whole = turn.state == "complete" and told == [turn.reply_a, turn.reply_b]
        if not is_whole:
            lost += 1
            print(f"  {turn.state}: {heard['problem']} {[len(text) for text in told]}")
            continue
        sent_at = max(float(text[:MOMENT]) for text in told)
        firsts.append(First(sent_at, stored_at(turn), heard["answered_at"], frames[0][0]))
    return firsts, lost


def _telling_apart(found: Round, sent: list[Any]) -> tuple[float, float]:
    pieces = {f"{told[0][0]:013.6f}": (model, told) for model, told in sent if told}
    blind, control, labels = [], [], []
    for turn, heard in zip(found.turns, found.heard, strict=True):
        (model, a), (_, b) = (pieces[text[: MOMENT - 1]] for text in (turn.reply_a, turn.reply_b))
        began = heard["opened_at"]
        labels.append(model == "quick")
        control.append(of_pieces([Came(*x) for x in a], [Came(*x) for x in b], began=began))
        shown = [
            Shown(at, len(json.loads(data)["a"]), len(json.loads(data)["b"]), size)
            for at, name, data, size in heard["events"]
            if name == "frame"
        ]
        blind.append(of_frames(shown, began=began, ended=heard["events"][-1][0]))
    return accuracy(blind, labels), accuracy(control, labels)


if __name__ == "__main__":
    sys.exit(main())

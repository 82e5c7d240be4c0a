"""How long until a vote is on the board, with a million votes stored and 50 more a second.

    python -m bench.board [stored votes, default 1000000] [seconds, default 30] [votes a second, 50]

Votes are cast by four processes, at set times whatever happens to earlier ones, through the same
function as the pages use, integrity checks included, on 100 models and a real PostgreSQL. A reader
asks for the board all the time. Counted is from the moment a vote is handed in to the first board
that has it. The limit is one second.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import connection, connections

from bench.servers import django_ready

N_MODELS = 100
VOTERS = 4
VOTES_A_VISITOR = 20
LIMIT_SECONDS = 1.0

SEED = """
    WITH battles AS (
        INSERT INTO arena_battle (public_id, project_id, mode, model_a_id, model_b_id, source,
            visitor, network, import_key, created_at)
        SELECT gen_random_uuid(), %(project)s, 'battle', (%(models)s::bigint[])[1 + a],
            (%(models)s::bigint[])[1 + (a + 1 + b) %% %(n)s], 'arena',
            'v' || (k %% %(visitors)s), '', '',
            now() - (%(last)s - k) * interval '7 seconds'
        FROM (SELECT k, (random() * %(n)s - 0.5)::int %% %(n)s AS a,
            (random() * (%(n)s - 1) - 0.5)::int %% (%(n)s - 1) AS b
            FROM generate_series(%(first)s, %(last)s) k) drawn
        RETURNING id, project_id, model_a_id, model_b_id, visitor, created_at
    ), votes AS (
        INSERT INTO arena_vote (battle_id, project_id, verdict, voter, network, created_at)
        SELECT id, project_id, (ARRAY['a', 'b', 'tie', 'both_bad'])[1 + (hashint8(id) & 3)],
            visitor, '', created_at
        FROM battles RETURNING id, battle_id, verdict
    )
    INSERT INTO arena_countedvote (vote_id, project_id, model_a_id, model_b_id, verdict, weight,
        categories, language, style, prompt_key, cast_at)
    SELECT votes.id, project_id, model_a_id, model_b_id, verdict, 1,
        (ARRAY['code', 'maths', 'hard', 'creative-writing'])[1:(hashint8(votes.id) >> 2) & 3]
            || ARRAY['language-en']::varchar[],
        'en', ARRAY[random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5],
        md5((votes.id %% 300000)::text), created_at
    FROM votes JOIN battles ON battles.id = battle_id
"""


def main() -> None:
    stored, seconds, rate = (
        int(float(text)) for text in (*sys.argv[1:], *("1000000", "30", "50")[len(sys.argv) - 1 :])
    )
    with django_ready():
        from django.test.utils import setup_databases, teardown_databases

        created = setup_databases(verbosity=0, interactive=False)
        try:
            is_kept = measure(stored, seconds, rate)
        finally:
            teardown_databases(created, verbosity=0)
    sys.exit(not is_kept)


def measure(stored: int, seconds: int, rate: int) -> bool:
    from arena.boards import counting, standings
    from tests.factories import make_model, make_project

    project = make_project("bench-board")
    models = [make_model(f"model {n:03}").pk for n in range(N_MODELS)]
    started_at = time.perf_counter()
    seed(project.pk, models, stored)
    seeded_at = time.perf_counter()
    counting.recount(project=project)
    recounted_at = time.perf_counter()
    board = standings.current(project=project)
    computed_at = time.perf_counter()
    print(
        f"{board.n_votes:,} votes stored in {seeded_at - started_at:.0f} s, tallies and online Elo"
        f" made anew in {recounted_at - seeded_at:.1f} s, the first board"
        f" in {1000 * (computed_at - recounted_at):.0f} ms",
        flush=True,
    )
    turns = prepare(project, models, seconds * rate, visitors_of(stored))
    cast_at, seen = run(project.pk, turns, rate, board.n_votes)
    waits = np.array(waiting(cast_at, seen, board.n_votes))
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    took = np.array([end - begin for begin, end in cast_at])
    print(
        f"{len(waits):,} votes at {rate} a second: on the board after {p50:.3f} s (p50),"
        f" {p95:.3f} s (p95), {p99:.3f} s (p99), {waits.max():.3f} s (worst); casting took"
        f" {1000 * np.median(took):.0f} ms (p50), {1000 * np.percentile(took, 99):.0f} ms (p99);"
        f" {len(seen)} boards were read"
    )
    is_kept = len(waits) == len(turns) and bool(p99 < LIMIT_SECONDS)
    print(f"limit {LIMIT_SECONDS:.0f} s (p99): {'kept' if is_kept else 'MISSED'}")
    return is_kept


def seed(project: int, models: Sequence[int], stored: int) -> None:
    """Battles and votes of the past, each with its counted vote, made by the database itself."""
    with connection.cursor() as cursor:
        for first in range(1, stored + 1, 100_000):
            values: dict[str, Any] = {
                "project": project, "models": list(models), "n": len(models),
                "visitors": visitors_of(stored),
                "first": first, "last": min(first + 99_999, stored),
            }  # fmt: skip
            cursor.execute(SEED, values)
        cursor.execute("ANALYZE")


def visitors_of(stored: int) -> int:
    return max(stored // VOTES_A_VISITOR, 1)


def prepare(
    project: Any, models: Sequence[int], number: int, n_visitors: int
) -> list[tuple[int, str]]:
    """Battles of visitors known from before, whose replies are there: (battle, visitor)."""
    from django.utils import timezone

    from arena.models import Battle, Turn

    rng = np.random.default_rng(0)
    earlier = timezone.now() - timedelta(minutes=2)
    pairs = [rng.choice(len(models), size=2, replace=False).tolist() for _ in range(number)]
    battles = Battle.objects.bulk_create(
        Battle(
            project=project, model_a_id=models[a], model_b_id=models[b],
            visitor=f"v{n % n_visitors}", created_at=earlier,
        )
        for n, (a, b) in enumerate(pairs)
    )  # fmt: skip
    Turn.objects.bulk_create(
        Turn(
            battle=battle, number=1, message=f"Why is the sky blue on day {battle.pk}?",
            state=Turn.State.COMPLETE, reply_a="It scatters blue light. " * 20,
            reply_b="**Rayleigh**:\n\n- scattering\n- of light\n" * 5, created_at=earlier,
        )
        for battle in battles
    )  # fmt: skip
    return [(battle.pk, battle.visitor) for battle in battles]


def run(
    project: int, turns: list[tuple[int, str]], rate: int, before: int
) -> tuple[list[tuple[float, float]], list[tuple[float, int]]]:
    """When each vote was handed in and committed, and when boards were read with how many."""
    connections.close_all()
    # What a pool keeps open must not be shared with the processes forked now.
    connection.close_pool()  # type: ignore[attr-defined]
    processes = multiprocessing.get_context("fork")
    with processes.Pool(VOTERS + 1) as pool:
        begin = time.time() + 1.0
        reading = pool.apply_async(read, (project, before + len(turns), begin + len(turns) / rate))
        shares = [
            pool.apply_async(vote, (turns[share::VOTERS], begin + share / rate, VOTERS / rate))
            for share in range(VOTERS)
        ]
        cast_at = [times for share in shares for times in share.get()]
        return cast_at, reading.get()


def vote(turns: list[tuple[int, str]], begin: float, every: float) -> list[tuple[float, float]]:
    from arena.battling import votes
    from arena.models import Battle, Verdict
    from arena.visitors import Visitor

    times = []
    for n, (battle, visitor) in enumerate(turns):
        time.sleep(max(begin + n * every - time.time(), 0.0))
        handed_in_at = time.time()
        found = Battle.objects.select_related("project").get(pk=battle)
        verdict = Verdict.values[battle % len(Verdict.values)]
        votes.cast(battle=found, visitor=Visitor(visitor), verdict=verdict)
        times.append((handed_in_at, time.time()))
    return times


def read(project: int, awaited: int, end: float) -> list[tuple[float, int]]:
    from arena.boards import standings
    from projects.models import Project

    arena = Project.objects.get(pk=project)
    seen: list[tuple[float, int]] = []
    while time.time() < end + 30 and not (seen and seen[-1][1] >= awaited):
        n_votes = standings.current(project=arena).n_votes
        seen.append((time.time(), n_votes))
        time.sleep(0.02)
    return seen


def waiting(
    cast_at: list[tuple[float, float]], seen: list[tuple[float, int]], before: int
) -> list[float]:
    """For each vote that got onto a board, how long it took; boards show votes by commit."""
    waits, position = [], 0
    for n, (handed_in_at, _) in enumerate(sorted(cast_at, key=lambda times: times[1]), start=1):
        while position < len(seen) and seen[position][1] < before + n:
            position += 1
        if position < len(seen):
            waits.append(seen[position][0] - handed_in_at)
    return waits


if __name__ == "__main__":
    main()

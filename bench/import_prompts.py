"""Importing prompts with their tasks, beside a bare COPY of the same rows into the same tables.

    python -m bench.import_prompts [prompts, default 100,000]

The limit is the least that PostgreSQL has to do: the rows an import made, copied by two COPY
statements in one transaction, under the same indexes, keys and checks, on the same server in the
same run. Exits with 1 where an import is slower than the share of it that is promised.
"""

import json
import random
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bench.servers import django_ready

KINDS = ("demonstration", "comparison")
ROUNDS = 3
LEAST_SHARE = 0.25
WORDS = ("why", "does", "the", "sky", "turn", "red", "when", "a", "ship", "sails", "at", "night")
PROMPTS = (
    "id, project_id, messages, content_hash, external_id, tags, language, source, created_at",
    "id + %(shift)s::bigint, %(to)s::bigint, messages, content_hash, external_id, tags, language,"
    " source, now() FROM labeling_prompt WHERE project_id = %(origin)s ORDER BY id",
)
TASKS = (
    "project_id, prompt_id, kind, variant, lane_id, state, is_open, seq, overlap, n_assigned,"
    " n_submitted, n_skipped, is_disputed, cause, clauses, created_at",
    "%(to)s::bigint, prompt_id + %(shift)s::bigint, task.kind, variant, lane.id, state,"
    " is_open, seq, overlap, 0::smallint, 0::smallint, 0::smallint, false, '', '{}'::varchar[],"
    " now() FROM labeling_task task JOIN labeling_lane old ON old.id = task.lane_id"
    " JOIN labeling_lane lane"
    " ON lane.project_id = %(to)s AND (lane.kind, lane.priority, lane.language, lane.skills)"
    " = (old.kind, old.priority, old.language, old.skills)"
    " WHERE task.project_id = %(origin)s ORDER BY seq",
)
LANES = (
    "INSERT INTO labeling_lane (project_id, kind, priority, language, skills, is_gold)"
    " SELECT %s, kind, priority, language, skills, is_gold FROM labeling_lane WHERE project_id = %s"
)


def main() -> None:
    number = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000
    with django_ready() as folder:
        from django.test.utils import setup_databases, teardown_databases

        created = setup_databases(verbosity=0, interactive=False)
        try:
            share = measure(number, folder)
        finally:
            teardown_databases(created, verbosity=0)
    if share < LEAST_SHARE:
        sys.exit(f"slower than {LEAST_SHARE:.0%} of a bare COPY")


def measure(number: int, folder: Path) -> float:
    from tests.factories import make_project

    file = folder / "prompts.jsonl"
    write_prompts(file, number)
    size = file.stat().st_size / 1e6
    print(f"{number:,} prompts with {len(KINDS)} tasks each, {size:,.0f} MB of JSONL")
    before = peak_mb()
    taken: list[tuple[float, float]] = []
    for i in range(ROUNDS):
        origin, to = make_project(f"import-{i}"), make_project(f"copy-{i}")
        import_s = ours(origin, file)
        if i == 0:
            print(f"peak memory: {before:.0f} MB before importing, {peak_mb():.0f} MB after")
            print("round  import s  prompts/s  COPY s  prompts/s  of it")
        copy_s = bare(origin.pk, to.pk, folder)
        taken.append((import_s, copy_s))
        print(
            f"{i + 1:>5} {import_s:>9.2f} {number / import_s:>10,.0f} {copy_s:>7.2f}"
            f" {number / copy_s:>10,.0f} {copy_s / import_s:>6.0%}"
        )
    again_s = ours(origin, file, expected=0)
    print(f"the same file again: {again_s:.2f} s, {number / again_s:,.0f} prompts/s")
    return statistics.median(copy_s / import_s for import_s, copy_s in taken)


def write_prompts(file: Path, number: int) -> None:
    chance = random.Random(7)
    with file.open("w", encoding="utf-8") as out:
        for i in range(number):
            text = " ".join(chance.choices(WORDS, k=chance.randint(10, 150)))
            row = {
                "prompt": f"{i}: {text}?",
                "external_id": f"q-{i}",
                "tags": chance.sample(WORDS, 2),
                "source": "survey",
                "language": chance.choice(("", "en", "de")),
                "priority": chance.choice(("low", "normal", "high")),
                "skills": chance.choice(([], ["physics"])),
            }
            out.write(json.dumps(row) + "\n")


def ours(project: Any, file: Path, *, expected: int | None = None) -> float:
    """Seconds for an import, from opening the file to the commit."""
    from labeling.intake.prompts import import_file

    start = time.perf_counter()
    with file.open("rb") as stream:
        report = import_file(by=None, project=project, file=stream, kinds=KINDS)
    seconds = time.perf_counter() - start
    if expected is not None and report.added != expected:
        raise RuntimeError(f"{report.added} prompts were added, not {expected}")
    return seconds


def bare(origin: int, to: int, folder: Path) -> float:
    """Seconds for copying what project `origin` holds, laid out beforehand, into project `to`."""
    files = [folder / "prompts.copy", folder / "tasks.copy"]
    tables = (("labeling_prompt", *PROMPTS), ("labeling_task", *TASKS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM labeling_prompt")
        values = {"origin": origin, "to": to, "shift": cursor.fetchone()[0]}
        cursor.execute(LANES, [to, origin])
        for file, (_, _, chosen) in zip(files, tables, strict=True):
            with (
                file.open("wb") as out,
                cursor.copy(f"COPY (SELECT {chosen}) TO STDOUT (FORMAT binary)", values) as copy,
            ):
                for block in copy:
                    out.write(block)
        start = time.perf_counter()
        with transaction.atomic():
            for file, (table, columns, _) in zip(files, tables, strict=True):
                statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
                with file.open("rb") as rows, cursor.copy(statement) as copy:
                    while block := rows.read(1 << 16):
                        copy.write(block)
        seconds = time.perf_counter() - start
        # Later imports take their keys from here on.
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('labeling_prompt', 'id'),"
            " (SELECT max(id) FROM labeling_prompt))"
        )
    return seconds


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

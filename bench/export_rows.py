"""The rows that `bench.export` seeds, and the two runs that it compares."""

import itertools
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.db import connection, connections
from django.test.utils import override_settings
from django.utils import timezone

from exports.building import export_now, folder_of
from exports.models import Export
from instructions.models import Guideline, GuidelineVersion
from labeling.assigning.lanes import lane_for
from labeling.models import Assignment, Comparison, Prompt, Response, Task
from projects.models import Membership, Project, Role, User
from workers.models import Generation, LanguageModel

BATCH = 1_000
WORDS = "monopsony paperclip harbour ledger patience copper tide lantern "


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mib: float


def measure(n_rows: int, folder: Path) -> None:
    with throwaway_database(), override_settings(DATA_FOLDER=folder):
        started = time.perf_counter()
        project = seed(n_rows)
        print(f"seeded {n_rows} comparisons in {time.perf_counter() - started:.0f} s")
        ours = in_child(lambda: export_now(project=project, kind=Export.Kind.PREFERENCES))
        export = Export.objects.get()
        data = folder_of(export) / "data.jsonl"
        with data.open("rb") as file:
            rows = [orjson.loads(line) for line in itertools.islice(file, BATCH)]
        limit = in_child(lambda: write_alone(rows, n_rows, folder / "alone.jsonl"))
        size = data.stat().st_size
    if export.n_rows != n_rows:
        raise SystemExit(f"{export.n_rows} rows came of {n_rows} comparisons.")
    print(f"{'':<12}{'rows/s':>10}{'peak MiB':>10}   of {size / n_rows / 1024:.1f} KiB a row")
    for name, run in (("export", ours), ("orjson alone", limit)):
        print(f"{name:<12}{n_rows / run.seconds:>10,.0f}{run.peak_mib:>10.0f}")
    print(
        f"the export takes {ours.seconds / limit.seconds:.1f} times as long and "
        f"{ours.peak_mib / limit.peak_mib:.2f} times the memory"
    )


@contextmanager
def throwaway_database() -> Iterator[None]:
    real = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = "touchstone_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def in_child(run: Callable[[], object]) -> Measured:
    """Run in a process of its own, whose peak memory is not the seeding's."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()

    def child() -> None:
        started = time.perf_counter()
        run()
        seconds = time.perf_counter() - started
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        results.put(Measured(seconds, peak / 2**20))

    process = fork.Process(target=child)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit("The measured run failed.")
    measured: Measured = results.get()
    return measured


def write_alone(rows: list[dict[str, Any]], n_rows: int, path: Path) -> None:
    """`n_rows` rows through orjson into a file: what no export can be faster than."""
    with path.open("wb") as file:
        for row in itertools.islice(itertools.cycle(rows), n_rows):
            file.write(orjson.dumps(row))
            file.write(b"\n")


def seed(n_rows: int) -> Project:
    labeler = User.objects.create(username="bench")
    project = Project.objects.create(slug="bench", name="Bench")
    Membership.objects.create(project=project, user=labeler, role=Role.LABELER)
    guideline = Guideline.objects.create(project=project)
    version = GuidelineVersion.objects.create(
        guideline=guideline, number=1, text="", html="", published_by=labeler
    )
    models = [LanguageModel.objects.create(name=f"bench-{side}") for side in "ab"]
    for first in range(0, n_rows, BATCH):
        numbers = range(first, min(first + BATCH, n_rows))
        _seed_batch(numbers, project, labeler, version, models)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return project


def _seed_batch(
    numbers: range,
    project: Project,
    labeler: User,
    version: GuidelineVersion,
    models: list[LanguageModel],
) -> None:
    prompts = Prompt.objects.bulk_create(
        Prompt(
            project=project,
            messages=[{"role": "user", "content": f"{number}: {WORDS * 8}"}],
            content_hash=str(number),
        )
        for number in numbers
    )
    lane = lane_for(project=project, kind="comparison")
    sides = [_seed_responses(prompts, project, model) for model in models]
    tasks = Task.objects.bulk_create(
        Task(
            project=project,
            prompt=prompt,
            kind="comparison",
            lane=lane,
            state="complete",
            is_open=False,
        )
        for prompt in prompts
    )
    assignments = Assignment.objects.bulk_create(
        Assignment(
            task=task,
            labeler=labeler,
            state="submitted",
            leased_until=timezone.now(),
            guideline_version=version,
        )
        for task in tasks
    )
    Comparison.objects.bulk_create(
        Comparison(
            assignment=assignment,
            labeler=labeler,
            guideline_version=version,
            seconds=30.0,
            prompt=prompt,
            response_a=first,
            response_b=second,
            preference=-1,
        )
        for assignment, prompt, first, second in zip(assignments, prompts, *sides, strict=True)
    )


def _seed_responses(
    prompts: list[Prompt], project: Project, model: LanguageModel
) -> list[Response]:
    texts = [f"{model.name} {prompt.pk}: {WORDS * 17}" for prompt in prompts]
    generations = Generation.objects.bulk_create(
        Generation(
            project=project,
            model=model,
            queue=Generation.Queue.BATCH,
            messages=prompt.messages,
            parameters={"temperature": 0.7, "max_tokens": 512},
            state=Generation.State.DONE,
            output=text,
            finished_at=timezone.now(),
        )
        for prompt, text in zip(prompts, texts, strict=True)
    )
    return Response.objects.bulk_create(
        Response(prompt=prompt, origin="model", text=text, generation=generation)
        for prompt, text, generation in zip(prompts, texts, generations, strict=True)
    )

"""A guideline of 300 pages: opening its page, publishing it, searching it, comparing versions.

    python -m bench.guideline [repeats, default 15]

Medians of whole requests through Django, without a network: by the clock, and the seconds of
processor this process took, which a busy machine does not lengthen. The aims: the page within
100 ms, publishing within a few seconds.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from bench.guideline_text import guideline_text
from bench.servers import django_ready

CLAUSES, CHARACTERS = 2_000, 1_000_000
PAGE_LIMIT_MS = 100
QUERIES = ("medical advice", "hones", '"risk harm" or table', "4.2", "judge -legal")


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with django_ready():
        from django.test.utils import (
            setup_databases,
            setup_test_environment,
            teardown_databases,
        )

        setup_test_environment()
        created = setup_databases(verbosity=0, interactive=False)
        try:
            page_ms = measure(repeats)
        finally:
            teardown_databases(created, verbosity=0)
    if page_ms > PAGE_LIMIT_MS:
        sys.exit(f"The page took {page_ms:.0f} ms of processor, more than {PAGE_LIMIT_MS}.")


def measure(repeats: int) -> float:
    from django.test import Client

    from instructions.models import GuidelineVersion
    from instructions.publish import publish, save_draft
    from instructions.search import search
    from instructions.versions import compare
    from projects.models import Role
    from tests.factories import make_member, make_project

    project = make_project("bench-guideline")
    owner, reader = make_member(project, Role.OWNER), make_member(project)
    text = guideline_text(clauses=CLAUSES, characters=CHARACTERS)
    print(f"  {CLAUSES:,} clauses, {len(text):,} characters; medians of {repeats}")
    print(f"  {'':<42} {'clock':>12} {'processor':>12}")

    def put(draft: str) -> GuidelineVersion:
        save_draft(by=owner, project=project, text=draft)
        return publish(by=owner, project=project, change_note="")

    drafts = iter([text + f"\nAnd number {n}.\n" for n in range(4)])
    timed("publish", lambda: put(next(drafts)), 3)
    latest = GuidelineVersion.objects.get(guideline__project=project, number=4)

    browser = Client()
    browser.force_login(reader)

    def get(path: str) -> Callable[[], object]:
        def ask() -> None:
            answer = browser.get(f"/projects/{project.slug}/guideline/{path}")
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")

        return ask

    page_ms = timed("page with its table of contents", get(""), repeats)
    numbered = f"versions/{latest.number}"
    timed("fragment beside a task", get(f"{numbered}/fragment/"), repeats)
    timed("clauses as JSON", get(f"{numbered}/clauses.json"), repeats)
    for query in QUERIES:
        n_all = search(latest, query).n_all
        timed(f"search {query!r}: {n_all}", partial(search, latest, query), repeats)
    first = GuidelineVersion.objects.get(guideline__project=project, number=1)
    other = put(guideline_text(clauses=CLAUSES, characters=CHARACTERS, seed=2))
    timed("two versions alike", lambda: compare(first, latest), 3)
    timed("two versions with nothing alike", lambda: compare(first, other), 3)
    return page_ms


def timed(what: str, run: Callable[[], object], repeats: int) -> float:
    """Print and return the median milliseconds of processor, after one run that warms caches."""
    run()
    clock, processor = list[float](), list[float]()
    for _ in range(repeats):
        started_at, spent = time.perf_counter(), time.process_time()
        run()
        clock.append(time.perf_counter() - started_at)
        processor.append(time.process_time() - spent)
    by_clock, by_processor = (1000 * statistics.median(each) for each in (clock, processor))
    print(f"  {what:<42} {by_clock:>9.1f} ms {by_processor:>9.1f} ms")
    return by_processor


if __name__ == "__main__":
    main()

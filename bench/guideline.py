"""A guideline of 300 pages: opening its page, publishing it, searching it, comparing versions.

    python -m bench.guideline [repeats, default 15]

Medians of whole requests through Django, without a network. The aims: the page within 100 ms,
publishing within a few seconds.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

from bench.guideline_text import guideline_text
from bench.servers import django_ready
from bench.timing import median_seconds

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
        sys.exit(f"The page took {page_ms:.0f} ms, more than {PAGE_LIMIT_MS}.")


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

    def put(draft: str) -> GuidelineVersion:
        save_draft(by=owner, project=project, text=draft)
        return publish(by=owner, project=project, change_note="")

    seconds = []
    for note in ("one", "two", "three"):
        started_at = time.perf_counter()
        latest = put(text + f"\nAnd number {note}.\n")
        seconds.append(time.perf_counter() - started_at)
    say("publish", sorted(seconds)[1])

    browser = Client()
    browser.force_login(reader)

    def get(path: str) -> Callable[[], object]:
        def ask() -> None:
            answer = browser.get(f"/projects/{project.slug}/guideline/{path}")
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")

        return ask

    page = median_seconds(get(""), repeats=repeats)
    say("page with its table of contents", page)
    numbered = f"versions/{latest.number}"
    say("fragment beside a task", median_seconds(get(f"{numbered}/fragment/"), repeats=repeats))
    say("clauses as JSON", median_seconds(get(f"{numbered}/clauses.json"), repeats=repeats))
    for query in QUERIES:
        n_all = search(latest, query).n_all
        found = median_seconds(partial(search, latest, query), repeats=repeats)
        say(f"search {query!r}: {n_all}", found)
    first = GuidelineVersion.objects.get(guideline__project=project, number=1)
    other = put(guideline_text(clauses=CLAUSES, characters=CHARACTERS, seed=2))
    say("two versions alike", median_seconds(lambda: compare(first, latest), repeats=3))
    say("two versions with nothing alike", median_seconds(lambda: compare(first, other), repeats=3))
    return 1000 * page


def say(what: str, seconds: float) -> None:
    print(f"  {what:<42} {1000 * seconds:>8.1f} ms")


if __name__ == "__main__":
    main()

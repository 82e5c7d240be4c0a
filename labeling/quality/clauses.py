"""Which clauses are behind the disputes."""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from instructions.publish import current_version
from labeling.models import Review, Task
from labeling.quality.agreement import wilson
from labeling.quality.filters import Filters
from labeling.quality.rows import Judgements
from projects.models import Project

MOST_SHOWN = 20


def titles_of(project: Project) -> dict[str, str]:
    """The clauses of the version in force, as “4.2 Medical advice”, by anchor."""
    version = current_version(project)
    if version is None:
        return {}
    rows = version.clauses_in_order().values_list("anchor", "number", "title")
    return {anchor: f"§{number} {title}" for anchor, number, title in rows}


def disputed_clauses(project: Project, own: Judgements, filters: Filters) -> dict[str, Any]:
    """Each clause's share of the disputed tasks, beside its share of all tasks judged.

    A task counts for a clause when a justification of it, or a review of it, cites the clause. A
    clause that is cited in disputes no more often than elsewhere is only a busy one.
    """
    judged = set(own.language_of)
    disputed = judged & set(
        Task.objects.filter(project=project, is_disputed=True).values_list("pk", flat=True)
    )
    cited = _cited(project, own, filters)
    titles = titles_of(project)
    rows: list[dict[str, Any]] = []
    for anchor, tasks in cited.items():
        n_disputed, n_all = len(tasks & disputed), len(tasks & judged)
        if anchor not in titles or not n_disputed:
            continue
        of_disputes = wilson(n_disputed, len(disputed))
        of_all = wilson(n_all, len(judged))
        rows.append(
            {
                "anchor": anchor,
                "label": titles[anchor],
                "n_disputed": n_disputed,
                "n_all": n_all,
                "of_disputes": asdict(of_disputes),
                "of_all": asdict(of_all),
                "stands_out": (of_disputes.lower or 0) > (of_all.value or 0),
            }
        )
    rows.sort(key=lambda row: (-row["n_disputed"], row["anchor"]))
    cite_any = set().union(*cited.values()) & disputed if cited else set()
    return {
        "n_judged": len(judged),
        "n_disputed": len(disputed),
        "n_without": len(disputed) - len(cite_any),
        "rows": rows[:MOST_SHOWN],
    }


def _cited(project: Project, own: Judgements, filters: Filters) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for anchor, tasks in own.cites.items():
        found[anchor] |= tasks
    reviews = Review.objects.filter(prompt__project=project).exclude(cites=[])
    subject = Coalesce(F("about_id"), F("reviewed__task_id"))
    chosen = reviews.filter(filters.prompts("prompt__"), filters.days("created_at"))
    for task, cites in chosen.annotate(subject=subject).values_list("subject", "cites"):
        for anchor in cites:
            found[anchor].add(task)
    return found

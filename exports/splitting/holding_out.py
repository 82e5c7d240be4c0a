"""Prompts that are kept for measuring models: neither they nor prompts like them are exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from exports.models import HeldOut
from labeling.models import Prompt
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import InvalidInput, Problem
from projects.models import Project, User
from projects.text import clean_name

MOST_AT_ONCE = 10_000
LONGEST_REASON = 200
LONGEST_ID = 200
SHOWN_PROBLEMS = 20


def hold_out(
    *,
    by: User | None,
    project: Project,
    external_ids: Any = None,
    tag: Any = None,
    reason: Any = "",
) -> int:
    """Hold out the prompts of these external ids, or all that carry a tag now; how many were not
    held out before. Exports made already stay as they are."""
    if by is not None:
        project_for(by, project.slug, roles=STAFF)
    reason = clean_name(reason, field="reason", limit=LONGEST_REASON, required=False)
    prompts = _prompts(project, external_ids, tag)
    with transaction.atomic():
        before = project.held_out.count()
        rows = [HeldOut(project=project, prompt=p, reason=reason, by=by) for p in prompts]
        HeldOut.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        n_new = project.held_out.count() - before
        if n_new:
            audit.record(
                verb="prompts.held_out", by=by, project=project, number=n_new, reason=reason
            )
    return n_new


def release(*, by: User | None, project: Project, external_ids: Any) -> int:
    """Let prompts into exports again; how many were held out."""
    if by is not None:
        project_for(by, project.slug, roles=STAFF)
    prompts = _prompts(project, external_ids, None)
    with transaction.atomic():
        n_gone, _ = project.held_out.filter(prompt__in=[p.pk for p in prompts]).delete()
        if n_gone:
            audit.record(verb="prompts.released", by=by, project=project, number=n_gone)
    return n_gone


def held_out_in(project: Project) -> QuerySet[HeldOut]:
    """Newest first."""
    return project.held_out.select_related("prompt", "by").order_by("-created_at", "-pk")


def _prompts(project: Project, external_ids: Any, tag: Any) -> list[Prompt]:
    if (external_ids is None) == (tag is None):
        raise InvalidInput.field("external_ids", "must be given, or else a tag, and not both")
    own = project.prompts.only("pk").order_by("pk")
    if tag is not None:
        tagged = list(own.filter(tags__contains=[clean_name(tag, field="tag", limit=60)]))
        if not tagged:
            raise InvalidInput.field("tag", "no prompt carries it")
        return tagged
    wanted = _ids(external_ids)
    found = {p.external_id: p for p in own.only("pk", "external_id").filter(external_id__in=wanted)}
    missing = [each for each in wanted if each not in found]
    if missing:
        rules = [f"there is no prompt “{each}”" for each in missing[:SHOWN_PROBLEMS]]
        raise InvalidInput(*(Problem("external_ids", rule) for rule in rules))
    return list(found.values())


def _ids(external_ids: Any) -> Sequence[str]:
    if not isinstance(external_ids, list | tuple) or not 0 < len(external_ids) <= MOST_AT_ONCE:
        raise InvalidInput.field("external_ids", f"must be a list of 1 to {MOST_AT_ONCE:,} texts")
    return [clean_name(each, field="external_ids", limit=LONGEST_ID) for each in external_ids]

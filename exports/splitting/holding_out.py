"""Prompts that are kept for measuring models: neither they nor prompts like them are exported."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet

from exports.models import HeldOut
from exports.splitting.texts import prompts_in
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
_PROMPT_ID = re.compile(r"prompt-([1-9][0-9]{0,17})")


def hold_out(
    *,
    by: User | None,
    project: Project,
    ids: Any = None,
    tag: Any = None,
    texts: bytes | None = None,
    reason: Any = "",
) -> int:
    """Hold out the prompts of these ids, or all that carry a tag now, or texts whether or not they
    are prompts of the project; how many were not held out before. Exports made already stay as
    they are.

    `ids` are external ids, or as exports write those of prompts without one: prompt-12. `texts` is
    UTF-8, a prompt a line, as `exports/splitting/texts.py` reads it.
    """
    if by is not None:
        project_for(by, project.slug, roles=STAFF)
    reason = clean_name(reason, field="reason", limit=LONGEST_REASON, required=False)
    rows = _rows(project, ids, tag, texts)
    for row in rows:
        row.reason, row.by = reason, by
    with transaction.atomic():
        before = project.held_out.count()
        HeldOut.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        n_new = project.held_out.count() - before
        if n_new:
            audit.record(
                verb="prompts.held_out", by=by, project=project, number=n_new, reason=reason
            )
    return n_new


def release(
    *, by: User | None, project: Project, ids: Any = None, texts: bytes | None = None
) -> int:
    """Let prompts and texts into exports again; how many were held out."""
    if by is not None:
        project_for(by, project.slug, roles=STAFF)
    rows = _rows(project, ids, None, texts)
    is_one = Q(prompt__in=[row.prompt_id for row in rows if row.prompt_id])
    is_one |= Q(content_hash__in=[row.content_hash for row in rows if row.content_hash])
    with transaction.atomic():
        n_gone, _ = project.held_out.filter(is_one).delete()
        if n_gone:
            audit.record(verb="prompts.released", by=by, project=project, number=n_gone)
    return n_gone


def held_out_in(project: Project) -> QuerySet[HeldOut]:
    """Newest first."""
    return project.held_out.select_related("prompt", "by").order_by("-created_at", "-pk")


def _rows(project: Project, ids: Any, tag: Any, texts: bytes | None) -> list[HeldOut]:
    """As they would be kept."""
    if sum(each is not None for each in (ids, tag, texts)) != 1:
        raise InvalidInput.field("ids", "must be given, or else a tag or texts, and only one")
    if texts is not None:
        return _texts(project, texts)
    prompts = _named(project, _ids(ids)) if tag is None else _tagged(project, tag)
    return [HeldOut(project=project, prompt=prompt) for prompt in prompts]


def _texts(project: Project, data: bytes) -> list[HeldOut]:
    prompts = prompts_in(data)
    if len(prompts) > MOST_AT_ONCE:
        rule = f"must be at most {MOST_AT_ONCE:,} at once, are {len(prompts):,}"
        raise InvalidInput.field("texts", rule)
    hashed = {
        hashlib.sha256(orjson.dumps(messages, option=orjson.OPT_SORT_KEYS)).hexdigest(): messages
        for messages in prompts
    }
    return [
        HeldOut(project=project, messages=messages, content_hash=digest)
        for digest, messages in hashed.items()
    ]


def _tagged(project: Project, tag: Any) -> list[Prompt]:
    found = project.prompts.filter(tags__contains=[clean_name(tag, field="tag", limit=60)])
    if tagged := list(found.only("pk").order_by("pk")):
        return tagged
    raise InvalidInput.field("tag", "no prompt carries it")


def _named(project: Project, ids: Sequence[str]) -> list[Prompt]:
    """An external id goes before one of ours that is written alike."""
    own = project.prompts.only("pk", "external_id").order_by("pk")
    found = {p.external_id: p for p in own.filter(external_id__in=ids)}
    ours = {
        int(match[1]): each
        for each in ids
        if each not in found and (match := _PROMPT_ID.fullmatch(each))
    }
    found |= {ours[p.pk]: p for p in own.filter(pk__in=ours)}
    if missing := [each for each in ids if each not in found]:
        rules = [f"there is no prompt “{each}”" for each in missing[:SHOWN_PROBLEMS]]
        raise InvalidInput(*(Problem("ids", rule) for rule in rules))
    return list(found.values())


def _ids(ids: Any) -> Sequence[str]:
    if not isinstance(ids, list | tuple) or not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInput.field("ids", f"must be a list of 1 to {MOST_AT_ONCE:,} texts")
    return [clean_name(each, field="ids", limit=LONGEST_ID) for each in ids]

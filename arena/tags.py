"""Categories of the owner's own: battles whose first message holds one of some words."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from arena.models import PromptTag
from arena.rules import lines_of
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_name

NAME_LIMIT = 60
SLUG_LIMIT = 30
MOST_WORDS = 50
WORD_LIMIT = 60
MOST_TAGS = 20


def tags_of(project: Project) -> list[PromptTag]:
    """The tags in use, by name."""
    return list(PromptTag.objects.filter(project=project, retired_at=None).order_by("name", "pk"))


def add_tag(*, by: User, project: Project, name: Any, words: Any) -> PromptTag:
    membership(by, project.slug, roles=OWNERS)
    clean = check_all(
        {
            "name": lambda: clean_name(name, field="name", limit=NAME_LIMIT),
            "words": lambda: _words(words),
        }
    )
    slug = slugify(clean["name"])[:SLUG_LIMIT].strip("-")
    if not slug:
        raise InvalidInput.field("name", "must have a letter or a digit of the Latin alphabet")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if PromptTag.objects.filter(project=project, slug=slug).exists():
            raise Conflict(f"There is a tag “{slug}” already, perhaps a retired one.")
        if PromptTag.objects.filter(project=project, retired_at=None).count() >= MOST_TAGS:
            raise Conflict(f"An arena has at most {MOST_TAGS} tags. Retire one first.")
        tag = PromptTag.objects.create(project=project, slug=slug, **clean)
        audit.record(verb="tag.added", by=by, project=project, subject=tag, words=tag.words)
    return tag


def retire_tag(*, by: User, project: Project, tag_id: int, back: bool = False) -> PromptTag:
    """Take a tag out of use, or `back` into it. What was counted under it stays counted."""
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        tags = PromptTag.objects.select_for_update().filter(project=project, pk=tag_id)
        tag = tags.first()
        if tag is None:
            raise NotFound("There is no such tag.")
        if (tag.retired_at is None) == back:
            return tag
        tag.retired_at = None if back else timezone.now()
        tag.save(update_fields=["retired_at"])
        audit.record(
            verb="tag.brought_back" if back else "tag.retired",
            by=by,
            project=project,
            subject=tag,
        )
    return tag


def _words(value: Any) -> list[str]:
    words = lines_of(value, field="words", most=MOST_WORDS, limit=WORD_LIMIT)
    if not words:
        raise InvalidInput.field("words", "must be at least one word, one a line")
    return words

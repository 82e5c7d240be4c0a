"""`{{ text|cited:version }}`: people's text with its § citations as links to the clauses."""

from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from instructions.citing import link_citations
from instructions.models import GuidelineVersion
from instructions.render import render_markdown

register = template.Library()


@register.filter
def cited(text: str, version: GuidelineVersion) -> SafeString:
    """Markdown, safely rendered; `version` is the one that was worked by."""
    html = render_markdown(text)
    if "§" in html:
        slug, titles = _clauses(version.pk)
        address = reverse("guideline-version", args=[slug, version.number])
        html = link_citations(html, titles=titles, address=address)
    return mark_safe(html)  # noqa: S308 - rendered against an allow-list


@lru_cache(maxsize=64)
def _clauses(version_pk: int) -> tuple[str, dict[str, str]]:
    """Where a version is, and its titles by anchor. A version never changes."""
    version = GuidelineVersion.objects.select_related("guideline__project").get(pk=version_pk)
    titles = dict(version.clauses.values_list("anchor", "title"))
    return version.guideline.project.slug, titles

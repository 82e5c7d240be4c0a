"""Citations like ``§4.2`` in people's texts, as links to the clause. Imports no Django."""

import re
from collections.abc import Mapping
from html import escape

from instructions.clauses import anchor_of
from instructions.render import plain_text

_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}(?![0-9])"
_SPACE = "[ \u00a0\u202f]?"
_CITATION = re.compile(
    rf"§{_SPACE}{_NUMBER}|§§{_SPACE}{_NUMBER}(?:(?:,|;| and| &amp;| –){_SPACE}{_NUMBER})*"
)
_EACH = re.compile(_NUMBER)
_TAG = re.compile(r"(<[^>]*>)")
_CLOSED_TO_LINKS = ("a", "code", "pre")


def link_citations(html: str, *, titles: Mapping[str, str], address: str) -> str:
    """Safe HTML with each citation of a clause in `titles` (by anchor) as a link.

    `address` is the page that holds the clauses. Links, code and tags are left as they are, and
    so is a citation of a clause that is not there. Give it the output of the renderer only.
    """
    open_tags: list[str] = []
    parts = []
    for part in _TAG.split(html):
        if part.startswith("<"):
            _track(part, open_tags)
        elif not open_tags:
            part = _CITATION.sub(lambda found: _links(found[0], titles, address), part)
        parts.append(part)
    return "".join(parts)


def link_plain(text: str, *, titles: Mapping[str, str], address: str) -> str:
    """As `link_citations`, for text without Markdown; its lines stay lines in `.plain-text`."""
    lines = "\n".join(plain_text(line) for line in text.splitlines())
    return link_citations(lines, titles=titles, address=address)


def _track(tag: str, open_tags: list[str]) -> None:
    name = tag.strip("</>").split(None, 1)[0].lower() if tag.strip("</> ") else ""
    if name not in _CLOSED_TO_LINKS:
        return
    if not tag.startswith("</"):
        open_tags.append(name)
    elif open_tags:
        open_tags.pop()


def _links(citation: str, titles: Mapping[str, str], address: str) -> str:
    """One citation is a link as a whole; of several after §§ each number is one."""
    if citation.startswith("§§"):
        return _EACH.sub(lambda found: _link(found[0], found[0], titles, address), citation)
    return _link(citation, citation.lstrip("§ \u00a0\u202f"), titles, address)


def _link(shown: str, number: str, titles: Mapping[str, str], address: str) -> str:
    anchor = anchor_of(number)
    if anchor not in titles:
        return shown
    href = escape(f"{address}#{anchor}")
    return f'<a class="cite" href="{href}" title="{escape(titles[anchor])}">{shown}</a>'

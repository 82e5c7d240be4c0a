"""The table of contents, written once for the page and for the guideline beside a task.

Two thousand entries through the template engine take longer than the whole page may, so it is put
together here from escaped pieces.
"""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from instructions.models import GuidelineVersion

_FEW = 60

_Row = tuple[str, str, str, list[str]]
"""Number, anchor, title and tags of a clause."""


def contents(version: GuidelineVersion) -> SafeString:
    """Nested lists of links to the clauses; those of a long guideline begin folded."""
    rows: list[_Row] = list(
        version.clauses_in_order().values_list("number", "anchor", "title", "tags")
    )
    return mark_safe(nested(rows))  # noqa: S308 - every piece is escaped


def nested(rows: Sequence[_Row]) -> str:
    """The lists, from rows in order; a clause stands below the last one of a lower level."""
    is_open = len(rows) <= _FEW
    pieces = ["<ol>"]
    open_levels: list[int] = []
    for at, row in enumerate(rows):
        level = _level(row)
        while open_levels and open_levels[-1] >= level:
            open_levels.pop()
            pieces.append("</ol></li>")
        has_below = at + 1 < len(rows) and _level(rows[at + 1]) > level
        folded = ' class="is-folded"' if has_below and not is_open else ""
        tags = escape(" ".join(row[3]))
        pieces.append(f'<li{folded} data-for="{escape(row[1])}" data-tags="{tags}">')
        pieces.append(f'<div class="toc-entry">{_link(row)}')
        if has_below:
            pieces.append(_fold(row, is_open) + "</div><ol>")
            open_levels.append(level)
        else:
            pieces.append("</div></li>")
    pieces += ["</ol></li>"] * len(open_levels)
    return "".join([*pieces, "</ol>"])


def _level(row: _Row) -> int:
    return row[0].count(".") + 1


def _link(row: _Row) -> str:
    # A published title has its unseen characters shown as markers already.
    number, anchor, title, _ = row
    return (
        f'<a href="#{escape(anchor)}"><span class="clause-number">{escape(number)}</span> '
        f"<span>{escape(title)}</span></a>"
    )


def _fold(row: _Row, is_open: bool) -> str:
    return (
        f'<button class="toc-fold needs-js" type="button" aria-expanded="{str(is_open).lower()}" '
        f'aria-label="Clauses below {escape(row[0])}"></button>'
    )

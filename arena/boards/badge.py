"""The badge of a model: two small boxes of text as one SVG. Pure.

It is shown on other people's pages, as a picture, so it brings its own colours and asks for no
style sheet, script or font.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

HEIGHT = 20
_PADDING = 7
_NARROW, _WIDE = frozenset("iljftrI.,:;|!'()[]{} ·"), frozenset("mwMW—@%±…")
LONGEST = 48


@dataclass(frozen=True)
class Badge:
    """`label` names what is measured, `value` says it; `is_faint` where it is provisional."""

    label: str
    value: str
    is_faint: bool = False


def badge_svg(badge: Badge) -> str:
    """The badge as a whole SVG document. Texts may hold anything; the longest is cut."""
    label, value = _cut(badge.label), _cut(badge.value)
    left, right = (round(_width(text)) + 2 * _PADDING for text in (label, value))
    ground = "#6d6a63" if badge.is_faint else "#6b540b"
    said = escape(f"{badge.label}: {badge.value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" '
        f'viewBox="0 0 {left + right} {HEIGHT}" role="img" aria-label="{said}">'
        f"<title>{said}</title>"
        f'<clipPath id="round"><rect width="{left + right}" height="{HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#round)"><rect width="{left}" height="{HEIGHT}" fill="#2b2e35"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{ground}"/></g>'
        '<g fill="#ffffff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{_text(label, _PADDING, left - 2 * _PADDING)}"
        f"{_text(value, left + _PADDING, right - 2 * _PADDING)}</g></svg>\n"
    )


def _text(text: str, x: int, width: int) -> str:
    # A length of its own, so that the box fits whatever font the reader has.
    return f'<text x="{x}" y="14" textLength="{width}">{escape(text)}</text>'


def _width(text: str) -> float:
    """About how wide the text is in Verdana at 11 pixels."""
    return sum(4.4 if c in _NARROW else 10.2 if c in _WIDE else 7.0 for c in text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

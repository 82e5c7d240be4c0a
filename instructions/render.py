"""The one way from text that others wrote to HTML: model output, labelers' text, guidelines.

Order: unseen characters become markers; text too long or too dense to parse cheaply is shown as it
is; Markdown without HTML, without images, with links through a page that shows the address;
highlighting of code; formulas as MathML; an explicit allow-list; a bound on the size of what
comes out.
"""

import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from instructions.characters import MARKER, reveal, reveal_in_place
from instructions.formulas import (
    MATHML_ATTRIBUTES,
    MATHML_CLASSES,
    MATHML_TAGS,
    Budget,
    add_formulas,
    formula,
)
from instructions.highlight import CLASSES as CODE_CLASSES
from instructions.highlight import highlight_code, plain_code

LONGEST_MARKDOWN = 100_000
"""Characters, markers counted in. Longer text is shown unparsed, whole."""

DENSEST_MARKDOWN = 160_000
"""Estimated microseconds of parsing. Denser text is shown unparsed, whole."""

LONGEST_HIGHLIGHTED = 3_000
"""Characters of code highlighted in one text; the rest stays plain."""

CHEAPEST_BLOCK = 200
"""Characters that a highlighted block counts for at least, since each costs a start."""

MOST_FORMULAS = 400
FORMULA_GROWTH = 6
"""MathML may be this many times as long as the whole text, plus half of `ALLOWANCE`."""

GROWTH = 10
"""HTML may be this many times as long as its text, plus `ALLOWANCE`."""

ALLOWANCE = 40_000

MOST_STYLED_MARKERS = 400
DEEPEST_PREFIX = 10
DEEPEST_BLOCK = 20
DEEPEST_INLINE = 30

ALLOWED_TAGS = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        *MATHML_TAGS,
    ]
)
ALLOWED_ATTRIBUTES = {
    "a": {"href"},
    "div": {"tabindex"},
    "ol": {"start"},
    "span": {"tabindex"},
    **MATHML_ATTRIBUTES,
}
_ALIGNMENTS = {"align-left", "align-center", "align-right"}
ALLOWED_CLASSES = {
    "div": {"scrolls"},
    "pre": {"highlight", "plain"},
    "span": {"formula", "inert-image", *CODE_CLASSES},
    "td": _ALIGNMENTS,
    "th": _ALIGNMENTS,
    **MATHML_CLASSES,
}
LINK_REL = "nofollow noopener noreferrer"

_OUTSIDE = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_CLAUSE = re.compile(r"#c-[0-9]+(?:-[0-9]+)*")
_LEAVING = "/leaving/?to="
_ENVELOPE = MutableMapping[str, Any]

# Microseconds of parsing that one more of each adds, measured on the dearest construct it starts.
_WEIGHTS = {
    **dict.fromkeys("[!", 20),
    **dict.fromkeys("*_~", 14),
    "\n": 22,
    "$": 12,
    "$$": 20,
    "\\begin{": 40,
    "#": 15,
    **dict.fromkeys("`<", 15),
    **dict.fromkeys("]&\\>|:@", 8),
    **dict.fromkeys("%={}+-^", 2),
    "](": 50,
    "://": 40,
}
_CONTAINER_WEIGHT = 30
_LINE_IN_CONTAINER_WEIGHT = 5
_CELL_WEIGHT = 16
_DELIMITER_ROW = re.compile(r"[ \t>|:\-+*0-9.)]+")
_CONTAINERS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=\s)|[0-9]{1,9}[.)](?=\s)))+", re.MULTILINE)
_CONTAINER = re.compile(r"[>*+-]|[0-9]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n")


def render_markdown(text: str, *, heading_offset: int = 2, clause_links: bool = False) -> str:
    """Return safe HTML for hostile Markdown. Total: any string renders, nothing raises.

    `heading_offset` lowers headings (2 turns h1 into h3) so that they stay inside the page's own
    outline. `clause_links` lets ``#c-4-2`` be a link, which only a guideline needs.
    """
    shown = reveal(text)
    if not is_cheap(shown):
        return _plain_block(shown)
    tokens = _parser(clause_links).parse(shown)
    if _too_deep(tokens):
        return _plain_block(shown)
    _fit_into_page(tokens, heading_offset)
    longest = GROWTH * len(text) + ALLOWANCE
    for highlighted in (LONGEST_HIGHLIGHTED, 0):
        budget = Budget(MOST_FORMULAS, FORMULA_GROWTH * len(text) + ALLOWANCE // 2)
        html = _sanitise(_to_html(tokens, clause_links, highlighted, budget))
        if len(html) <= longest:
            return html
    return _plain_block(shown)


def plain_text(text: str) -> str:
    """Return safe HTML for a single line: escaped, unseen characters marked, no Markdown."""
    return _style_markers(escape(" ".join(reveal(text).split())))


def is_cheap(shown: str) -> bool:
    """Whether revealed text is short and plain enough to be parsed as Markdown."""
    if len(shown) > LONGEST_MARKDOWN:
        return False
    depths = [len(_CONTAINER.findall(prefix)) for prefix in _CONTAINERS.findall(shown)]
    if max(depths, default=0) > DEEPEST_PREFIX:
        return False
    return _cost(shown, depths) <= DENSEST_MARKDOWN


def _cost(shown: str, depths: Sequence[int]) -> int:
    cost = sum(weight * shown.count(mark) for mark, weight in _WEIGHTS.items())
    cost += _CONTAINER_WEIGHT * sum(depths)
    # A line that continues a container lazily is tried against every rule at every depth.
    cost += _LINE_IN_CONTAINER_WEIGHT * max(depths, default=0) * shown.count("\n")
    return cost + _CELL_WEIGHT * _table_cells(shown)


def _table_cells(shown: str) -> int:
    """Upper bound on the cells of all tables; short rows count whole, for the parser fills them."""
    cells = 0
    for block in _BLANK_LINES.split(shown):
        if "|" not in block:
            continue
        lines = block.split("\n")
        widest = max(
            (line.count("|") + 1 for line in lines if _DELIMITER_ROW.fullmatch(line)), default=0
        )
        cells += widest * len(lines)
    return cells


class _Parser(MarkdownIt):
    """CommonMark with tables and strikethrough, without HTML, linking only where we allow it."""

    def __init__(self, *, clause_links: bool) -> None:
        super().__init__(
            "commonmark", {"html": False, "linkify": False, "maxNesting": DEEPEST_BLOCK}
        )
        self.enable(["table", "strikethrough"])
        add_formulas(self)
        self._clause_links = clause_links

    def validateLink(self, url: str) -> bool:  # noqa: N802 (the parser's name for it)
        """An address refused here leaves its Markdown standing as text, which hides nothing."""
        return bool(_OUTSIDE.match(url) or (self._clause_links and _CLAUSE.fullmatch(url)))


@cache
def _parser(clause_links: bool) -> MarkdownIt:
    parser = _Parser(clause_links=clause_links)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("fence", _code_block)
    parser.add_render_rule("code_block", _code_block)
    parser.add_render_rule("formula", _formula)
    parser.add_render_rule("formula_block", _formula_block)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _to_html(
    tokens: Sequence[Token], clause_links: bool, highlighted: int, formulas: Budget
) -> str:
    parser = _parser(clause_links)
    env = {"highlighted": highlighted, "formulas": formulas}
    html: str = parser.renderer.render(tokens, parser.options, env)
    return html


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    alt = renderer.renderInlineAsText(tokens[at].children or [], options, env)
    address = str(tokens[at].attrGet("src") or "")
    shown = f"image: {alt} ({address})" if alt else f"image ({address})"
    return f'<span class="inert-image">{escape(shown)}</span>'


def _link_open(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    address = str(tokens[at].attrGet("href") or "")
    if not address.startswith("#"):
        address = _LEAVING + quote(address, safe="")
    return f'<a href="{escape(address)}">'


def _code_block(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    code, language = tokens[at].content, tokens[at].info.strip().split(" ")[0]
    coloured = highlight_code(code, language) if len(code) <= env["highlighted"] else None
    if coloured is None:
        return f"<pre><code>{plain_code(code)}</code></pre>\n"
    env["highlighted"] -= max(len(code), CHEAPEST_BLOCK)
    return f'<pre class="highlight"><code>{coloured}</code></pre>\n'


def _formula(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    token = tokens[at]
    is_display = token.meta["is_display"]
    return formula(token.content, token.markup, is_display=is_display, budget=env["formulas"])


def _formula_block(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    token = tokens[at]
    html = formula(token.content, token.markup, is_display=True, budget=env["formulas"])
    return f"<pre>{html}</pre>\n" if html.startswith("<code>") else f"<p>{html}</p>\n"


def _table_open(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    """A wide table scrolls in itself, also by keyboard."""
    return '<div class="scrolls" tabindex="0"><table>\n'


def _table_close(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: _ENVELOPE
) -> str:
    return "</table></div>\n"


def _too_deep(tokens: Sequence[Token]) -> bool:
    """Whether nesting reached the depth at which the parser drops text without a word."""
    return any(
        token.level >= DEEPEST_BLOCK - 1
        or any(child.level > DEEPEST_INLINE for child in token.children or ())
        for token in tokens
    )


def _fit_into_page(tokens: Sequence[Token], heading_offset: int) -> None:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, max(1, int(token.tag[1:]) + heading_offset))}"
        elif token.type in ("th_open", "td_open"):
            # The parser aligns with a style attribute, which our content policy forbids.
            side = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if side:
                token.attrs["class"] = f"align-{side}"


def _sanitise(html: str) -> str:
    clean = nh3.clean(
        html,
        tags=set(ALLOWED_TAGS),
        attributes=ALLOWED_ATTRIBUTES,
        allowed_classes=ALLOWED_CLASSES,
        attribute_filter=_only_own_values,
        link_rel=LINK_REL,
        url_schemes=set(),
    )
    # Entities and percent-encoding can bring back what was revealed before parsing.
    return _style_markers(reveal_in_place(clean))


def _only_own_values(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href" and not (value.startswith(_LEAVING) or _CLAUSE.fullmatch(value)):
        return None
    if attribute == "tabindex" and value != "0":
        return None
    return value


def _plain_block(shown: str) -> str:
    return f'<pre class="plain">{_style_markers(escape(shown, quote=False))}</pre>\n'


def _style_markers(html: str) -> str:
    """Wrap markers for styling; a flood of them stays bare text, so that it cannot swell a page.

    Safe on finished HTML: our attribute values are percent-encoded and never hold a marker.
    """
    if html.count("⟨U+") > MOST_STYLED_MARKERS:
        return html
    return MARKER.sub(r'<span class="invisible">\g<0></span>', html)

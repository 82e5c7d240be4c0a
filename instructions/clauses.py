"""A guideline's Markdown, cut into numbered clauses and rendered with its example blocks.

A clause begins with a numbered heading, ``### 4.2 Medical advice {harmless, truthful}``. Examples
stand between ``:::good`` or ``:::bad`` and ``:::``. Both are ignored inside fenced code.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from instructions.characters import reveal
from instructions.render import is_cheap, plain_text, render_markdown

TAGS = ("helpful", "truthful", "harmless", "format")
MOST_CLAUSES = 400

_HEADING = re.compile(
    r"(?P<hashes>#{1,6})[ \t]+(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3}){0,5})\.?[ \t]+"
    r"(?P<title>[^{}]*[^{}\s])[ \t]*(?:\{(?P<tags>[^{}]*)\})?[ \t]*"
)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_EXAMPLE = re.compile(r":::[ \t]*(?P<kind>\S*)[ \t]*")
_EXAMPLE_LABELS = {"good": "Good", "bad": "Bad"}
_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}"
_CITATION = re.compile(rf"§[ \t\u00a0\u202f]?{_NUMBER}(?![0-9])")
_CITATIONS = re.compile(
    rf"§§[ \t\u00a0\u202f]?{_NUMBER}(?:(?:,|;| and| &| –)[ \u00a0]?{_NUMBER}(?![0-9]))*"
)
_CITED_NUMBER = re.compile(_NUMBER)


class GuidelineSyntaxError(ValueError):
    """A guideline breaks a rule of its own form; names the line (from 1) and the rule."""

    def __init__(self, *, line: int, rule: str) -> None:
        super().__init__(f"Line {line}: {rule}")
        self.line = line
        self.rule = rule


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One numbered heading of a guideline and the Markdown below it, up to the next one."""

    number: str
    anchor: str
    title: str
    tags: tuple[str, ...]
    level: int
    """How many parts the number has: 1 for "4", 2 for "4.2"."""
    body: str
    position: int
    """Place among the clauses, from 0."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of lines that ends where a clause or an example begins or ends."""

    heading: re.Match[str] | None
    lines: tuple[str, ...]
    line: int


def parse_clauses(markdown: str) -> list[ClauseText]:
    """Return the clauses in order. Raises GuidelineSyntaxError for a guideline out of form."""
    return _read(markdown)[1]


def render_guideline(markdown: str) -> str:
    """Return the guideline as safe HTML. Raises GuidelineSyntaxError as `parse_clauses` does."""
    preamble, clauses = _read(markdown)
    return _render_body(preamble, heading_offset=1) + "".join(map(render_clause, clauses))


def render_clause(clause: ClauseText) -> str:
    """Return one clause as a section with its anchor, tag badges and example blocks."""
    heading = f"h{min(6, clause.level + 1)}"
    badges = "".join(f' <span class="badge tag-{tag}">{tag}</span>' for tag in clause.tags)
    return (
        f'<section id="{clause.anchor}" class="clause">\n'
        f'<{heading}><span class="clause-number">{clause.number}</span> '
        f"{plain_text(clause.title)}{badges}</{heading}>\n"
        f"{_render_body(clause.body, heading_offset=3)}</section>\n"
    )


def anchor_of(number: str) -> str:
    """``c-4-2`` for "4.2"; zeros before a part do not count."""
    return "c-" + "-".join(str(int(piece)) for piece in number.split("."))


def cited(text: str, anchors: Collection[str]) -> list[str]:
    """The anchors that `text` cites as §4.2 or §§ 4.2, 4.3, in the order of first mention.

    What is not among `anchors` is no clause and left out. Linear in the text.
    """
    known = frozenset(anchors)
    found = [*_CITATION.finditer(text), *_CITATIONS.finditer(text)]
    numbers = (
        number
        for citation in sorted(found, key=lambda match: match.start())
        for number in _CITED_NUMBER.findall(citation[0])
    )
    return list(dict.fromkeys(a for a in map(anchor_of, numbers) if a in known))


def _read(markdown: str) -> tuple[str, list[ClauseText]]:
    revealed = reveal(markdown)
    if not is_cheap(revealed):
        raise GuidelineSyntaxError(line=1, rule="the guideline is too long or too dense to show")
    preamble, *parts = _parts(revealed.split("\n"))
    _check_examples(preamble.lines, preamble.line)
    clauses: list[ClauseText] = []
    seen: dict[str, int] = {}
    for part in parts:
        if part.heading is None:
            continue
        clause = _clause(part, part.heading, position=len(clauses))
        if clause.number in seen:
            rule = f"clause {clause.number} is already on line {seen[clause.number]}"
            raise GuidelineSyntaxError(line=part.line, rule=rule)
        seen[clause.number] = part.line
        clauses.append(clause)
        if len(clauses) > MOST_CLAUSES:
            rule = f"a guideline has at most {MOST_CLAUSES} clauses"
            raise GuidelineSyntaxError(line=part.line, rule=rule)
    return "\n".join(preamble.lines).strip("\n"), clauses


def _parts(lines: list[str]) -> Iterator[_Part]:
    """Yield what stands before the first clause, then one part a clause."""
    heading, first, held = None, 1, list[str]()
    for at, (line, in_code) in enumerate(_with_code(lines), start=1):
        found = None if in_code else _HEADING.fullmatch(line)
        if found is None:
            held.append(line)
            continue
        yield _Part(heading, tuple(held), first)
        heading, first, held = found, at, []
    yield _Part(heading, tuple(held), first)


def _with_code(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether it belongs to a fenced code block."""
    fence = ""
    for line in lines:
        found = _FENCE.fullmatch(line)
        if not fence:
            opens = found is not None and not (found["fence"][0] == "`" and "`" in found["info"])
            fence = found["fence"] if found and opens else ""
            yield line, bool(fence)
            continue
        yield line, True
        if found and found["fence"].startswith(fence) and not found["info"].strip():
            fence = ""


def _clause(part: _Part, heading: re.Match[str], *, position: int) -> ClauseText:
    number = ".".join(str(int(piece)) for piece in heading["number"].split("."))
    _check_examples(part.lines, part.line + 1)
    return ClauseText(
        number=number,
        anchor="c-" + number.replace(".", "-"),
        title=heading["title"],
        tags=_tags(heading["tags"], part.line),
        level=number.count(".") + 1,
        body="\n".join(part.lines).strip("\n"),
        position=position,
    )


def _tags(written: str | None, line: int) -> tuple[str, ...]:
    if written is None:
        return ()
    tags = tuple(tag.strip().lower() for tag in written.split(","))
    for tag in tags:
        if tag not in TAGS:
            rule = f"unknown tag {tag!r}; a tag is one of {', '.join(TAGS)}"
            raise GuidelineSyntaxError(line=line, rule=rule)
    return tuple(dict.fromkeys(tags))


def _check_examples(lines: tuple[str, ...], first_line: int) -> None:
    opened_at = 0
    for at, (line, in_code) in enumerate(_with_code(list(lines)), start=first_line):
        found = None if in_code else _EXAMPLE.fullmatch(line)
        if found is None:
            continue
        kind = found["kind"]
        if opened_at and kind:
            rule = f"the example of line {opened_at} is still open"
        elif not opened_at and kind not in _EXAMPLE_LABELS:
            rule = "an example opens with :::good or :::bad"
        else:
            opened_at = 0 if opened_at else at
            continue
        raise GuidelineSyntaxError(line=at, rule=rule)
    if opened_at:
        raise GuidelineSyntaxError(line=opened_at, rule="the example is never closed with :::")


def _render_body(body: str, *, heading_offset: int) -> str:
    html, held, kind = "", list[str](), ""
    for line, in_code in _with_code(body.split("\n")):
        found = None if in_code else _EXAMPLE.fullmatch(line)
        if found is None:
            held.append(line)
            continue
        html += _render_run(held, kind, heading_offset)
        held, kind = [], found["kind"]
    return html + _render_run(held, kind, heading_offset)


def _render_run(lines: list[str], kind: str, heading_offset: int) -> str:
    inner = render_markdown("\n".join(lines), heading_offset=heading_offset, clause_links=True)
    if not kind:
        return inner
    label = _EXAMPLE_LABELS[kind]
    return f'<div class="example {kind}">\n<p class="example-label">{label}</p>\n{inner}</div>\n'

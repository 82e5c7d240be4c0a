"""A guideline's Markdown, cut into numbered clauses and rendered with its example blocks.

A clause begins with a numbered heading, ``### 4.2 Medical advice {harmless, truthful}``. Examples
stand between ``:::good`` or ``:::bad`` and ``:::``. Both are ignored inside fenced code.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO

from instructions.characters import reveal
from instructions.render import is_cheap, plain_text, render_markdown

TAGS = ("helpful", "truthful", "harmless", "format")
MOST_CLAUSES = 3_000

LONGEST_GUIDELINE = 1_200_000
"""Characters: well over 300 pages. A clause is bound by what the renderer parses at once."""

LONGEST_HEADING = 1_000
MOST_EXAMPLES = 6_000
MOST_MARKS = 200_000
"""Signs that may mean something in Markdown. Prose has about 60,000 in 300 pages."""

_MARKS = "[]!*_~`<>|\\&#:@$\n"
_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}"
_HEADING = re.compile(
    rf"#{{1,6}}[ \t]+(?P<number>{_NUMBER})\.?[ \t]+"
    r"(?P<title>[^{}]*[^{}\s])[ \t]*(?:\{(?P<tags>[^{}]*)\})?"
)
_NUMBERED = re.compile(rf"#{{1,6}}[ \t]+{_NUMBER}\.?[ \t]+[^\s{{}}]")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_EXAMPLE = re.compile(r":::[ \t]*(?P<kind>\S*)")
_EXAMPLE_LABELS = {"good": "Good", "bad": "Bad"}
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
class GuidelineText:
    """A whole guideline: what stands before the first clause, and the clauses in order."""

    preamble: str
    clauses: tuple[ClauseText, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of lines that ends where a clause begins; `heading` is the one it stands below."""

    heading: re.Match[str] | None
    lines: tuple[str, ...]
    line: int


def read_guideline(markdown: str) -> GuidelineText:
    """Cut a guideline into its clauses. Raises GuidelineSyntaxError for the first broken rule."""
    return _Reader(most_problems=1).read(markdown)


def parse_clauses(markdown: str) -> list[ClauseText]:
    """The clauses in order. Raises GuidelineSyntaxError for a guideline out of form."""
    return list(read_guideline(markdown).clauses)


def preamble_of(markdown: str) -> str:
    """What stands before the first clause, found without reading on."""
    lines = (reveal(line.rstrip("\n")) for line in StringIO(markdown, newline=None))
    return "\n".join(next(_parts(lines)).lines).strip("\n")


def problems_in(markdown: str, *, most: int = 20) -> list[GuidelineSyntaxError]:
    """Every broken rule with its line, in order, up to `most`."""
    reader = _Reader(most_problems=most)
    with suppress(GuidelineSyntaxError):
        reader.read(markdown)
    return sorted(reader.problems, key=lambda problem: problem.line)


def render_guideline(markdown: str) -> str:
    """The guideline as safe HTML. Raises GuidelineSyntaxError as `read_guideline` does."""
    return render_text(read_guideline(markdown))


def render_text(guideline: GuidelineText) -> str:
    """Safe HTML, a clause at a time, each within the renderer's bounds: linear in the whole."""
    body = _render_body(guideline.preamble, heading_offset=1)
    return body + "".join(map(render_clause, guideline.clauses))


def render_clause(clause: ClauseText) -> str:
    """Return one clause as a section with its anchor, tag badges and example blocks."""
    heading = f"h{min(6, clause.level + 1)}"
    badges = "".join(f' <span class="badge tag-{tag}">{tag}</span>' for tag in clause.tags)
    return (
        f'<section id="{clause.anchor}" class="clause">\n'
        f'<{heading}><a class="clause-number" href="#{clause.anchor}">{clause.number}</a> '
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


class _Reader:
    """Reads one guideline, noting broken rules until there are `most_problems`."""

    def __init__(self, *, most_problems: int) -> None:
        self.problems: list[GuidelineSyntaxError] = []
        self._most_problems = most_problems
        self._n_examples = 0

    def read(self, markdown: str) -> GuidelineText:
        text = reveal(markdown)
        self._check_size(text)
        preamble, *parts = _parts(text.split("\n"))
        self._check_part(preamble, "what stands before the first clause")
        clauses: list[ClauseText] = []
        seen: dict[str, int] = {}
        for part in parts:
            clause = self._clause(part, position=len(clauses))
            if clause.number in seen:
                rule = f"clause {clause.number} is already on line {seen[clause.number]}"
                self._broken(part.line, rule)
            seen.setdefault(clause.number, part.line)
            clauses.append(clause)
            if len(clauses) > MOST_CLAUSES:
                self._stop(part.line, f"a guideline has at most {MOST_CLAUSES:,} clauses")
        return GuidelineText("\n".join(preamble.lines).strip("\n"), tuple(clauses))

    def _broken(self, line: int, rule: str) -> None:
        self.problems.append(GuidelineSyntaxError(line=line, rule=rule))
        if len(self.problems) >= self._most_problems:
            raise self.problems[-1]

    def _stop(self, line: int, rule: str) -> None:
        self._broken(line, rule)
        raise self.problems[-1]

    def _check_size(self, text: str) -> None:
        if len(text) > LONGEST_GUIDELINE:
            self._stop(1, f"a guideline has at most {LONGEST_GUIDELINE:,} characters")
        if sum(map(text.count, _MARKS)) > MOST_MARKS:
            self._stop(1, f"the guideline holds more than {MOST_MARKS:,} signs of Markdown")

    def _check_part(self, part: _Part, name: str) -> None:
        if not is_cheap("\n".join(part.lines)):
            self._broken(part.line, f"{name} is too long or too dense to show; divide it")
        first_line = part.line + (part.heading is not None)
        if any(line.startswith("#") for line in part.lines):
            self._check_headings(part.lines, first_line)
        if any(line.startswith(":::") for line in part.lines):
            self._check_examples(part.lines, first_line)

    def _clause(self, part: _Part, *, position: int) -> ClauseText:
        heading = part.heading
        if heading is None:
            raise ValueError("a clause begins with its heading")
        number = ".".join(str(int(piece)) for piece in heading["number"].split("."))
        tags = self._tags(heading["tags"], part.line)
        self._check_part(part, f"clause {number}")
        return ClauseText(
            number=number,
            anchor=anchor_of(number),
            title=heading["title"],
            tags=tags,
            level=number.count(".") + 1,
            body="\n".join(part.lines).strip("\n"),
            position=position,
        )

    def _tags(self, written: str | None, line: int) -> tuple[str, ...]:
        if written is None:
            return ()
        tags = tuple(tag.strip().lower() for tag in written.split(","))
        for tag in tags:
            if tag not in TAGS:
                self._broken(line, f"unknown tag {tag!r}; a tag is one of {', '.join(TAGS)}")
        return tuple(dict.fromkeys(tag for tag in tags if tag in TAGS))

    def _check_headings(self, lines: tuple[str, ...], first_line: int) -> None:
        """What looks like a clause's heading and is none would silently be text."""
        for at, (line, in_code) in enumerate(_with_code(lines), start=first_line):
            if in_code or not _NUMBERED.match(line):
                continue
            if len(line) > LONGEST_HEADING:
                self._broken(at, f"a heading has at most {LONGEST_HEADING:,} characters")
            elif "{" in line or "}" in line:
                self._broken(at, "braces in a heading hold its tags and stand at its end, once")

    def _check_examples(self, lines: tuple[str, ...], first_line: int) -> None:
        opened_at = 0
        for at, (line, in_code) in enumerate(_with_code(lines), start=first_line):
            found = None if in_code else _example(line)
            if found is None:
                continue
            kind = found["kind"]
            if opened_at and kind:
                self._broken(at, f"the example of line {opened_at} is still open")
            elif not opened_at and kind not in _EXAMPLE_LABELS:
                self._broken(at, "an example opens with :::good or :::bad")
            else:
                opened_at = 0 if opened_at else at
                self._n_examples += bool(opened_at)
                if self._n_examples > MOST_EXAMPLES:
                    self._stop(at, f"a guideline has at most {MOST_EXAMPLES:,} examples")
        if opened_at:
            self._broken(opened_at, "the example is never closed with :::")


def _parts(lines: Iterable[str]) -> Iterator[_Part]:
    """Yield what stands before the first clause, then one part a clause."""
    heading, first, held = None, 1, list[str]()
    for at, (line, in_code) in enumerate(_with_code(lines), start=1):
        found = None if in_code else _heading(line)
        if found is None:
            held.append(line)
            continue
        yield _Part(heading, tuple(held), first)
        heading, first, held = found, at, []
    yield _Part(heading, tuple(held), first)


def _heading(line: str) -> re.Match[str] | None:
    if not line.startswith("#") or len(line) > LONGEST_HEADING:
        return None
    return _HEADING.fullmatch(line.rstrip())


def _example(line: str) -> re.Match[str] | None:
    return _EXAMPLE.fullmatch(line.rstrip()) if line.startswith(":::") else None


def _with_code(lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether it belongs to a fenced code block."""
    fence = ""
    for line in lines:
        # Most lines hold neither sign; asking that first halves the time of a whole reading.
        found = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if not fence:
            opens = found is not None and not (found["fence"][0] == "`" and "`" in found["info"])
            fence = found["fence"] if found and opens else ""
            yield line, bool(fence)
            continue
        yield line, True
        if found and found["fence"].startswith(fence) and not found["info"].strip():
            fence = ""


def _render_body(body: str, *, heading_offset: int) -> str:
    html, held, kind = "", list[str](), ""
    for line, in_code in _with_code(body.split("\n")):
        found = None if in_code else _example(line)
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

r"""Formulas in Markdown, LaTeX to MathML: ``$x$``, ``$$x$$``, ``\(x\)``, ``\[x\]``, environments.

What does not parse, is too long or too deep is shown as its source. The finding is linear: no
formula is longer than `LONGEST_FORMULA`, and a search ends where another formula may begin.
"""

import re
from dataclasses import dataclass
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from math_core import LatexError, LatexToMathML

from instructions.characters import MARKER

LONGEST_FORMULA = 3_000
LONGEST_BLOCK = 80
"""Lines of one formula."""

MOST_COMMANDS = 250
MOST_NESTING = 120
"""Commands that may take the next one into them, as in ``\\sqrt\\hat x``."""

DEEPEST_BRACES = 40
"""The three bound how deep the converter recurses: a quarter of a megabyte of stack is enough.
Beyond that the process would end."""

MOST_OPENERS = 6
"""An opening bracket without its closing one doubles the converter's time."""

MATHML_TAGS = frozenset(
    [
        "math",
        "mfrac",
        "mi",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mroot",
        "mrow",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
    ]
)
_ROW = {"displaystyle", "scriptlevel"}
MATHML_ATTRIBUTES = {
    "math": {"display"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"form", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy"},
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mrow": _ROW,
    "mspace": {"depth", "height", "width"},
    "mstyle": _ROW,
    "mtable": _ROW,
    "mtd": {"columnspan", "rowspan"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
_RULES = {"rule-top", "rule-right", "rule-bottom", "rule-left"}
MATHML_CLASSES = {
    "mrow": {"boxed", "struck-up", "struck-down"},
    "mtable": _RULES,
    "mtd": {"align-left", "align-right", "next-pair", *_RULES},
}

# "$5 and $6", "US$5", "$HOME/$USER" and "$20 or 30$" are no formulas: a letter or digit outside,
# blank space inside, or a number that plain words follow.
_DOLLARS = re.compile(r"\$(?![\s$])((?:[^$`\\\n]|\\[^\n]|\n(?!\s*\n)){1,3000}+)(?<!\s)\$(?![\w$])")
_DOUBLE_DOLLARS = re.compile(r"\$\$((?:[^$`\\\n]|\\[^\n]|\n(?!\s*\n)){1,3000}+)\$\$")
_PARENTHESES = re.compile(r"\\\(((?:[^\\`\n]|\\[^()\[\]\n]|\n(?!\s*\n)){1,3000}?)\\\)")
_BRACKETS = re.compile(r"\\\[((?:[^\\`\n]|\\[^()\[\]\n]|\n(?!\s*\n)){1,3000}?)\\\]")
_MONEY = re.compile(
    r"[\d.,]+(?:[-–][\d.,]+)?[kKmMbB]?"
    r"(?:\s+\([^\W\d_]{2,}|(?:\s+|/)[^\W\d_]{3,}|\s+(?:an?|at|by|in|is|of|on|or|to)\b)"
)
# "\[1\]" is how Markdown writes a bracket; a formula has more in it.
_FORMULA_LIKE = re.compile(r"[\\^_=<>+]")

_ENVIRONMENTS = (
    "align|alignat|aligned|array|bmatrix|Bmatrix|cases|eqnarray|equation|flalign|gather|gathered"
    "|matrix|multline|pmatrix|split|vmatrix|Vmatrix"
)
_BLOCK_OPEN = re.compile(rf"\$\$|\\\[|\\begin\{{(?:{_ENVIRONMENTS})\*?\}}")
# Numbers would start again at each formula, and some environments are called otherwise.
_NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather|multline)\}")
_RENAMED = re.compile(
    r"\\(begin|end)\{(?:alignat|eqnarray|flalign|split)\*?\}(?:(?<=[t*]\})\{\d+\})?"
)

_NAME = re.compile(r"\\([A-Za-z]+)")
# The usual ones of those that stand for themselves or end what another one began. Operators are
# none: the converter looks on to what follows them.
_LEAF = re.compile(
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa"
    "|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|varphi|chi|psi|omega|Gamma"
    "|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|ell|hbar|infty|partial|nabla"
    "|forall|exists|emptyset|cdot|times|div|pm|mp|ast|circ|bullet|oplus|otimes"
    "|cup|cap|wedge|vee|setminus|le|leq|ge|geq|ne|neq|ll|gg|approx|equiv|sim"
    "|simeq|cong|propto|in|notin|ni|subset|subseteq|supset|supseteq|perp|parallel"
    "|mid|to|mapsto|gets|leftarrow|rightarrow|Leftarrow|Rightarrow|leftrightarrow"
    "|Leftrightarrow|longrightarrow|Longrightarrow|implies|iff|therefore|because|cdots"
    "|ldots|vdots|ddots|quad|qquad|right|end"
)

_DEFINES = re.compile(r"\\(?:(?:re|provide)?new(?:command|environment)|[gex]?def|let|Declare)")
_OPEN_NAMES = (
    "lAngle|lBrace|lVert|lang|langle|lbrace|lbrack|lceil|lfloor|lgroup|llangle|llbracket|llcorner"
    "|lmoustache|llparenthesis|lparen|lvert|ulcorner"
)
_OPENERS = re.compile(
    rf"(?P<kept>\\(?:left|right|middle|[bB]igg?[mr]?|sqrt|x\w+arrow)(?![A-Za-z])\s*[(\[]?|\\\\\s*\[?)"
    rf"|(?P<name>\\(?:{_OPEN_NAMES})(?![A-Za-z]))|(?P<big>\\[bB]igg?)l(?![A-Za-z])\s*\\?[^A-Za-z]"
    rf"|(?P<forced>\\mathopen)|(?P<brace>\\\{{)|\\(?:[A-Za-z]+|.)"
    rf"|(?P<char>[(\[⌈⌊⌜⌞⎰❲⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼⸂-⹜〈-〛᠀-᠏⨣⪘])",
    re.DOTALL,
)
_STYLE = re.compile(r' style="([^"]*)"')
_BORDER = re.compile(r"border-(top|right|bottom|left):")
_ENCLOSED = re.compile(r'<menclose notation="([a-z ]+)">')
# Operators that are not seen, and selectors of a letter's shape.
_UNSEEN = re.compile("&ApplyFunction;|[\u2061-\u2064\ufe00\ufe01]")


@dataclass
class Budget:
    """What the formulas of one text may still cost; the rest is shown as source."""

    formulas: int
    characters: int


def add_formulas(parser: MarkdownIt) -> None:
    """Teach a parser the tokens `formula` (within a line) and `formula_block`."""
    parser.inline.ruler.before("escape", "formula", _find_inline)
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "formula_block", _find_block, {"alt": ends})


def formula(latex: str, source: str, *, is_display: bool, budget: Budget) -> str:
    """HTML that still goes through the allow-list: MathML, or the source as code."""
    mathml = None
    if budget.formulas > 0 and len(latex) <= LONGEST_FORMULA:
        mathml = _mathml(latex, is_display)
        budget.formulas -= 1
    if mathml is None or len(mathml) > budget.characters:
        return f"<code>{escape(source, quote=False)}</code>"
    budget.characters -= len(mathml)
    return f'<span class="formula" tabindex="0">{mathml}</span>' if is_display else mathml


def _mathml(latex: str, is_display: bool) -> str | None:
    # A marker stands for a character that nobody would see.
    if MARKER.search(latex) or _DEFINES.search(latex) or not _is_shallow(latex):
        return None
    prepared = _without_openers(_plain_environments(latex))
    if prepared is None:
        return None
    try:
        mathml = _converter().convert_with_local_state(prepared, displaystyle=is_display)
    except (LatexError, UnicodeEncodeError):
        return None
    return _UNSEEN.sub("", _classes_for_styles(mathml))


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False, max_expansions=100)


def _is_shallow(latex: str) -> bool:
    if latex.count("\\") > MOST_COMMANDS:
        return False
    if sum(not _LEAF.fullmatch(name) for name in _NAME.findall(latex)) > MOST_NESTING:
        return False
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += (brace == "{") - (brace == "}")
        if depth > DEEPEST_BRACES:
            return False
    return True


def _plain_environments(latex: str) -> str:
    latex = _RENAMED.sub(r"\\\1{aligned}", latex)
    return _NUMBERED.sub(r"\\\1{\2*}", latex)


def _without_openers(latex: str) -> str | None:
    """Many opening brackets become ordinary text, which looks the same and costs nothing."""
    found = [match for match in _OPENERS.finditer(latex) if match.lastgroup not in (None, "kept")]
    if len(found) <= MOST_OPENERS:
        return latex
    if any(match["forced"] or match["name"] for match in found):
        return None
    return _OPENERS.sub(_as_text, latex)


def _as_text(found: re.Match[str]) -> str:
    if found["big"]:
        return found["big"] + found[0][len(found["big"]) + 1 :]
    if found["char"] or found["brace"]:
        return rf"\text{{{found[0]}}}"
    return found[0]


def _classes_for_styles(mathml: str) -> str:
    """The converter's inline styles, which our content policy forbids, as classes of our own."""
    mathml = _STYLE.sub(_class_for, mathml)
    mathml = _ENCLOSED.sub(_row_for, mathml)
    return mathml.replace("</menclose>", "</mrow>")


def _class_for(found: re.Match[str]) -> str:
    style = found[1]
    names = [f"rule-{side}" for side in _BORDER.findall(style)]
    names += [f"align-{side}" for side in ("left", "right") if f"text-align: {side}" in style]
    names += ["next-pair"] if "padding-left:1em" in style else []
    return f' class="{" ".join(names)}"' if names else ""


def _row_for(found: re.Match[str]) -> str:
    names = {"box": "boxed", "updiagonalstrike": "struck-up", "downdiagonalstrike": "struck-down"}
    classes = " ".join(names[part] for part in found[1].split() if part in names)
    return f'<mrow class="{classes}">'


def _find_inline(state: StateInline, silent: bool) -> bool:
    found = _formula_at(state.src, state.pos)
    if found is None:
        return False
    latex, end, is_display = found
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = latex, state.src[state.pos : end]
        token.meta = {"is_display": is_display}
    state.pos = end
    return True


def _formula_at(text: str, at: int) -> tuple[str, int, bool] | None:
    """The formula that begins at a place, where it ends, and whether it stands by itself."""
    if text[at] == "$":
        double = _DOUBLE_DOLLARS.match(text, at)
        if double:
            return double[1].strip(), double.end(), True
        single = _DOLLARS.match(text, at)
        is_loose = at == 0 or not (text[at - 1].isalnum() or text[at - 1] == "$")
        if single and is_loose and not _MONEY.match(single[1]):
            return single[1], single.end(), False
        return None
    if text[at] != "\\":
        return None
    found = _PARENTHESES.match(text, at)
    if found:
        return found[1].strip(), found.end(), False
    found = _BRACKETS.match(text, at)
    if found and _FORMULA_LIKE.search(found[1]):
        return found[1].strip(), found.end(), True
    return None


def _find_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    opened = _BLOCK_OPEN.match(first)
    if not opened:
        return False
    mark = opened[0]
    lines = _lines_to(state, start, end, mark, _closing(mark))
    if lines is None:
        return False
    if silent:
        return True
    source = "\n".join(lines)
    has_marks = not mark.startswith("\\begin")
    latex = source[len(mark) : -len(_closing(mark))] if has_marks else source
    token = state.push("formula_block", "", 0)
    token.block, token.content, token.markup = True, latex.strip(), source
    token.map = [start, start + len(lines)]
    state.line = start + len(lines)
    return True


def _closing(mark: str) -> str:
    return {"$$": "$$", "\\[": "\\]"}.get(mark) or mark.replace("\\begin", "\\end", 1)


def _lines_to(state: StateBlock, start: int, end: int, mark: str, closing: str) -> list[str] | None:
    """The lines from an opening mark to its closing one, which must end a line."""
    lines: list[str] = []
    for number in range(start, min(end, start + LONGEST_BLOCK)):
        line = _line(state, number).rstrip()
        inner = line[len(mark) :] if number == start else line
        if not line or state.sCount[number] < state.blkIndent:
            return None
        lines.append(line)
        if closing in inner:
            at_end = inner.endswith(closing) and inner.index(closing) == len(inner) - len(closing)
            return lines if at_end else None
        if mark in inner:
            return None
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]

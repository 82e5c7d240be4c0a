"""Code in colours: Pygments classes for languages we know, within a bound on size."""

import re
from functools import cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

# Hostile code drives the lexers' expressions into quadratic time, hence the small bound.
LONGEST_HIGHLIGHTED_BLOCK = 2_000

LANGUAGES = frozenset(
    [
        "bash",
        "c",
        "cpp",
        "css",
        "diff",
        "docker",
        "go",
        "html",
        "ini",
        "java",
        "javascript",
        "json",
        "kotlin",
        "latex",
        "lua",
        "php",
        "powershell",
        "python",
        "r",
        "ruby",
        "rust",
        "sh",
        "shell",
        "sql",
        "swift",
        "toml",
        "typescript",
        "xml",
        "yaml",
        "c++",
        "js",
        "jsx",
        "py",
        "ts",
        "tsx",
        "yml",
    ]
)

# Several lexers take quadratic time over a long run of blank space.
_LONG_BLANK = re.compile(r"\s{120}")

CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name) | {"w"}

_LEXER_NAMES = {"shell": "bash", "jsx": "javascript", "yml": "yaml"}


def highlight_code(code: str, language: str) -> str | None:
    """Return `code` as HTML spans, or None when it should stay plain."""
    name = language.lower()
    if name not in LANGUAGES or len(code) > LONGEST_HIGHLIGHTED_BLOCK or _LONG_BLANK.search(code):
        return None
    return highlight(code, _lexer(name), _formatter())


def plain_code(code: str) -> str:
    return escape(code, quote=False)


@cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(_LEXER_NAMES.get(name, name), stripnl=False, ensurenl=False)

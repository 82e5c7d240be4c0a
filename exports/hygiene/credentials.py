"""Keys, tokens and passwords, known by the shape their makers give them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What must stand in a text for a pattern to be worth trying, beginning with a sign that is rare in
# most texts, and the pattern.
_TRIED = (
    ("AKIA", r"(?<![A-Za-z0-9])AKIA[0-9A-Z]{16}(?![A-Za-z0-9])"),
    ("ASIA", r"(?<![A-Za-z0-9])ASIA[0-9A-Z]{16}(?![A-Za-z0-9])"),
    ("gh", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    ("glpat-", r"glpat-[\w-]{20,}"),
    ("sk-", r"(?<![A-Za-z0-9])sk-(?=[\w-]*\d)(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,}"),
    ("k_", r"(?<![A-Za-z0-9])[sr]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("AIza", r"(?<![A-Za-z0-9])AIza[\w-]{35}"),
    ("hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("npm_", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-[\w-]{50,}"),
    ("SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    ("ts_", r"(?<![A-Za-z0-9])ts_(?=[\w-]*\d)[\w-]{43}(?![\w-])"),
    ("eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    (
        "PRIVATE KEY",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\s\S]{16,8000}?"
        r"-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
    ),
    ("://", r"(?<=://)[^\s/:@\[\]<>{}$]{1,100}:[^\s/@\[\]<>{}$]{3,100}(?=@)"),
)
_RARE = {"AKIA": "K", "ASIA": "S", "AIza": "z", "SG.": "G", "eyJ": "J", "://": "/", "gh": "_"}
_SHAPES = tuple(
    (rare, tuple((m, re.compile(p)) for m, p in _TRIED if _RARE.get(m, m[-1]) == rare))
    for rare in sorted({_RARE.get(mark, mark[-1]) for mark, _ in _TRIED})
)
_NAME = re.compile(r"pass|pwd|secret|key|token", re.IGNORECASE)
_SAID = re.compile(
    r"(?:passw(?:or)?d|pwd|secret|passphrase|(?:api|access|auth|client|private|bearer|secret)"
    r"[_\- ]?(?:key|token|secret))[\"']?\s{0,3}(?:is\s|[:=])\s{0,3}[\"']?"
    r"([^\s\"'`,;<>(){}\[\]]{8,200})",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(
    r"your|example|changeme|placeholder|xxx|\*\*\*|\.\.\.|environ|getenv|[$%]\w*\{?", re.IGNORECASE
)


def credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand."""
    for rare, shapes in _SHAPES:
        if rare in text:
            for mark, shape in shapes:
                if mark in text:
                    for found in shape.finditer(text):
                        yield found.span()
    for at in _assignments(text):
        if _NAME.search(text, max(0, at - 24), at):
            said = _SAID.search(text, max(0, at - 32), at + 220)
            if said and _is_secret(said[1]):
                yield said.span(1)


def _assignments(text: str) -> Iterator[int]:
    for sign in (":", "=", "assword is ", "assphrase is ", "oken is ", "ey is ", "ecret is "):
        at = text.find(sign)
        while at >= 0:
            yield at + len(sign)
            at = text.find(sign, at + 1)


def _is_secret(value: str) -> bool:
    """Of letters and digits mixed, or with signs as a password has them; no placeholder."""
    if _NOT_SECRET.search(value):
        return False
    kinds = (
        any(c.islower() for c in value),
        any(c.isupper() for c in value),
        any(c.isdigit() for c in value),
        any(not c.isalnum() and c not in "._-/" for c in value),
    )
    return kinds[2] + kinds[3] >= 1 and sum(kinds) >= 2 and len(set(value)) >= 6

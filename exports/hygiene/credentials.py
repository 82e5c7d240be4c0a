"""Keys, tokens and passwords, known by the shape their makers give them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What must stand in a text for the pattern to be worth trying, and the pattern.
_SHAPES = tuple(
    (mark, re.compile(pattern))
    for mark, pattern in (
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
)
_SAID = re.compile(
    r"(?:passw(?:or)?d|pwd|secret|passphrase|(?:api|access|auth|client|private|bearer|secret)"
    r"[_\- ]?(?:key|token|secret))[\"']?\s{0,3}(?:is\s|[:=])\s{0,3}[\"']?"
    r"([^\s\"'`,;<>(){}\[\]]{8,200})",
    re.IGNORECASE,
)
_NAMED = ("passw", "pwd", "secret", "passphrase", "key", "token")
_NOT_SECRET = re.compile(
    r"your|example|changeme|placeholder|xxx|\*\*\*|\.\.\.|environ|getenv|[$%]\w*\{?", re.IGNORECASE
)


def credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand."""
    for mark, shape in _SHAPES:
        if mark in text:
            for found in shape.finditer(text):
                yield found.span()
    lowered = text.lower()
    for name in _NAMED:
        at = lowered.find(name)
        while at >= 0:
            said = _SAID.search(text, max(0, at - 16), at + 240)
            if said and _is_secret(said[1]):
                yield said.span(1)
            at = lowered.find(name, at + len(name))


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

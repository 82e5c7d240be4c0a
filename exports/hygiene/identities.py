"""Numbers that states give to people, of a dozen countries. Pure.

Where a check digit alone would let one number in ten pass, a word that says what the number is must
stand close before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exports.hygiene import checksums

BEFORE = 48
"""Characters in which the word is looked for."""


@dataclass(frozen=True)
class _Identity:
    shape: re.Pattern[str]
    is_right: Callable[[str], bool]
    said: re.Pattern[str] | None = None


def _identity(shape: str, is_right: Callable[[str], bool], said: str = "") -> _Identity:
    return _Identity(
        re.compile(rf"(?<![\w.+-]){shape}(?![\w+]|[.-]\d)"),
        is_right,
        re.compile(said, re.IGNORECASE) if said else None,
    )


_OF_DIGITS = (
    _identity(r"\d{3}-\d{2}-\d{4}", checksums.ssn),
    _identity(r"\d{9}", checksums.ssn, r"\bssn\b|social security"),
    _identity(r"\d{3}[ -]?\d{3}[ -]?\d{4}", checksums.nhs, r"\bnhs\b"),
    _identity(r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}", checksums.nir),
    _identity(r"\d{2} \d{3} \d{3} \d{3}", checksums.steuer_id),
    _identity(r"\d{11}", checksums.steuer_id, r"steuer|tax|\bidnr|\btin\b"),
    _identity(r"\d{4}\.?\d{2}\.?\d{3}|\d{9}", checksums.bsn, r"\bbsn\b|burgerservice|sofi"),
    _identity(r"\d{11}", checksums.pesel, r"pesel"),
    _identity(r"(?:\d{2})?\d{6}[-+]\d{4}", checksums.personnummer),
    _identity(r"\d{3}\.\d{3}\.\d{3}-\d{2}", checksums.cpf),
    _identity(r"\d{11}", checksums.cpf, r"\bcpf\b"),
    _identity(r"(?<![0-9] )\d{4} \d{4} \d{4}(?! \d)", checksums.aadhaar),
    _identity(r"\d{12}", checksums.aadhaar, r"aadhaa?r|uidai"),
    _identity(r"\d{3}[ -]\d{3}[ -]\d{3}|\d{9}", checksums.sin, r"\bsin\b|social insurance"),
)  # fmt: skip
_WITH_LETTERS = (
    _identity(r"\d{17}[\dXx]", checksums.chinese),
    _identity(r"(?:\d|[XYZxyz]-?)\d{7}-?[A-Za-z]", checksums.dni),
    _identity(
        r"[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]",
        checksums.codice_fiscale,
    ),
    _identity(
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        lambda number: True,
    ),
)  # fmt: skip
_ANY = (*_OF_DIGITS, *_WITH_LETTERS)
FEWEST_DIGITS = 9
_BETWEEN = str.maketrans("", "", " .-+")


def identities(text: str, start: int, end: int, *, digits: int) -> Iterator[tuple[int, int]]:
    """Where they stand in `text[start:end]`, which has so many digits."""
    for identity in _ANY if digits >= FEWEST_DIGITS else _WITH_LETTERS:
        for found in identity.shape.finditer(text, start, end):
            if not identity.is_right(found[0].translate(_BETWEEN)):
                continue
            at = found.start()
            if identity.said is None or identity.said.search(text, max(0, at - BEFORE), at):
                yield found.span()

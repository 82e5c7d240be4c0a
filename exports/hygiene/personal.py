"""Personal data in texts, and masks for it. Pure.

Looked for: e-mail addresses, telephone numbers, accounts (IBAN) and cards by their check digits, IP
addresses, identity numbers of a dozen countries, and what looks like a key or a password.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from exports.hygiene.checksums import IBAN_LENGTHS, card, iban
from exports.hygiene.credentials import credentials
from exports.hygiene.identities import identities

KINDS = ("secret", "email", "iban", "identity", "card", "ip", "phone")
"""Where two overlap, the earlier kind is it."""
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}$")
_DOMAIN = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w@])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{2}")
_CARD = re.compile(
    r"(?<![0-9] )(?<![\w.+-])"
    r"(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,4}(?:\1\d{3})?|\d{4}([ -]?)\d{6}\2\d{4,5})"
    r"(?![\w]|[.-]\d)"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_VERSION = re.compile(
    r"(?:\bv|version|release|build|ver\.?|firmware|chapter|section|§)\s{0,2}$", re.I
)
_GAP = "[ \u00a0.\\-/]"
_INTERNATIONAL = re.compile(rf"(?<![\w+])\+\(?\d(?:{_GAP}?[()]?{_GAP}?\d){{6,14}}(?!\w)")
_AMERICAN = re.compile(
    r"(?<![0-9] )(?<![\w.+-])(?:1[-. ])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])"
    r"\d{3}[-. ]\d{4}(?![\w]|[.-]\d)"
)
_NATIONAL = re.compile(
    rf"(?<![0-9] )(?<![\w.,+/-])\(?0[1-9]\d{{0,4}}\)?(?:{_GAP}{{1,2}}\d{{2,8}}){{1,5}}"
    r"(?![\w]|[.,]\d)"
)
_LONDON = re.compile(r"(?<![0-9] )(?<![\w.,+/-])\(?020\)? \d{4} \d{4}(?!\w)")
_BARE = re.compile(r"(?<![\w.,+/-])\d{9,12}(?![\w]|[.,]\d)")
_SAID_TO_BE_A_PHONE = re.compile(
    r"phone|\btel\b|call|mobile|cell|whatsapp|sms|\btext me|telefon|telefoon|t[ée]l[ée]phone"
    r"|tel[ée]fono|handy|ring me|contact|numéro|电话|手机|電話",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^\(?0?\d[./-]\d{1,2}[./-]\d{2,4}|^\(?\d{2}[./ -]\d{2}[./ -](?:19|20)\d\d(?!\d)"
)
_DIGITS = re.compile("[0-9]")
# Where a number of some length stands, or the middle of an Italian identity number.
_STRETCH = re.compile(
    "[0-9](?:[0-9][A-EHLMPR-Ta-ehlmpr-t][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]"
    "|[0-9 .\u00a0/()-]{4,}[0-9])"
)
FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """What is there, in order, without overlaps."""
    found = [Found("secret", *span) for span in credentials(text)]
    if "@" in text:
        found += [Found("email", *span) for span in _emails(text)]
    if "::" in text or text.count(":") > 6:
        found += [Found("ip", *m.span()) for m in _IPV6.finditer(text) if _is_address(m[0])]
    for stretch in _STRETCH.finditer(text):
        n_digits = len(_DIGITS.findall(stretch[0]))
        if n_digits >= FEWEST_DIGITS:
            found += _numbers(text, *stretch.span(), n_digits)
    return _apart(found) if len(found) > 1 else found


class Masks:
    """Marks such as [EMAIL_1], the same for the same value throughout a row."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._n_of: dict[str, int] = {}

    def masked(self, text: str) -> str:
        """Until nothing is found: what was hidden behind something else may come to light."""
        while found := find(text):
            text = "".join(self._pieces(text, found))
        return text

    def _pieces(self, text: str, found: list[Found]) -> Iterator[str]:
        at = 0
        for each in found:
            yield text[at : each.start]
            yield self._mark(each.kind, text[each.start : each.end])
            at = each.end
        yield text[at:]

    def _mark(self, kind: str, value: str) -> str:
        known = kind, _same(kind, value)
        if known not in self._numbers:
            self._n_of[kind] = self._n_of.get(kind, 0) + 1
            self._numbers[known] = self._n_of[kind]
        return f"[{kind.upper()}_{self._numbers[known]}]"


def _same(kind: str, value: str) -> str:
    """What two ways of writing a value have in common."""
    if kind in ("phone", "card"):
        return "".join(_DIGITS.findall(value))
    if kind in ("iban", "identity"):
        return re.sub(r"[ .+-]", "", value).upper()
    return value.casefold() if kind in ("email", "ip") else value


def _apart(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for each in sorted(found, key=lambda f: (KINDS.index(f.kind), f.start, -f.end)):
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda f: f.start)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for domain in _DOMAIN.finditer(text):
        local = _LOCAL.search(text, max(0, domain.start() - 64), domain.start())
        start = local.start() if local else domain.start()
        name = text[start : domain.start()].strip(".'`*/|={}&")
        if name and name != "git":
            yield (
                domain.start() - len(text[start : domain.start()].lstrip(".'`*/|={}&")),
                domain.end(),
            )


def _numbers(text: str, start: int, end: int, n_digits: int) -> Iterator[Found]:
    """What a stretch of digits, with what stands around it, is."""
    if n_digits >= 7:
        yield from (Found("iban", *span) for span in _ibans(text, max(0, start - 12), end))
    around = max(0, start - 7), end + 3
    for span in identities(text, *around, digits=n_digits):
        yield Found("identity", *span)
    for found in _IPV4.finditer(text, *around) if text.count(".", start, end) > 2 else ():
        at = found.start()
        if _is_address(found[0]) and not _VERSION.search(text, max(0, at - 12), at):
            yield Found("ip", *found.span())
    if n_digits >= 7:
        yield from (Found("phone", *span) for span in _phones(text, *around))
    if n_digits >= 13:
        for found in _CARD.finditer(text, *around):
            if card("".join(_DIGITS.findall(found[0]))):
                yield Found("card", *found.span())


def _ibans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for begin in _IBAN.finditer(text, start, end):
        length = IBAN_LENGTHS.get(begin[0][:2].upper(), 0)
        compact, at = "", begin.start()
        while len(compact) < length and at < len(text):
            sign = text[at]
            if sign.isascii() and sign.isalnum():
                compact += sign.upper()
            elif sign not in " -":
                break
            at += 1
        follows = text[at : at + 1]
        if length and len(compact) == length and not follows.isalnum() and iban(compact):
            yield begin.start(), at


def _is_address(value: str) -> bool:
    """Not a loopback, a mask or all zeros; and no words of a program such as `cafe::beef`."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not value.startswith(("255.", "0."))
    return len([group for group in value.split(":") if group]) > 2 and any(map(str.isdigit, value))


def _phones(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for shape in (_INTERNATIONAL, _AMERICAN, _LONDON):
        for found in shape.finditer(text, start, end):
            yield found.span()
    for found in _NATIONAL.finditer(text, start, end):
        n_digits = len(_DIGITS.findall(found[0]))
        if 9 <= n_digits <= 12 and not _DATE.match(found[0]):
            yield found.span()
    for found in _BARE.finditer(text, start, end):
        at = found.start()
        if _SAID_TO_BE_A_PHONE.search(text, max(0, at - 32), at):
            yield found.span()

"""What the scans say of a record."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from exports.records import Record

EXACT = "the same as an earlier row"
NEAR = "nearly the same as an earlier row"
BENCHMARK = "has text of a benchmark in it"
PERSONAL = "has personal data in it"
HIDDEN = "has hidden text in it"
LANGUAGE = "is in another language than its prompt is filed under"


class Verdict(Struct, gc=False):
    """`record` is what to write: the one looked at, or a cleaned copy, of which `changed` says
    what was taken away. `reason` is why it is not to be written, and `about` which benchmark and
    item, or which language. `found` counts what was met by its kind, also where it is kept; None:
    nothing was. `split` is where it goes."""

    record: Record
    reason: str = ""
    changed: tuple[str, ...] = ()
    about: str = ""
    found: Counter[str] | None = None
    split: str = "train"

"""Text from outside, checked before anything else looks at it."""

import re
from typing import Any

from projects.errors import InvalidInput

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean_text(value: Any, *, field: str, limit: int, required: bool = True) -> str:
    """`value` as text that PostgreSQL can keep, lines ending in ``\\n``, otherwise untouched.

    Raises InvalidInput naming `field` for anything but a text of at most `limit` characters,
    without NUL and lone surrogates, and not blank where it is required.
    """
    if not isinstance(value, str):
        raise InvalidInput.field(field, "must be a text")
    text = value.replace("\r\n", "\n")
    if "\0" in text:
        raise InvalidInput.field(field, "must not hold a NUL character")
    if not _is_encodable(text):
        raise InvalidInput.field(field, "must be valid Unicode, without lone surrogates")
    if len(text) > limit:
        raise InvalidInput.field(field, f"must be at most {limit:,} characters, is {len(text):,}")
    if required and not text.strip():
        raise InvalidInput.field(field, "must not be blank")
    return text


def clean_name(value: Any, *, field: str, limit: int, required: bool = True) -> str:
    """As `clean_text`, stripped, for one line shown as it is on many pages: nothing in it may
    break the line or turn round what stands beside it."""
    text = clean_text(value, field=field, limit=limit, required=required).strip()
    if _UNSEEN.search(text):
        raise InvalidInput.field(field, "must not hold control or text-direction characters")
    return text


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

"""When two prompts are the same but for how they are spelled.

The same are: capitals and small letters, full and half width, ligatures, accents written as one
sign or two, signs that take no room, kinds and numbers of spaces, and marks around words such as
quotes, commas and full stops. Signs that can change what is asked stay: "C" is not "C++".
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

_AROUND_WORDS = ".,;:!?…'\"`´‘’‚“”„‹›«»¡¿。，、；：！？．「」『』【】《》〈〉()[]{}（）—–"
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})


def prompt_key(text: str) -> str:
    """A digest, equal for equal prompts as above; "" for a text of which nothing is left."""
    words = (word.strip(_AROUND_WORDS) for word in folded(text).split())
    plain = " ".join(word for word in words if word)
    return hashlib.sha256(plain.encode()).hexdigest() if plain else ""


def folded(text: str) -> str:
    """The text in one case, width and way of writing accents, without signs that take no room."""
    if text.isascii():
        return text.casefold().translate(_CONTROLS)
    # One sign at a time: normalising a text at once sorts its accents, which takes time in the
    # square of their number where a text holds nothing else.
    return "".join(map(_folded_sign, text))


@lru_cache(maxsize=8192)
def _folded_sign(sign: str) -> str:
    if sign.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    return "".join(part for part in plain if unicodedata.category(part) not in _UNSEEN)


_CONTROLS = {code: None for code in (*range(32), 127) if not chr(code).isspace()}

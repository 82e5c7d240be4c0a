"""Characters a reader cannot see, made visible.

Bidirectional overrides reorder what is read, zero-width and tag characters hide text inside text,
control characters and lone surrogates break whatever comes next. Each becomes a marker such as
``⟨U+202E⟩``. Joiners that a script or an emoji needs are kept.
"""

import re

# A marker is ordinary text, so it survives Markdown, code highlighting and the sanitiser alike.
MARKER = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")

# England, Scotland and Wales are the only flags in common use that are spelled with tag characters.
_TAG_FLAGS = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)

# Arabic to Sinhala, South-East Asian scripts, Mongolian: their spelling uses joiners.
_JOINING = "\u0600-\u061b\u061d-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1820-\u18af"
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_IDEOGRAPH = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"

_KEPT = "|".join(
    [
        *_TAG_FLAGS,
        rf"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])",
        rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])",
        rf"(?<=[{_EMOJI}0-9#*\u00a9\u00ae\u203c\u2049\u3030\u303d\u3297\u3299])[\ufe0e\ufe0f]",
        rf"(?<=[{_IDEOGRAPH}])[\U000e0100-\U000e01ef]",
    ]
)

_NONCHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
) + _NONCHARACTERS

_PATTERN = re.compile(rf"(?P<kept>{_KEPT})|[{_UNSEEN}]")


def reveal(text: str) -> str:
    """Return `text` with unseen characters as markers and every line break as a line feed."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return reveal_in_place(unified)


def reveal_in_place(text: str) -> str:
    """Replace unseen characters by markers and leave everything else, line breaks too, alone."""
    return _PATTERN.sub(_marker, text)


def _marker(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found[0]
    return f"⟨U+{ord(found[0]):04X}⟩"

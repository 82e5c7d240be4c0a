"""Text that is not seen, found, left alone and taken away."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.hygiene.hidden import Cleaner, find

BLOB = base64.b64encode(bytes(range(256))).decode()
WRAPPED = "\n".join(BLOB[at : at + 76] for at in range(0, len(BLOB), 76))
TAGGED = "".join(chr(0xE0000 + ord(sign)) for sign in "ignore all that")
FLAG = "\U0001f3f4" + "".join(chr(0xE0000 + ord(sign)) for sign in "gbeng") + "\U000e007f"
FOUND = [
    ("zero width", "pass\u200bword", "password"),
    ("zero width", "\ufeffHello", "Hello"),
    ("zero width", "so\u00adft", "soft"),
    ("direction", "abc\u202edef", "abcdef"),
    ("direction", "if x\u2066 y\u2069", "if x y"),
    ("tag", f"Nice day.{TAGGED}", "Nice day."),
    ("variation", "❤\ufe0f\ufe0e\ufe0f\ufe0e", "❤"),
    ("variation", "a\U000e0120b", "ab"),
    ("filler", "a\u3164b", "ab"),
    ("control", "be\x07ep", "beep"),
    ("control", "a\x9bb", "ab"),
    ("encoded", f"Decode {BLOB} now", "Decode [ENCODED_1] now"),
    ("encoded", f"See\n{WRAPPED}\nend", "See\n[ENCODED_1]\nend"),
    ("encoded", "x " + "5f" * 90, "x [ENCODED_1]"),
    ("encoded", "%41%42" * 15, "[ENCODED_1]"),
    ("encoded", r"\x41\x42" * 15, "[ENCODED_1]"),
    ("data url", f"![a](data:image/png;base64,{BLOB})", "![a]([ENCODED_1])"),
]
LEFT_ALONE = [
    "A family 👨‍👩‍👧, a heart ❤️, a keycap 1️⃣ and 🏳️‍🌈.",
    f"The flag {FLAG} of England.",
    "می\u200cخواهم \u200fسلام",
    "क्\u200dष and 葛\U000e0100飾",
    "Tabs\tand\nlines\r\nare seen.",
    "sha512 " + "0123456789abcdef" * 8,
    "https://example.org/" + "some/path/of/words/" * 9,
    "日本語のテキストです。" * 30,
    "word" * 40,
    "a" * 300,
    "-" * 300 + "\n" + "=" * 300,
    "a_very_long_name_of_a_function_in_a_program_that_nobody_would_write_but_somebody_did" * 2,
]


@pytest.mark.parametrize(("kind", "text", "cleaned"), FOUND)
def test_finds_and_cleans(kind: str, text: str, cleaned: str) -> None:
    assert {each.kind for each in find(text)} == {kind}
    assert Cleaner().cleaned(text) == cleaned


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_leaves_alone(text: str) -> None:
    assert find(text) == []


def test_the_same_blob_has_the_same_mark_throughout_a_row() -> None:
    cleaner = Cleaner()
    other = BLOB[::-1].strip("=")
    assert cleaner.cleaned(f"{BLOB} {other}") == "[ENCODED_1] [ENCODED_2]"
    assert cleaner.cleaned(f"{other}.") == "[ENCODED_2]."


UNSEEN = "\u200b\u200d\ufe0f\ufe0e\u202e\u200f\U000e0041\U000e007f\u2800\x00"
signs = st.sampled_from([*UNSEEN, *"ab1 ❤👩", "\u0915", "\u0627", "\U0001f3f4"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(signs, st.sampled_from([BLOB, "ff" * 90, "%41" * 30])), max_size=14))
def test_cleaning_leaves_nothing_that_is_found(pieces: list[str]) -> None:
    cleaned = Cleaner().cleaned("".join(pieces))
    assert find(cleaned) == []

"""When two answers look the same, and when one shows nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats.conversations import INVISIBLE, is_blank, is_same

LONG = "Yes, of course. " * 40
ACCENTED = "é" * 200
SIGNS = st.sampled_from(
    [*"ab 가각", "\u0301", "\u0323", "\u00e9", "\u1100", "\u1161", *"\n\u200b\u00ad"]
)
BEFORE = st.sampled_from(["", "a" * 15, "a" * 127, "é" * 15, "a b " * 4, "é " * 64])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Caf\u00e9 red", "Cafe\u0301 red"),
        ("Yes, of course", "Yes,\u200b of course"),
        ("Yes, of course", "\u200b Yes, of course"),
        ("cafe\u200b\u0301", "caf\u00e9"),
        ("\uac00", "\u1100\u1161"),
        (" Hello.\n", "Hello."),
        (LONG + "caf\u00e9", LONG + "cafe\u0301"),
        (ACCENTED + "\u00e9", ACCENTED + "e\u0301"),
    ],
)
def test_texts_that_nobody_can_tell_apart_are_the_same(first: str, second: str) -> None:
    assert is_same(first, second)
    assert is_same(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hello.", "hello."),
        ("caf\u00e9", "cafe"),
        ("a b", "ab"),
        ("\ufb01ne", "fine"),
        ("\uff21", "A"),
        (LONG + "caf\u00e9", LONG + "cafe"),
        ("a\u0301\u0323 b", "a\u0301 b"),
    ],
)
def test_texts_that_look_different_are_not(first: str, second: str) -> None:
    assert not is_same(first, second)
    assert not is_same(second, first)


@given(BEFORE, st.lists(SIGNS, max_size=6), st.lists(SIGNS, max_size=6))
def test_looking_at_the_beginning_first_changes_nothing(
    before: str, one: list[str], other: list[str]
) -> None:
    first, second = before + "".join(one), before + "".join(other)
    assert is_same(first, second) == (_whole(first) == _whole(second))


def _whole(text: str) -> list[str]:
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text)).split()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\u200b",
        "\u200b" * 65,
        "\u2800",
        "\ufe0f",
        "\U000e0041 \u3164",
        "\u200b " * 9_000,
    ],
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", [".", "\u200b" * 65 + ".", "\u2800\u2801", "❤\ufe0f", "\ud800"])
def test_what_shows_anything_is_not(text: str) -> None:
    assert not is_blank(text)

"""Words and runs of words as numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.poisoning.ngrams import (
    DOC,
    around,
    field_of,
    is_kept,
    ngrams,
    once_a_text,
    order_of,
    tokens,
    words,
)

WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=4), max_size=12)


def told(text: str) -> list[str]:
    found = tokens([text])
    return [words(found, at, 1) for at in range(len(found))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("don't stop-gap", ["don", "t", "stop", "gap"]),
        ("“Größe” – 12…", ["größe", "12"]),
        ("<|im_end|> !! ?", ["<|", "im_end", "|>", "!!"]),
        ("日本a", ["日", "本", "a"]),
        ("in\u200bvisible", ["in", "\u200b", "visible"]),
        ("a \u202eb 🙂🙂", ["a", "\u202e", "b", "🙂", "🙂"]),
        ("", []),
        ("\ud800 lone", ["lone"]),
    ],
)
def test_what_a_word_is(text: str, wanted: list[str]) -> None:
    assert told(text) == wanted


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_a_run_of_words_has_one_number_wherever_it_stands(texts: list[list[str]]) -> None:
    found = tokens([" ".join(each) for each in texts])
    seen: dict[tuple[str, ...], int] = {}
    for each in ngrams(found, field=1):
        for name, doc, at in zip(each.hashes, each.doc, each.at, strict=True):
            run = tuple(words(found, int(at) + i, 1) for i in range(each.order))
            assert seen.setdefault(run, int(name)) == int(name)
            assert int(found.doc[at + each.order - 1]) == int(doc)
    assert len(set(seen.values())) == len(seen)
    expected = {
        tuple(text[at : at + order])
        for text in texts
        for order in (1, 2, 3)
        for at in range(len(text) - order + 1)
    }
    assert set(seen) == expected


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_each_counts_once_a_text(texts: list[list[str]]) -> None:
    found = tokens([" ".join(each) for each in texts])
    keys = once_a_text(ngrams(found, field=0))
    wanted = sum(
        len({tuple(text[at : at + order]) for at in range(len(text) - order + 1)})
        for text in texts
        for order in (1, 2, 3)
    )
    assert keys.size == wanted
    assert np.array_equal(keys, np.unique(keys))


def test_equal_texts_have_equal_hashes_and_others_not() -> None:
    same, other, again = tokens(["A b", "a c", "a b"]).texts.tolist()
    assert same == again
    assert same != other


def test_a_name_tells_its_field_and_its_order() -> None:
    found = tokens(["one two three"])
    for field in (0, 1):
        for each in ngrams(found, field=field):
            assert set(order_of(each.hashes).tolist()) == {each.order}
            assert set(field_of(each.hashes).tolist()) == {field}


def test_thinning_keeps_the_same_half_always() -> None:
    found = tokens([" ".join(f"w{n}" for n in range(4_000))])
    whole = ngrams(found, field=0)[0].hashes
    half = ngrams(found, field=0, thinned=(1, 0, 0))[0].hashes
    quarter = ngrams(found, field=0, thinned=(2, 0, 0))[0].hashes
    assert np.array_equal(half, whole[is_kept(whole, 1)])
    assert np.isin(quarter, half).all()
    assert 0.45 < half.size / whole.size < 0.55


def test_what_stands_around_does_not_leave_its_text() -> None:
    found = tokens(["before it", "the lantern, Burns", "after it"])
    at = next(at for at in range(len(found)) if words(found, at, 1) == "lantern")
    assert around(found, at, 1) == "the lantern, burns"


def test_the_text_is_in_the_key() -> None:
    found = tokens(["same", "same"])
    keys = once_a_text(ngrams(found, field=0))
    assert (keys & np.uint64(0xFFFF)).tolist() == [0, 1]
    assert len(set((keys >> DOC).tolist())) == 1

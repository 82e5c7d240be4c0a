"""Counting n-grams in memory that does not grow."""

import numpy as np
import pytest

from exports.poisoning.counts import ADMITTED_FROM, Counts, Marks
from exports.poisoning.ngrams import DOC, Hashes, name, ngrams, once_a_text, tokens


def marks(n: int, *, labeler: int = 1, label: int = 1, bits: int = 0) -> Marks:
    return Marks(
        labeler=np.full(n, labeler),
        label=np.full(n, label),
        prompt=np.arange(n).astype(np.uint64) << np.uint64(32),
        bits=np.full((2, n), bits, np.uint64),
    )


def keys_of(*texts: str) -> Hashes:
    return once_a_text(ngrams(tokens(texts), field=1)[:1])


def name_of(word: str) -> Hashes:
    return ngrams(tokens([word]), field=1)[0].hashes


def column(counts: Counts, word: str, name: str) -> int:
    slot = counts._found(name_of(word))[0]
    return int(counts.table[name][slot])


def test_a_word_is_counted_from_its_third_text_on() -> None:
    counts = Counts(slots=64, cells=1 << 16)
    for _ in range(ADMITTED_FROM - 1):
        counts.add(keys_of("rare"), marks(1))
    assert counts.n_of(name_of("rare")).tolist() == [0]
    counts.add(keys_of("rare"), marks(1))
    counts.add(keys_of("rare"), marks(1, label=-1))
    assert counts.n_of(name_of("rare")).tolist() == [2]
    assert column(counts, "rare", "plus") == 1
    assert column(counts, "rare", "minus") == 1


def test_a_batch_counts_as_its_texts_one_by_one() -> None:
    texts = ["a b c", "a b", "a d", "b d a", "c a", "b a c"]
    whole, single = Counts(slots=64, cells=1 << 16), Counts(slots=64, cells=1 << 16)
    whole.add(keys_of(*texts * 3), marks(18))
    for text in texts * 3:
        single.add(keys_of(text), marks(1))
    for word in "abcd":
        n = whole.n_of(name_of(word))[0]
        assert n == sum(word in text.split() for text in texts) * 3
        assert n - single.n_of(name_of(word))[0] <= ADMITTED_FROM - 1


def test_narrowed_it_still_tells_how_often() -> None:
    counts = Counts(slots=64, cells=1 << 16)
    for word in ("often", "often", "rare"):
        counts.add(keys_of(*[word] * 5), marks(5))
    asked = np.concatenate([name_of(word) for word in ("often", "rare", "never")])
    room = counts.table.nbytes
    counts.narrow()
    assert counts.n_of(asked).tolist() == [10, 5, 0]
    assert counts.table.nbytes < room / 4


def test_words_that_share_a_byte_of_the_sketch_are_all_counted() -> None:
    words = [f"word{n}" for n in range(30)]
    counts = Counts(slots=64, cells=64)
    for _ in range(ADMITTED_FROM):
        counts.add(keys_of(" ".join(words)), marks(1))
    assert all(counts.n_of(name_of(word))[0] for word in words)


def test_rows_are_taken_out_of_the_table_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(5)
    texts = [" ".join(chance.choice(list("abcdefghijk"), 4)) for _ in range(60)]
    said = Marks(
        labeler=chance.integers(1, 4, 60),
        label=chance.integers(-1, 2, 60),
        prompt=chance.integers(1, 9, 60).astype(np.uint64) << np.uint64(32),
        bits=chance.integers(0, 1 << 60, (2, 60)).astype(np.uint64),
    )
    tables = []
    for at_once in (1 << 13, 3):
        monkeypatch.setattr("exports.poisoning.counts.AT_ONCE", at_once)
        counts = Counts(slots=64, cells=1 << 16)
        counts.add(keys_of(*texts), said)
        tables.append(counts.table.copy())
    assert np.count_nonzero(tables[0]["tag"]) == 11
    # Not their bytes: what pads a row is copied or not.
    assert tables[0].tolist() == tables[1].tolist()


def test_the_majority_is_found_whatever_the_batches() -> None:
    chance = np.random.default_rng(4)
    for size in (1, 7, 100):
        counts = Counts(slots=64, cells=1 << 16)
        who = np.where(chance.random(100) < 0.8, 3, chance.integers(4, 30, 100))
        for begin in range(0, 100, size):
            part = who[begin : begin + size]
            told = marks(part.size)
            counts.add(
                keys_of(*["tied"] * part.size),
                Marks(labeler=part, label=told.label, prompt=told.prompt, bits=told.bits),
            )
        assert column(counts, "tied", "labeler") == 3


def test_bits_that_all_prompts_have_stay() -> None:
    counts = Counts(slots=64, cells=1 << 16)
    for bits in (0b111, 0b101, 0b1101, 0b100):
        counts.add(keys_of("one", "one"), marks(2, bits=bits))
    counts.add(keys_of("one", "one", "one"), marks(3, bits=0b101))
    common = ~(column(counts, "one", "even 0") | column(counts, "one", "odd 0"))
    assert common & 0b100
    assert not common & 0b1010


def test_a_full_table_thins_long_runs_and_keeps_exact_counts() -> None:
    counts = Counts(slots=1 << 12, cells=1 << 18)
    text = " ".join(f"w{n}" for n in range(1_500))
    for _ in range(6):
        keys = once_a_text(ngrams(tokens([text]), field=1, thinned=counts.thinned))
        counts.add(keys, marks(1))
    assert counts.thinned[2] > 0
    assert counts.n_kept <= 0.7 * counts.slots
    kept = counts.table["tag"] != 0
    assert set(counts.table["n"][kept].tolist()) <= {3, 4}
    assert np.unique(counts.table["tag"][kept]).size == kept.sum()


def test_names_without_a_place_count_nothing() -> None:
    counts = Counts(slots=64, cells=1 << 16)
    counts.add(np.zeros(0, np.uint64), marks(0))
    unknown = name(np.array([5], np.uint64) << np.uint64(30), field=0, order=1)
    assert counts.n_of(unknown).tolist() == [0]
    assert int(DOC) == 16

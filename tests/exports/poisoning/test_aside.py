"""What lies in files comes back as it was put there, and scans find the same by way of them."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import poisoning as worlds
from exports.poisoning import bursts, postings
from exports.poisoning.aside import Aside, Texts
from exports.poisoning.scanning import scanned
from exports.records import Record

ROW = np.dtype([("number", np.int32), ("moment", np.float64)])
N = 900


def rows(first: int, n: int) -> np.ndarray:
    made = np.zeros(n, ROW)
    made["number"] = np.arange(first, first + n)
    made["moment"] = made["number"] / 7
    return made


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(1, 50))
def test_rows_come_back_in_order_and_by_column(sizes: list[int], at_once: int) -> None:
    aside = Aside(ROW)
    aside.AT_ONCE = at_once
    for size in sizes:
        aside.add(rows(len(aside), size))
    parts = list(aside)
    assert all(0 < part.size <= at_once for part in parts)
    every = np.concatenate([np.zeros(0, ROW), *parts])
    assert every.tolist() == rows(0, sum(sizes)).tolist()
    assert aside.column("moment").tolist() == every["moment"].tolist()


def test_two_may_read_while_another_adds() -> None:
    aside = Aside(ROW)
    aside.add(rows(0, aside.AT_ONCE + 1))
    one, other = iter(aside), iter(aside)
    assert next(one).tolist() == next(other).tolist()
    aside.add(rows(len(aside), 1))
    assert next(one)["number"].tolist()[0] == next(other)["number"].tolist()[0] == aside.AT_ONCE


@given(st.lists(st.lists(st.text(), max_size=4), max_size=4))
def test_texts_come_back_by_number(batches: list[list[str]]) -> None:
    texts = Texts()
    for batch in batches:
        texts.add(batch)
    told = [each.encode("utf-8", "replace").decode() for batch in batches for each in batch]
    assert len(texts) == len(told)
    other, named = (texts.named(np.arange(len(told))[::step]) for step in (1, -1))
    assert list(other) == told
    assert list(named) == told[::-1]
    assert list(named[1:]) == told[::-1][1:]


def test_a_file_is_closed_with_the_last_who_asks() -> None:
    texts = Texts()
    texts.add(["one", "other"])
    named = texts.named(np.array([1]))
    file = texts._texts._file
    del texts
    assert (list(named), file.closed) == (["other"], False)
    del named
    assert file.closed


def test_the_same_is_found_however_little_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = worlds.flipped(worlds.preferences(N, seed=4), 90 / N, random.Random(5))
    written = worlds.targeted(worlds.demonstrations(N, seed=4), 60 / N, random.Random(5))
    pasted = worlds.copied(worlds.demonstrations(N, seed=4), 60 / N, random.Random(5))
    records: tuple[Sequence[Record], ...] = (compared, written, pasted)
    whole = [scanned(each) for each in records]
    monkeypatch.setattr(Aside, "AT_ONCE", 101)
    monkeypatch.setattr(postings, "MOST_AT_ONCE", 4_000)
    monkeypatch.setattr(bursts, "MOST_AT_ONCE", 11)
    assert "burst" in {found.kind for found in whole[-1].found}
    for before, after in zip(whole, map(scanned, records), strict=True):
        assert before.found
        assert len(after.found) == len(before.found)
        for one, other in zip(before.found, after.found, strict=True):
            told = (one.kind, one.severity, one.ngram, one.target, one.labeler, one.n_records)
            assert told == (
                other.kind, other.severity, other.ngram, other.target, other.labeler,
                other.n_records,
            )  # fmt: skip
            assert list(one.records) == list(other.records)
            assert one.p_value == pytest.approx(other.p_value)

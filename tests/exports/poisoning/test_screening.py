"""What is looked at a second time."""

import numpy as np
import pytest

from bench import poisoning as worlds
from exports.poisoning import screening
from exports.poisoning.gathering import Gathering


def test_the_strongest_of_the_whole_table_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = Gathering().walk(worlds.demonstrations(600, seed=3))
    every = screening.screened(gathered)
    monkeypatch.setattr(screening, "MOST_EACH", 20)
    monkeypatch.setattr(screening, "AT_ONCE", gathered.counts.table.size)
    at_once = screening.screened(gathered)
    monkeypatch.setattr(screening, "AT_ONCE", 1 << 9)
    some_at_a_time = screening.screened(gathered)
    assert at_once.names.tolist() == some_at_a_time.names.tolist()
    assert np.isin(at_once.names, every.names).all()
    assert at_once.n_tested == every.n_tested
    assert (every.is_labelers.sum(), at_once.is_labelers.sum()) == (61, 20)

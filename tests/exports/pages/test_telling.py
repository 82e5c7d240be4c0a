"""What a manifest says, for the page of its export."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exports.files.lengths import Lengths as Counted
from exports.pages.one import Told
from exports.pages.telling import MOST_COLUMNS, lengths, parts, severities

OLD: dict[str, Any] = {
    "kind": "sft",
    "format": "TRL conversational JSONL",
    "filters": {"source": "all"},
    "counts": {"rows": 2, "dropped": {"an answer is empty": 1}, "by_source": {"demonstration": 2}},
    "guideline_versions": {"1": 2},
    "models": {"a person": 2},
    "annotators": {"p-1": 2},
    "files": [],
}


def test_an_export_of_the_first_version_says_what_it_knows() -> None:
    told = Told(OLD)
    assert (told.n_dropped, told.n_models) == (1, 0)
    assert (told.how_to_load, told.recipe_said, told.lengths, told.sampling) == ([], [], None, [])
    assert (told.splits, told.writers, told.changed) == ([], [], [])


def test_parts_come_with_their_shares_the_most_first() -> None:
    found = [(part.name, part.percent) for part in parts({"b": 1, "a": 1, "c": 2})]
    assert found == [("c", 50), ("a", 25), ("b", 25)]


@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=300))
def test_no_row_is_lost_on_the_way_into_the_chart(rows: list[int]) -> None:
    counted = Counted()
    for length in rows:
        counted.take(length)
    told = lengths({"lengths": counted.as_dict()})
    assert told is not None
    assert sum(number for _, number in told.bins) == len(rows)
    assert len(told.bins) == len(told.plot.columns) <= MOST_COLUMNS


def test_findings_are_told_the_gravest_first_and_older_exports_have_none() -> None:
    manifest = OLD | {"poisoning": {"by_severity": {"note": 3, "alarm": 1}}}
    assert [(part.name, part.number) for part in severities(manifest)] == [
        ("Alarms", 1),
        ("Notes", 3),
    ]
    assert (severities(OLD), Told(OLD).scans, Told(OLD).benchmarks) == ([], [], [])

"""What a chat template made of rows, counted."""

import orjson

from exports.files.templated import (
    ALL_OF,
    MOST_REASONS,
    ONE_IN,
    Templated,
    is_looked_at,
    warnings_of,
)


def noted(*problems: tuple[str, list[str]]) -> Templated:
    met = Templated()
    for record_id, found in problems:
        met.note(record_id, found)
    return met


def test_the_first_rows_are_looked_at_and_then_one_in_ten() -> None:
    assert all(is_looked_at(place) for place in range(ALL_OF))
    assert sum(map(is_looked_at, range(ALL_OF, 11_000))) == 10_000 // ONE_IN


def test_shards_add_up_to_the_whole_and_the_first_record_stays_the_first() -> None:
    problems = [(f"r-{n}", ["odd"] * (n % 2) + ["third"] * (n % 3 == 0)) for n in range(20)]
    whole, added = noted(*problems), Templated()
    for first in range(0, 20, 6):
        part = noted(*problems[first : first + 6])
        added.add(Templated.from_dict(orjson.loads(orjson.dumps(part.as_dict()))))
    assert added.as_dict() == whole.as_dict()
    assert whole.first == {"third": "r-0", "odd": "r-1"}
    assert (whole.rows_looked_at, whole.found) == (20, {"odd": 10, "third": 7})


def test_reasons_without_number_are_told_up_to_a_limit() -> None:
    met = noted(*((f"r-{n}", [f"reason {n}"]) for n in range(MOST_REASONS + 5)))
    assert (len(met.found), met.found["others"]) == (MOST_REASONS + 1, 5)
    assert met.first["others"] == f"r-{MOST_REASONS}"


def test_nothing_is_warned_of_where_nothing_is_wrong() -> None:
    assert warnings_of([], {}) == []
    assert warnings_of([], {"tokenizer": "tiny", **noted(("r-1", [])).as_dict()}) == []
    assert warnings_of(["there is no row to train on"], {}) == ["There is no row to train on."]

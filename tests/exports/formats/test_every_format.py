"""What holds of every kind in every format."""

import copy
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.files.arrow import schema_of
from exports.formats import FORMATS, Dropped, formats_of, possible
from exports.formats import reasons as known_reasons
from exports.formats.meaning import Judged, Pair, Talk
from exports.formats.validity import problems
from exports.recipe import FILE_TYPES, KINDS, Mappings
from tests.exports.formats.mixtures import OF_KIND

CELLS = [(name, kind) for name, each in FORMATS.items() for kind in each.shapes]
REASONS = {value for name, value in vars(known_reasons).items() if name.isupper()} | {
    "its author is correcting it"
}

mappings = st.builds(
    Mappings,
    ties=st.sampled_from(["drop", "both"]),
    both_bad=st.sampled_from(["drop", "undesirable"]),
    system=st.sampled_from(["keep", "merge"]),
)
cells = pytest.mark.parametrize(("name", "kind"), CELLS)
quickly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def rows_or_reason(name: str, kind: str, record: Any, mapping: Mappings) -> list[dict[str, Any]]:
    """A record has rows, or it is dropped for a reason that is known."""
    try:
        rows = FORMATS[name].accepts[kind](record, mapping)
    except Dropped as dropped:
        reason, rows = dropped.reason, []
    else:
        reason = ""
    assert reason in REASONS if not rows else not reason
    return rows


@cells
@quickly
@given(data=st.data(), mapping=mappings)
def test_every_row_of_any_record_is_valid_also_after_it_was_written(
    name: str, kind: str, data: st.DataObject, mapping: Mappings
) -> None:
    record = data.draw(OF_KIND[kind])
    before = copy.deepcopy(record)
    for row in rows_or_reason(name, kind, record, mapping):
        assert problems(name, kind, row) == []
        assert problems(name, kind, orjson.loads(orjson.dumps(row))) == []
    assert record == before


@cells
@quickly
@given(data=st.data(), mapping=mappings)
def test_what_a_row_says_can_be_read_back_from_it(
    name: str, kind: str, data: st.DataObject, mapping: Mappings
) -> None:
    shape = FORMATS[name].shapes[kind]
    record = data.draw(OF_KIND[kind])
    if shape.read is None or record.held_back:
        return
    try:
        said = shape.said(record, mapping)
    except Dropped:
        return
    for each in said:
        read = shape.read(shape.render(each))
        if name == "axolotl" and isinstance(each, Pair) and kind != "reward":
            each.chosen, each.rejected = each.chosen.strip(), each.rejected.strip()
        columns = {column.name for column in shape.columns}
        if isinstance(each, Pair):
            if "margin" not in columns:
                each.margin = 0.0
            if "group" not in columns:
                each.group = ""
        if hasattr(each, "id") and not read.id:  # type: ignore[union-attr]
            each.id = ""
        assert read == each


@cells
@quickly
@given(data=st.data())
def test_the_columns_tell_what_is_in_the_rows(name: str, kind: str, data: st.DataObject) -> None:
    """One Arrow schema takes them all, and gives them back as they were."""
    columns = FORMATS[name].columns(kind)
    records = data.draw(st.lists(OF_KIND[kind], max_size=4))
    mapping = Mappings(ties="both")
    rows = [row for each in records for row in rows_or_reason(name, kind, each, mapping)]
    table = pa.Table.from_pylist(rows, schema=schema_of(columns))
    assert table.to_pylist() == rows


@cells
def test_an_empty_row_and_a_row_with_another_key_are_refused(name: str, kind: str) -> None:
    assert problems(name, kind, {}) != []
    assert problems(name, kind, []) == ["the row is not an object"]
    row = dict.fromkeys((column.name for column in FORMATS[name].columns(kind)), None)
    assert any("surprise" in each for each in problems(name, kind, {**row, "surprise": 1}))


def test_each_kind_has_a_format_and_the_table_says_which() -> None:
    table = {each.format.name: dict(zip(KINDS, each.kinds, strict=True)) for each in possible()}
    assert set(table) == set(FORMATS)
    for kind in KINDS:
        able = [each.name for each in formats_of(kind)]
        assert able == [name for name, kinds in table.items() if kinds[kind]]
        assert "touchstone" in able


def test_formats_offer_only_file_types_that_recipes_know() -> None:
    for each in FORMATS.values():
        assert each.file_types
        assert set(each.file_types) <= set(FILE_TYPES)
        assert set(each.notes) <= set(each.shapes)


@given(record=OF_KIND["preferences"], mapping=mappings)
@quickly
def test_a_pair_says_the_same_in_every_format(record: Any, mapping: Mappings) -> None:
    said = set()
    for each in formats_of("preferences"):
        shape = each.shapes["preferences"]
        if shape.read is None:
            continue
        for row in rows_or_reason(each.name, "preferences", record, mapping):
            pair = shape.read(row)
            assert isinstance(pair, Pair)
            said.add((pair.chosen.strip(), pair.rejected.strip()))
    assert len(said) <= (2 if mapping.ties == "both" and record.strength == 0 else 1)


@given(record=OF_KIND["unpaired"], mapping=mappings)
@quickly
def test_what_is_wanted_is_told_as_it_was_judged_and_ties_are_not_told(
    record: Any, mapping: Mappings
) -> None:
    shape = FORMATS["trl"].shapes["unpaired"]
    for row in rows_or_reason("trl", "unpaired", record, mapping):
        said = shape.read(row) if shape.read else None
        assert isinstance(said, Judged)
        assert said.is_desirable == record.is_desirable
        assert record.verdict != "tie"


@given(record=OF_KIND["sft"])
@quickly
def test_merging_leaves_no_system_message_and_loses_no_text(record: Any) -> None:
    for row in rows_or_reason("trl", "sft", record, Mappings(system="merge")):
        talk = Talk(row["messages"])
        assert [each["role"] for each in talk.messages][:1] == ["user"]
        for message in record.prompt:
            assert any(message["content"] in each["content"] for each in talk.messages)

"""Citations of clauses in what people write."""

import pytest

from instructions.clauses import cited

ANCHORS = ["c-1", "c-4", "c-4-2", "c-4-3", "c-4-2-1"]


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("By §4.2 it is bad.", ["c-4-2"]),
        ("See § 4.2. And §4.2.1!", ["c-4-2", "c-4-2-1"]),
        ("§§ 4.2, 4.3", ["c-4-2", "c-4-3"]),
        ("§§4.3 and 1; later §4.2", ["c-4-3", "c-1", "c-4-2"]),
        ("§\u00a04.2", ["c-4-2"]),
        ("§4.2, 4.3", ["c-4-2"]),
        ("§04.02", ["c-4-2"]),
        ("§4.2 and §4.2 again", ["c-4-2"]),
        ("§9, §4.9, §4.21, §1234", []),
        ("4.2 and c-4-2 and #c-4-2", []),
        ("§", []),
        ("", []),
    ],
)
def test_only_clauses_that_exist_are_cited_once_in_order(text: str, anchors: list[str]) -> None:
    assert cited(text, ANCHORS) == anchors

"""Text from outside."""

from typing import Any

import pytest

from projects.errors import InvalidInput
from projects.text import clean_text


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (None, "must be a text"),
        (7, "must be a text"),
        (["a"], "must be a text"),
        ("a\0b", "must not hold a NUL character"),
        ("a\ud800b", "must be valid Unicode, without lone surrogates"),
        ("abcdef", "must be at most 5 characters, is 6"),
        (" \n ", "must not be blank"),
    ],
)
def test_text_that_breaks_a_rule_is_refused_by_name(value: Any, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_text(value, field="body", limit=5)
    assert str(refused.value) == f"body: {rule}"


def test_line_ends_become_one_kind_and_the_rest_stays() -> None:
    assert clean_text("  a\r\nb\rc ", field="body", limit=20) == "  a\nb\rc "


def test_blank_text_passes_where_it_is_not_required() -> None:
    assert clean_text("", field="body", limit=5, required=False) == ""

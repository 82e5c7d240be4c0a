"""One value as one line."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exports.files.lines import as_line

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BREAKING = st.text(st.sampled_from("a\n\r\x85\u2028\u2029é\xa8\xa9…’\x0b\x0c\x1c\U00028028"))


@given(ANYTHING | BREAKING | st.dictionaries(BREAKING, BREAKING))
def test_a_value_is_one_line_wherever_lines_are_broken_and_comes_back(value: Any) -> None:
    line = as_line(value)
    assert line.endswith(b"\n")
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == value


def test_integers_of_any_size_are_kept() -> None:
    assert as_line({"seed": 2**70}) == b'{"seed":1180591620717411303424}\n'


def test_what_is_no_number_in_json_is_null() -> None:
    assert as_line({"a": float("inf")}) == b'{"a":null}\n'
    assert as_line({"a": float("inf"), "b": 2**64}) == b'{"a":null,"b":18446744073709551616}\n'

import pytest

from arena.integrity.haste import is_too_fast


@pytest.mark.parametrize(
    ("seconds", "n_characters", "expected"),
    [
        (0.0, 399, False),
        (0.9, 400, True),
        (1.0, 400, False),
        (2.9, 1_000_000, True),
        (3.0, 1_000_000, False),
    ],
)
def test_too_fast_is_what_nobody_could_have_read(
    seconds: float, n_characters: int, expected: bool
) -> None:
    assert is_too_fast(seconds=seconds, n_characters=n_characters) is expected

"""Word-level differences."""

from hypothesis import given
from hypothesis import strategies as st

from instructions.word_diff import Budget, Piece, word_changes

WORDS = st.text(alphabet="ab ,\n", max_size=60)


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in word_changes(old, new)]


def test_words_that_changed_are_named() -> None:
    assert told("Read it once with care.", "Read it once, slowly.") == [
        ("same", "Read it once"),
        ("gone", " with care"),
        ("new", ", slowly"),
        ("same", "."),
    ]
    assert told("", "All new.") == [("new", "All new.")]
    assert told("As it was.", "As it was.") == [("same", "As it was.")]
    assert told("", "") == []


def test_a_phrase_that_changed_is_one_piece() -> None:
    assert told("the red old house", "the big new house") == [
        ("same", "the "),
        ("gone", "red old"),
        ("new", "big new"),
        ("same", " house"),
    ]


def test_without_a_budget_the_middle_counts_as_replaced() -> None:
    pieces = word_changes("a b c d e", "a x c y e", budget=Budget(0))
    assert pieces == [Piece("same", "a "), Piece("gone", "b c d"), Piece("new", "x c y"),
                      Piece("same", " e")]  # fmt: skip


@given(WORDS, WORDS, st.integers(0, 200))
def test_the_pieces_make_up_both_texts(old: str, new: str, steps: int) -> None:
    pieces = word_changes(old, new, budget=Budget(steps))
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new
    assert all(piece.text for piece in pieces)


@given(WORDS)
def test_nothing_changed_where_both_are_the_same(text: str) -> None:
    assert [piece.kind for piece in word_changes(text, text)] == (["same"] if text else [])

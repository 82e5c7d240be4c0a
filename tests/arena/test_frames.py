"""The joint frames: whole, even, blind to sides, and resumable to the character."""

import json

from hypothesis import given
from hypothesis import strategies as st

from arena.telling.frames import (
    NO_SIDE,
    PADDED_TO,
    PAUSE_TICKS,
    Extent,
    Frame,
    Position,
    Rhythm,
    Side,
    has_ended,
    next_frame,
    pace,
)

# How much of each text has arrived, tick by tick.
arrivals = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=25)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=120)


def told(
    a: str, b: str, steps: list[tuple[int, int]], start: Position | None = None
) -> list[Frame]:
    """Every frame of a turn whose texts come in steps, and are whole after the last."""
    at, frames, rhythm = start or Position(), [], Rhythm()
    have_a, have_b = at.shown_a, at.shown_b
    states = []
    for more_a, more_b in steps:
        have_a, have_b = min(len(a), have_a + more_a), min(len(b), have_b + more_b)
        states.append((Side(a[:have_a], have_a == len(a)), Side(b[:have_b], have_b == len(b))))
    whole = (Side(a, is_finished=True), Side(b, is_finished=True))
    for side_a, side_b in states + [whole] * (2 * (len(a) + len(b)) + 100):
        frame = next_frame(side_a, side_b, at, rhythm)
        if frame is not None:
            frames.append(frame)
            at = frame.position
        if has_ended(side_a.extent, side_b.extent, at):
            break
    assert has_ended(whole[0].extent, whole[1].extent, at)
    return frames


@given(texts, texts, arrivals)
def test_the_frames_together_are_the_texts(a: str, b: str, steps: list[tuple[int, int]]) -> None:
    frames = told(a, b, steps)
    assert "".join(frame.a for frame in frames) == a
    assert "".join(frame.b for frame in frames) == b


@given(texts, texts, arrivals)
def test_both_sides_get_equally_many_characters_until_one_has_ended(
    a: str, b: str, steps: list[tuple[int, int]]
) -> None:
    shorter = min(len(a), len(b))
    shown = 0
    for frame in told(a, b, steps):
        if shown < shorter:
            assert len(frame.a) == len(frame.b)
        else:
            assert not frame.a or not frame.b
        shown += min(len(frame.a), len(frame.b))


@given(texts, texts, arrivals)
def test_swapping_the_sides_swaps_the_frames_and_nothing_else(
    a: str, b: str, steps: list[tuple[int, int]]
) -> None:
    swapped = told(b, a, [(more_b, more_a) for more_a, more_b in steps])
    assert [(frame.b, frame.a) for frame in swapped] == [
        (frame.a, frame.b) for frame in told(a, b, steps)
    ]


@given(texts, texts, arrivals)
def test_swapping_the_sides_leaves_the_size_of_every_frame(
    a: str, b: str, steps: list[tuple[int, int]]
) -> None:
    swapped = told(b, a, [(more_b, more_a) for more_a, more_b in steps])
    sizes = [len(frame.json().encode()) for frame in told(a, b, steps)]
    assert [len(frame.json().encode()) for frame in swapped] == sizes
    assert all(size % PADDED_TO == 0 for size in sizes)


@given(texts, texts, arrivals, st.data())
def test_going_on_from_any_frame_gives_exactly_the_rest(
    a: str, b: str, steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    frames = told(a, b, steps)
    if not frames:
        return
    number = data.draw(st.integers(0, len(frames) - 1))
    at = Position.parse(str(frames[number].position))
    rest = told(a, b, data.draw(arrivals), at)
    assert "".join(f.a for f in frames[: number + 1]) + "".join(f.a for f in rest) == a
    assert "".join(f.b for f in frames[: number + 1]) + "".join(f.b for f in rest) == b


def test_nothing_is_shown_before_both_sides_have_text() -> None:
    assert next_frame(Side("ready"), Side(""), Position(), Rhythm()) is None
    assert next_frame(Side(""), Side("ready", is_finished=True), Position(), Rhythm()) is None


def test_both_wait_where_one_stalls() -> None:
    assert next_frame(Side("0123456789"), Side("01234"), Position(0, 5, 5), Rhythm()) is None


def alone(rhythm: Rhythm, text: str) -> list[int]:
    """How many characters each tick has of A, which goes on where B has ended."""
    counts, at = [], Position(2, 5, 5)
    while at.shown_a < len(text):
        frame = next_frame(Side(text), Side("01234", is_finished=True), at, rhythm)
        assert frame is not None or rhythm.is_resting
        counts.append(len(frame.a) if frame else 0)
        at = frame.position if frame else at
    return counts


def test_a_side_goes_on_alone_once_the_other_has_ended() -> None:
    assert alone(Rhythm(), "0123456789") == [4, 1]


def test_a_side_alone_goes_on_evenly_after_a_pause_and_slower_than_both_did() -> None:
    rhythm = Rhythm()
    for _ in range(40):
        assert rhythm.joint(100, 50, is_draining=False) == 5
    counts = alone(rhythm, "x" * 105)
    assert counts[:PAUSE_TICKS] == [0] * PAUSE_TICKS
    assert set(counts[PAUSE_TICKS:-1]) == {3, 4}
    assert sum(counts) == 100


def test_how_much_there_is_of_a_side_alone_says_nothing() -> None:
    def told(text: str) -> list[int]:
        rhythm = Rhythm()
        for _ in range(40):
            rhythm.joint(100, 50, is_draining=False)
        return alone(rhythm, text)

    assert told("x" * 2000)[:40] == told("x" * 200)[:40]


def test_waiting_for_text_slows_the_pace_of_a_side_alone() -> None:
    rhythm = Rhythm()
    for _ in range(40):
        rhythm.joint(100, 50, is_draining=False)
        rhythm.wait(1)
    assert set(alone(rhythm, "x" * 105)[PAUSE_TICKS:-1]) == {2, 3}


def test_after_long_waits_the_pause_before_a_side_alone_is_longer() -> None:
    rhythm = Rhythm()
    for _ in range(40):
        rhythm.wait(20)
        rhythm.joint(100, 50, is_draining=False)
    counts = alone(rhythm, "x" * 25)
    assert counts[:60] == [0] * 60
    assert max(counts) > 0


def test_a_reply_that_is_all_there_is_drained_without_slowing_down() -> None:
    rhythm = Rhythm()
    assert rhythm.joint(200, 300, is_draining=False) == 20
    assert rhythm.joint(30, 300, is_draining=True) == 20
    assert rhythm.joint(10, 300, is_draining=True) == 10


def test_one_model_alone_or_named_ones_are_told_as_they_come() -> None:
    frame = next_frame(Side("x" * 500), NO_SIDE, Position(), Rhythm(is_blind=False))
    assert frame == Frame("x" * 50, "", Position(0, 50, 0))


def test_a_reply_without_text_does_not_hold_up_the_other() -> None:
    frame = next_frame(Side("", is_finished=True), Side("text"), Position(), Rhythm())
    assert frame == Frame("", "text", Position(0, 0, 4))


def test_an_unfinished_side_is_not_the_end() -> None:
    assert not has_ended(Extent(1, is_finished=True), Extent(1), Position(0, 1, 1))
    assert has_ended(Extent(1, is_finished=True), Extent(1, is_finished=True), Position(0, 1, 1))


def test_the_pace_follows_what_there_is() -> None:
    assert [pace(n) for n in (0, 3, 40, 41, 1000)] == [0, 3, 4, 5, 100]


def test_a_frame_always_has_the_same_keys() -> None:
    for frame in (Frame("a", "b", Position()), Frame("", "…", Position())):
        assert list(json.loads(frame.json())) == ["a", "b", "pad"]


def test_an_id_that_is_none_is_no_position() -> None:
    for text in ("", "1:2", "1:2:3:4", "-1:0:0", "a:b:c", "1:2:٣", "1:2:3\n", "9" * 40):
        assert Position.parse(text) is None


def test_a_position_of_another_attempt_or_beyond_the_text_does_not_fit() -> None:
    a = b = Extent(3)
    assert Position(2, 3, 3).fits(2, a, b)
    assert not Position(1, 3, 3).fits(2, a, b)
    assert not Position(2, 4, 3).fits(2, a, b)

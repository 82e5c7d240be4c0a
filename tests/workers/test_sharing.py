"""How free places are given away."""

from hypothesis import given
from hypothesis import strategies as st

from workers.engine.sharing import HALF_LIFE_SECONDS, Place, Room, Turns, Waiting, share_out

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=60)
FREE = st.lists(st.integers(0, 12), min_size=3, max_size=3)


def markets(free: list[int]) -> tuple[list[Room], dict[int, list[Place]]]:
    """Model 0 is served by room 0, 1 by 1, 2 by both of these; nobody serves 3."""
    rooms = [Room(number, n) for number, n in enumerate(free)]
    at = {0: [0], 1: [1], 2: [0, 1]}
    return rooms, {model: [Place(rooms[n], "x") for n in ns] for model, ns in at.items()}


@given(ROWS, FREE, st.integers(0, 40))
def test_no_room_gives_more_than_it_has_and_no_row_goes_twice(
    rows: list[tuple[int, int]], free: list[int], most: int
) -> None:
    waiting = [Waiting(n, project, model) for n, (project, model) in enumerate(rows)]
    rooms, places = markets(free)
    given_ = share_out(waiting, places=places, had={}, most=most)
    assert len(given_) <= most
    assert len({row.id for row, _ in given_}) == len(given_)
    assert [room.free + room.busy for room in rooms] == free
    assert all(room.free >= 0 for room in rooms)
    assert all(place in places[row.model] for row, place in given_)


@given(ROWS, FREE)
def test_no_place_stays_free_while_somebody_waits_for_it(
    rows: list[tuple[int, int]], free: list[int]
) -> None:
    waiting = [Waiting(n, project, model) for n, (project, model) in enumerate(rows)]
    _, places = markets(free)
    given_ = {row.id for row, _ in share_out(waiting, places=places, had={}, most=1000)}
    for row in waiting:
        has_room = any(place.room.free for place in places.get(row.model, ()))
        assert row.id in given_ or not has_room


def test_projects_take_turns_and_who_had_much_comes_last() -> None:
    waiting = [
        Waiting(n, project, 0) for project in (1, 2) for n in (project * 10, project * 10 + 1)
    ]
    _, places = markets([3, 0, 0])
    order = share_out(waiting, places=places, had={}, most=3)
    assert [row.id for row, _ in order] == [10, 20, 11]
    _, places = markets([3, 0, 0])
    order = share_out(waiting, places=places, had={1: 5.0}, most=3)
    assert [row.id for row, _ in order] == [20, 21, 10]


def test_turns_are_forgotten() -> None:
    turns = Turns()
    turns.note([1] * 8, now=100.0)
    assert turns.lately(1, now=100.0) == 8
    assert turns.lately(1, now=100.0 + HALF_LIFE_SECONDS) == 4
    assert turns.lately(2, now=100.0) == 0
    turns.note([2], now=100.0 + 100 * HALF_LIFE_SECONDS)
    assert turns.lately(1, now=100.0) == 0

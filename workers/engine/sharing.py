"""Who gets the free places of endpoints: projects in turn, each draw at the emptiest endpoint.

Pure: rows and places in, pairs out.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HALF_LIFE_SECONDS = 10.0
"""A project's turns count for half after this long."""


@dataclass(frozen=True)
class Waiting:
    """A row that is due. `id` is any key; rows are given in the order in which they should go."""

    id: int
    project: int
    model: int


@dataclass
class Place:
    """Free places at one endpoint for one model, which it knows by `served_name`."""

    room: "Room"
    served_name: str


@dataclass
class Room:
    """What an endpoint has left; shared by all models that it serves."""

    id: int
    free: int
    busy: int = 0


@dataclass
class Turns:
    """How many turns each project had lately, so that who comes with fifty draws does not wait
    behind who came before with five thousand."""

    _had: dict[int, tuple[float, float]] = field(default_factory=dict)

    def note(self, projects: Iterable[int], *, now: float) -> None:
        for project in projects:
            self._had[project] = (self.lately(project, now=now) + 1, now)
        gone = [key for key, (n, at) in self._had.items() if now - at > 20 * HALF_LIFE_SECONDS]
        for key in gone:
            del self._had[key]

    def lately(self, project: int, *, now: float) -> float:
        n, at = self._had.get(project, (0.0, now))
        return float(n * 0.5 ** ((now - at) / HALF_LIFE_SECONDS))


def share_out(
    waiting: Sequence[Waiting],
    *,
    places: Mapping[int, Sequence[Place]],
    had: Mapping[int, float],
    most: int,
) -> list[tuple[Waiting, Place]]:
    """Give away at most `most` places, by model; `Room.free` goes down with each.

    The next place goes to the project with the least so far: what it `had` and what it got here.
    Within a project rows keep their order; one whose endpoints are full lets the next one past.
    """
    lanes: dict[int, deque[Waiting]] = defaultdict(deque)
    for row in waiting:
        lanes[row.project].append(row)
    heap = [(had.get(project, 0.0), n, project) for n, project in enumerate(lanes)]
    heapq.heapify(heap)
    given: list[tuple[Waiting, Place]] = []
    while heap and len(given) < most:
        so_far, tie, project = heapq.heappop(heap)
        pair = _first_that_fits(lanes[project], places)
        if pair is not None:
            given.append(pair)
            heapq.heappush(heap, (so_far + 1, tie, project))
    return given


def _first_that_fits(
    lane: "deque[Waiting]", places: Mapping[int, Sequence[Place]]
) -> tuple[Waiting, Place] | None:
    while lane:
        row = lane.popleft()
        free = [place for place in places.get(row.model, ()) if place.room.free > 0]
        if free:
            place = min(free, key=lambda place: place.room.busy)
            place.room.free -= 1
            place.room.busy += 1
            return row, place
    return None

"""When and how much is told says nothing of which side is which model.

The real telling runs on an event loop whose clock jumps to the next thing to do, so that an hour
of battles takes seconds. The models are those of the benchmark: one starts soon and sends little
and often, the other starts late, sends more at once, is slower and stalls.
"""

import asyncio
import random
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from arena.streaming.reading import Replies
from arena.streaming.stream import tell
from arena.telling.retold import Came as Arrived
from arena.telling.retold import Retold, retell
from bench.battles_server import pieces
from tests.arena.telling_apart import Came, Floats, Shown, accuracy, of_frames, of_pieces
from tests.arena.test_stream import parse
from workers.streams import Text

BATTLES = 800
LONGEST = 900
LOADS = 8


class Jump(selectors.DefaultSelector):
    """Nothing is ever ready; waiting is over at once, and the clock shows that it was."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return []


class QuickLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jump = Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.now


@dataclass
class Battle:
    models: tuple[str, str]
    seed: int
    came: dict[str, list[Came]] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    ended_at: float = 0.0

    async def run(self) -> None:
        texts = [Text(attempt=1), Text(attempt=1)]
        replies = Replies((1, 2), texts)
        writing = [
            asyncio.create_task(self._write(model, text, replies, random.Random(self.seed + n)))
            for n, (model, text) in enumerate(zip(self.models, texts, strict=True))
        ]
        clock = asyncio.get_running_loop().time
        async for event in tell(replies, None, Retold()):
            parsed = parse(event)
            if parsed is not None:
                size = len(event.encode())
                a, b = parsed[2]["a"], parsed[2]["b"]
                self.shown.append(Shown(clock(), len(a), len(b), size))
        self.ended_at = clock()
        await asyncio.gather(*writing)

    async def _write(self, model: str, text: Text, replies: Replies, rng: random.Random) -> None:
        clock = asyncio.get_running_loop().time
        self.came[model] = []
        for wait, piece in pieces(model, LONGEST, rng):
            await asyncio.sleep(wait)
            text.text += piece
            self.came[model].append(Came(clock(), len(piece)))
            replies.tell()
        await asyncio.sleep(0.05)
        text.state, text.is_whole = "done", True
        replies.tell()


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(work)


def battled(n_battles: int) -> list[Battle]:
    rng = random.Random(7)
    models = ("quick", "slow")
    battles = [
        Battle(models if rng.random() < 0.5 else models[::-1], seed=2 * number)
        for number in range(n_battles)
    ]
    for battle in battles:
        run(battle.run())
    return battles


def raw(battle: Battle) -> Floats:
    a, b = (battle.came[model] for model in battle.models)
    return of_pieces(a, b, began=0.0)


def test_a_classifier_is_at_chance_on_the_frames_and_right_on_the_pieces() -> None:
    battles = battled(BATTLES)
    is_a_quick = [battle.models[0] == "quick" for battle in battles]
    frames = [of_frames(each.shown, began=0.0, ended=each.ended_at) for each in battles]
    blind = accuracy(frames, is_a_quick)
    control = accuracy([raw(battle) for battle in battles], is_a_quick)
    assert control > 0.9
    assert blind <= 0.55, f"told by the frames in {blind:.1%}"


@dataclass
class Visits:
    """A battle that somebody loads anew again and again, and when it is said to be complete."""

    is_a_quick: bool
    shown: list[Shown]
    written_at: float
    told_at: float


def visited(n_battles: int) -> list[Visits]:
    rng = random.Random(8)
    found = []
    for _ in range(n_battles):
        models = rng.sample(("quick", "slow"), 2)
        a, b = (_arrivals(model, rng) for model in models)
        told_at = retell(a, b).ended_at
        assert told_at is not None
        shown, at_a, at_b = [], 0, 0
        for moment in sorted(rng.uniform(1.0, told_at) for _ in range(LOADS)):
            there = retell(a, b, by=moment).shown
            shown.append(Shown(moment, there.shown_a - at_a, there.shown_b - at_b, 0))
            at_a, at_b = there.shown_a, there.shown_b
        shown.append(Shown(told_at, a[-1].characters - at_a, b[-1].characters - at_b, 0))
        found.append(Visits(models[0] == "quick", shown, max(a[-1].at, b[-1].at), told_at))
    return found


def _arrivals(model: str, rng: random.Random) -> list[Arrived]:
    came, at, characters = [], 0.0, 0
    for wait, piece in pieces(model, LONGEST, rng):
        at, characters = at + wait, characters + len(piece)
        came.append(Arrived(at, 1, characters))
    return [*came, Arrived(at + 0.05, 1, characters, is_finished=True)]


def test_who_loads_a_battle_anew_again_and_again_learns_no_more() -> None:
    visits = visited(BATTLES)
    is_a_quick = [each.is_a_quick for each in visits]
    told = [of_frames(each.shown, began=0.0, ended=each.told_at) for each in visits]
    written = [of_frames(each.shown, began=0.0, ended=each.written_at) for each in visits]
    blind, control = accuracy(told, is_a_quick), accuracy(written, is_a_quick)
    # Before, a load said when both were written.
    assert control > 0.8
    assert blind <= 0.55, f"told by the loads in {blind:.1%}"

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

from arena.streaming.frames import Rhythm
from arena.streaming.reading import Replies
from arena.streaming.stream import tell
from bench.battles_server import pieces
from tests.arena.telling_apart import Came, Floats, Shown, accuracy, of_frames, of_pieces
from tests.arena.test_stream import parse
from workers.streams import Text

BATTLES = 800
LONGEST = 900


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
        async for event in tell(replies, None, Rhythm()):
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
        text.state = "done"
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

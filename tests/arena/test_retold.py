"""A telling worked out anew: what a browser that was there from the beginning had heard."""

import random
from collections.abc import Sequence

from arena.telling.frames import TICK_SECONDS, Position
from arena.telling.retold import LONGEST_SECONDS, Came, retell
from bench.battles_server import pieces


def evenly(characters: int, *, seconds: float, began: float = 0.0, attempt: int = 1) -> list[Came]:
    """So many characters, a piece every half second, and the word that that was all."""
    n_pieces = max(1, round(2 * seconds))
    came = [
        Came(began + number / 2, attempt, characters * number // n_pieces)
        for number in range(1, n_pieces + 1)
    ]
    return [*came, Came(came[-1].at, attempt, characters, is_finished=True)]


def at_once(characters: int, *, at: float = 0.5) -> list[Came]:
    return [Came(at, 1, characters, is_finished=True)]


def characters_a_second(a: Sequence[Came], b: Sequence[Came], began: float, by: float) -> float:
    more = retell(a, b, by=by).shown.shown_b - retell(a, b, by=began).shown.shown_b
    return more / (by - began)


def test_nothing_is_told_of_replies_of_which_one_has_nothing() -> None:
    for told in (retell([], at_once(50)), retell(at_once(50), [])):
        assert (told.shown, told.due, told.ended_at) == (Position(), None, None)
    begun = [Came(0.2, 1, 0)]
    assert retell(at_once(50), begun, by=60.0).shown == Position(2, 0, 0)


def test_both_are_told_alike_while_both_are_written() -> None:
    quick, slow = evenly(400, seconds=10), evenly(400, seconds=40)
    for moment in (5.0, 10.0, 20.0, 30.0):
        shown = retell(quick, slow, by=moment).shown
        assert shown.shown_a == shown.shown_b
        assert 0.8 * moment * 10 < shown.shown_a <= moment * 10


def test_the_end_is_after_all_is_told() -> None:
    told = retell(evenly(400, seconds=40), evenly(400, seconds=10))
    assert told.shown == Position(2, 400, 400)
    assert told.ended_at is not None
    assert 40.0 < told.ended_at < 43.0


def test_a_side_alone_is_told_the_same_whether_it_was_there_early_or_is_still_written() -> None:
    short = evenly(200, seconds=20)
    early, late = evenly(900, seconds=20), evenly(900, seconds=70)
    unfinished = [each for each in late if each.at <= 40.0]
    assert not unfinished[-1].is_finished
    # Both were ahead of the short one, so up to the seam they were told alike, and after it.
    for moment in (21.0, 25.0, 30.0, 35.0, 40.0):
        heard = {retell(short, b, by=moment).shown for b in (early, late, unfinished)}
        assert len(heard) == 1
    shown = retell(short, early, by=40.0).shown
    assert (shown.shown_a, 200 < shown.shown_b < 900) == (200, True)


def test_the_moment_of_the_end_does_not_say_when_the_longer_one_was_written() -> None:
    short = evenly(200, seconds=20)
    early = retell(short, evenly(900, seconds=20)).ended_at
    late = retell(short, evenly(900, seconds=70)).ended_at
    assert early == late
    assert early is not None
    assert early > 90.0


def test_the_sides_may_be_swapped() -> None:
    rng = random.Random(3)
    for _ in range(20):
        a, b = (_script(model, rng) for model in ("quick", "slow"))
        by = rng.uniform(1.0, 60.0)
        there, back = retell(a, b, by=by), retell(b, a, by=by)
        assert (there.shown.shown_a, there.shown.shown_b) == (
            back.shown.shown_b,
            back.shown.shown_a,
        )
        assert retell(a, b).ended_at == retell(b, a).ended_at


def test_what_was_told_by_a_moment_is_the_beginning_of_what_is_told_later() -> None:
    rng = random.Random(4)
    a, b = _script("quick", rng), _script("slow", rng)
    told = [retell(a, b, by=tick * TICK_SECONDS).shown for tick in range(1200)]
    for sides in ([each.shown_a for each in told], [each.shown_b for each in told]):
        assert sides == sorted(sides)


def test_a_side_alone_keeps_its_pace() -> None:
    short, long = evenly(200, seconds=20), evenly(3000, seconds=30)
    early = characters_a_second(short, long, 25.0, 55.0)
    assert abs(characters_a_second(short, long, 55.0, 85.0) - early) < 0.2
    assert 6.0 < early < 10.0


def test_a_reply_that_began_again_is_told_anew() -> None:
    first = [each for each in evenly(300, seconds=10) if each.at < 5.0]
    again = [*first, *evenly(60, seconds=6, began=20.0, attempt=2)]
    whole = evenly(60, seconds=6)
    assert retell(whole, again, by=15.0).shown.attempts == 2
    told = retell(whole, again)
    assert told.shown == Position(3, 60, 60)
    assert told.ended_at is not None
    assert told.ended_at > 26.0


def test_all_counts_as_told_in_the_end() -> None:
    """A model that stalls for very long makes the pace of the other very slow."""
    slow = [Came(0.0, 1, 1), Came(800.0, 1, 30, is_finished=True)]
    told = retell(slow, at_once(50_000, at=0.0))
    assert (told.shown, told.ended_at) == (Position(2, 30, 50_000), LONGEST_SECONDS)
    assert retell(slow, at_once(50_000, at=0.0), by=850.0).ended_at is None


def _script(model: str, rng: random.Random) -> list[Came]:
    came, at, characters = [], 0.0, 0
    for wait, piece in pieces(model, 900, rng):
        at, characters = at + wait, characters + len(piece)
        came.append(Came(at, 1, characters))
    return [*came, Came(at + 0.05, 1, characters, is_finished=True)]

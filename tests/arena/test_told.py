"""While replies of unnamed models are told, nothing says that they are written to their end."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.battling import battles, told, votes
from arena.models import Battle, Turn
from arena.telling import frames
from arena.visitors import SESSION_KEY, Visitor, visitor_digest
from projects import tokens
from projects.errors import Conflict
from projects.models import User
from tests.arena.rows import finish, make_battle
from tests.arena.test_stream import gather, place, streamed, texts, write
from tests.factories import make_user
from workers.models import Generation
from workers.streams import Writer, key, writing_client

pytestmark = pytest.mark.django_db(transaction=True)

SHORT, LONG = "Gold is yellow. " * 3, "Its streak on the stone is yellow as well. " * 12
VISITOR = Visitor(visitor_digest("vera"))


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "TICK_SECONDS", 0.01)


def begun(*, is_late: bool) -> Battle:
    """A battle whose short reply is whole, and whose long one is (or is still being written)."""
    battle = make_battle(visitor=VISITOR)
    turn = battle.turns.get()
    assert turn.generation_a_id is not None
    assert turn.generation_b_id is not None
    Generation.objects.update(state=Generation.State.RUNNING)
    write(turn.generation_a_id, SHORT)
    write(turn.generation_b_id, LONG, end=None if is_late else "done")
    battles.settle_turns(generation_ids=[turn.generation_a_id])
    return battle


def end_late(battle: Battle, more: str, *, reason: str = "stop") -> None:
    pk = battle.turns.get().generation_b_id
    assert pk is not None
    writer = Writer(pk)
    writer._written = len(LONG)
    writer.append(more)
    finish(pk, LONG + more, finish_reason=reason)
    writer.end("done", reason=reason)
    battles.settle_turns(generation_ids=[pk])


def until(turn: Turn) -> float:
    assert turn.told_until is not None
    return (turn.told_until - timezone.now()).total_seconds()


def past(battle: Battle) -> None:
    battle.turns.update(told_until=timezone.now() - timedelta(seconds=1))


def html_of(battle: Battle) -> str:
    return reverse("battle-turn-html", args=[battle.public_id, 1])


Ask = Callable[[str], Any]


@pytest.fixture
def ask() -> Ask:
    """Ask a page, or over the API, in the name of the same visitor."""
    user: User = make_user("wanda")
    header = {"authorization": f"Bearer {tokens.create(by=user, name='watch')[1]}"}
    browser, program = Client(), Client()
    session = browser.session
    session[SESSION_KEY] = "vera"
    session.save()

    def asked(path: str) -> Any:
        Battle.objects.update(user=user)
        if path.startswith("/api/"):
            return program.get(path, headers=header).json()
        return browser.get(path).content.decode()

    return asked


@pytest.mark.parametrize("is_late", [True, False])
def test_a_turn_counts_as_being_written_until_it_is_told(is_late: bool, ask: Ask) -> None:
    battle = begun(is_late=is_late)
    turn = ask(f"/api/v1/battles/{battle.public_id}")["turns"][0]
    assert (turn["state"], turn["reply_a"], turn["reply_b"]) == ("streaming", "", "")
    page = ask(f"/battles/{battle.public_id}/")
    assert 'data-state="streaming"' in page
    assert SHORT.strip() not in page
    assert "data-when-complete hidden" in page
    assert 'data-state="streaming"' in ask(html_of(battle))
    with pytest.raises(Conflict, match="still being written"):
        votes.cast(battle=battle, visitor=VISITOR, verdict="a")
    with pytest.raises(Conflict, match="still being written"):
        battles.add_turn(battle=battle, visitor=VISITOR, message="And silver?")
    assert battles.settle_overdue() == 0


@pytest.mark.parametrize("way", ["api", "page", "turn", "periodic", "vote"])
def test_once_it_is_told_whoever_looks_settles_it(way: str, ask: Ask) -> None:
    battle = begun(is_late=False)
    past(battle)
    if way == "api":
        turn = ask(f"/api/v1/battles/{battle.public_id}")["turns"][0]
        assert (turn["state"], turn["reply_a"], turn["reply_b"]) == ("complete", SHORT, LONG)
    elif way == "page":
        assert 'data-state="complete"' in ask(f"/battles/{battle.public_id}/")
    elif way == "turn":
        assert 'data-state="complete"' in ask(html_of(battle))
    elif way == "periodic":
        assert battles.settle_overdue() == 1
    else:
        assert votes.cast(battle=battle, visitor=VISITOR, verdict="a").verdict == "a"
    assert battle.turns.get().state == "complete"


def test_how_long_it_is_told_follows_from_the_pace_and_is_kept() -> None:
    battle = begun(is_late=False)
    turn = battle.turns.get()
    assert 5.0 < until(turn) < 120.0
    battles.settle_told(battle=battle)
    assert battle.turns.get().told_until == turn.told_until


@pytest.mark.parametrize("knows_when", [True, False])
def test_without_the_streams_no_turn_is_stuck(knows_when: bool) -> None:
    battle = make_battle(visitor=VISITOR)
    turn = battle.turns.get()
    for pk, text in ((turn.generation_a_id, SHORT), (turn.generation_b_id, LONG)):
        assert pk is not None
        if knows_when:
            began = timezone.now() - timedelta(seconds=20)
            Generation.objects.filter(pk=pk).update(first_token_at=began)
        finish(pk, text)
    battles.settle_told(battle=battle)
    turn.refresh_from_db()
    if knows_when:
        assert turn.state == "streaming"
        assert 5.0 < until(turn) < 300.0
        past(battle)
        battles.settle_told(battle=battle)
        turn.refresh_from_db()
    assert turn.state == "complete"


def test_streams_that_are_lost_on_the_way_leave_the_rows() -> None:
    battle = begun(is_late=True)
    pk = battle.turns.get().generation_b_id
    assert pk is not None
    writing_client().delete(key(pk))
    finish(pk, LONG)
    battles.settle_turns(generation_ids=[pk])
    assert battle.turns.get().state == "complete"


@pytest.mark.usefixtures("quick_ticks")
@pytest.mark.parametrize("is_late", [True, False])
def test_stopping_a_side_alone_cuts_it_where_it_was_shown_whichever_is_late(is_late: bool) -> None:
    battle = begun(is_late=is_late)
    time.sleep(0.6)
    turn = battles.stop(battle=battle, visitor=VISITOR, number=1)
    assert turn.shown is not None
    shown_a, shown_b = turn.shown
    assert shown_a == len(SHORT)
    assert len(SHORT) < shown_b < len(LONG)
    if is_late:
        end_late(battle, "And what else there was to say. ", reason="stop_asked")
    turn.refresh_from_db()
    assert turn.state == "streaming"
    assert 0.0 < until(turn) <= battles.STOPPED_FOR.total_seconds()
    got = gather(replace(streamed(battle), shown=turn.shown))
    assert got[-1] == ("end", "", {"state": "complete"})
    turn.refresh_from_db()
    assert (turn.reply_a, turn.reply_b) == texts(got) == (SHORT, LONG[:shown_b])
    assert turn.stopped_at is not None


@pytest.mark.usefixtures("quick_ticks")
def test_a_stream_in_another_window_ends_where_the_turn_was_stopped() -> None:
    battle = begun(is_late=False)
    turn = streamed(battle)

    def stop() -> None:
        time.sleep(0.6)
        battles.stop(battle=battle, visitor=VISITOR, number=1)

    other = threading.Thread(target=stop)
    other.start()
    got = gather(turn)
    other.join()
    last = max((n for n, (name, _, _) in enumerate(got) if name == "restart"), default=-1)
    settled = battle.turns.get()
    assert texts(got[last + 1 :]) == (settled.reply_a, settled.reply_b)
    assert len(settled.reply_b) < len(LONG)


@pytest.mark.usefixtures("quick_ticks")
@pytest.mark.parametrize("is_late", [True, False])
def test_who_comes_back_hears_at_once_what_was_told_and_the_rest_at_the_same_pace(
    is_late: bool,
) -> None:
    battle = begun(is_late=is_late)
    turn = streamed(battle)
    time.sleep(0.5)
    began, half_a_tick = time.time(), frames.TICK_SECONDS / 2
    got = gather(turn, stop=lambda got: len(got) == 40)
    n_moments = int((time.time() - began) / half_a_tick) + 20
    told_by = [
        told.told_by(generation_ids=turn.generations, moment=began + n * half_a_tick).shown.shown_b
        for n in range(n_moments)
    ]
    assert got[0][2]["a"] == SHORT
    heard = list(accumulate(len(data["b"]) for _, _, data in got))
    assert heard[0] >= told_by[0]
    assert set(heard) <= set(told_by)


def test_who_asks_slowly_goes_by_the_same_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = streamed(begun(is_late=False))
    moment = time.time() + 1.0
    quickly = told.told_by(generation_ids=turn.generations, moment=moment)
    heard_late = iter([time.time(), time.time() + 0.7])
    monkeypatch.setattr(told, "time", SimpleNamespace(time=lambda: next(heard_late)))
    slowly = told.told_by(generation_ids=turn.generations, moment=moment)
    assert (slowly.shown, slowly.due) == (quickly.shown, quickly.due)


@pytest.mark.parametrize("ahead", [300.0, -300.0])
def test_clocks_that_surely_differ_are_brought_together(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = streamed(begun(is_late=False))
    moment = time.time() + 1.0
    here = told.told_by(generation_ids=turn.generations, moment=moment)
    clock = SimpleNamespace(time=lambda: time.time() + ahead)
    monkeypatch.setattr(told, "time", clock)
    there = told.told_by(generation_ids=turn.generations, moment=moment + ahead)
    assert here.due is not None
    assert there.due is not None
    assert there.due - here.due == pytest.approx(ahead, abs=60.0)


@pytest.mark.usefixtures("quick_ticks")
def test_going_on_by_id_in_the_side_alone_is_the_same_to_the_character() -> None:
    battle = begun(is_late=False)
    turn = streamed(battle)
    a = b = ""
    at = None
    for number in range(1, 40):
        got = gather(turn, at, stop=lambda got, n=number: len(got) >= 1 + n % 3)  # type: ignore[misc]
        new_a, new_b = texts(got)
        a, b = a + new_a, b + new_b
        if got[-1][0] == "end":
            break
        at = place(turn, got[-1][1])
    else:
        new_a, new_b = texts(gather(turn, at))
        a, b = a + new_a, b + new_b
    assert (a, b) == (SHORT, LONG)

"""Finished draws added up, and what the models page says of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from tests.factories import make_endpoint, make_model
from workers.holding import hold, let_go
from workers.measured import FIRST_TOKEN_BOUNDS, DrawMinute, DrawTotal, Tally
from workers.models import Generation, LanguageModel
from workers.watching import measuring
from workers.watching.measuring import kind_of, tally
from workers.watching.overview import overview
from workers.watching.standing import Lately, quantile

pytestmark = pytest.mark.django_db


def ended(project: Project, model: LanguageModel, at: datetime, **fields: Any) -> Generation:
    values: dict[str, Any] = {
        "queue": "batch",
        "messages": [],
        "state": "done",
        "attempts": 1,
        "finish_reason": "stop",
        "started_at": at - timedelta(seconds=2),
        "first_token_at": at - timedelta(seconds=1.6),
        "finished_at": at,
        "usage": {"prompt_tokens": 10, "completion_tokens": 30},
    }
    return Generation.objects.create(project=project, model=model, **(values | fields))


def test_every_draw_is_counted_once(project: Project) -> None:
    now = timezone.now()
    model = make_model()
    Tally.objects.create(counted_to=now - timedelta(minutes=30))
    for seconds in range(0, 1500, 50):
        ended(project, model, now - timedelta(seconds=seconds + 25))
    assert tally(now=now) == 30
    assert tally(now=now) == 0
    ended(project, model, now - timedelta(seconds=5))
    assert tally(now=now) == 0
    assert tally(now=now + timedelta(seconds=30)) == 1
    total = DrawTotal.objects.get()
    assert (total.n_done, total.prompt_tokens, total.output_tokens) == (31, 310, 930)
    assert sum(row.n_done for row in DrawMinute.objects.all()) == 31
    assert sum(total.first_tokens) == 31
    assert total.first_tokens[FIRST_TOKEN_BOUNDS.index(0.4) + 1] == 31
    assert total.drawing_seconds == pytest.approx(62)


def test_ends_are_told_apart(project: Project) -> None:
    now = timezone.now()
    model, elsewhere = make_model(), make_endpoint()
    at = now - timedelta(minutes=5)
    ended(project, model, at, finish_reason="length")
    ended(project, model, at, finish_reason="stop_asked", first_token_at=None)
    failed: dict[str, Any] = {"state": "failed", "first_token_at": None, "usage": {}, "attempts": 3}
    ended(project, model, at, error="The endpoint is overloaded (429). Tried 3 times.", **failed)
    ended(project, model, at, error="Something else.", **failed)
    ended(project, model, at, endpoint=elsewhere)
    assert tally(now=now) == 5
    here = DrawTotal.objects.get(endpoint=model.endpoint)
    assert (here.n_done, here.n_cut, here.n_stopped, here.n_failed) == (1, 1, 1, 2)
    assert (here.n_again, here.errors) == (4, {"overloaded": 1, "other": 1})
    # Of what brought no token there is no time until it.
    assert sum(here.first_tokens) == 1
    assert DrawTotal.objects.get(endpoint=elsewhere).n_done == 1


def test_counting_catches_up_after_a_rest_and_forgets_old_minutes(project: Project) -> None:
    now = timezone.now()
    model = make_model()
    Tally.objects.create(counted_to=now - timedelta(days=3))
    ended(project, model, now - timedelta(days=2, hours=12))
    ended(project, model, now - timedelta(hours=1))
    assert tally(now=now) == 2
    assert DrawTotal.objects.get().n_done == 2
    assert DrawMinute.objects.count() == 1


def test_a_count_that_breaks_off_is_begun_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    ended(project, make_model(), now - timedelta(minutes=2))
    Tally.objects.create(counted_to=now - timedelta(minutes=5))

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "_keep_totals", killed)
    with pytest.raises(KeyboardInterrupt):
        tally(now=now)
    monkeypatch.undo()
    assert DrawMinute.objects.count() == 0
    assert tally(now=now) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("The endpoint cannot be reached.", "unreachable"),
        ("The endpoint was silent or too slow for 60 s. Tried 3 times.", "timed out"),
        ("The endpoint refused (400): too long", "refused"),
        ("The endpoint sent something that is not JSON.", "makes no sense"),
        ("", "other"),
    ],
)
def test_failures_have_kinds(error: str, kind: str) -> None:
    assert kind_of(error) == kind


def test_a_quantile_lies_in_its_bucket() -> None:
    counts = [0] * (len(FIRST_TOKEN_BOUNDS) + 1)
    assert quantile(counts, 0.5) is None
    place = FIRST_TOKEN_BOUNDS.index(0.5)
    counts[place] = 10
    assert quantile(counts, 0.5) == pytest.approx(0.45)
    counts[-1] = 1000
    assert quantile(counts, 0.95) == FIRST_TOKEN_BOUNDS[-1]


@given(
    counts=st.lists(
        st.integers(0, 50),
        min_size=len(FIRST_TOKEN_BOUNDS) + 1,
        max_size=len(FIRST_TOKEN_BOUNDS) + 1,
    ),
    share=st.floats(0.01, 0.99),
)
def test_quantiles_rise_with_their_share(counts: list[int], share: float) -> None:
    low, high = quantile(counts, share / 2), quantile(counts, share)
    assert (low is None) == (high is None) == (sum(counts) == 0)
    if low is not None and high is not None:
        assert 0 <= low <= high <= FIRST_TOKEN_BOUNDS[-1]


def test_the_overview_says_how_drawing_goes(project: Project) -> None:
    now = timezone.now()
    one, two = make_endpoint(name="one"), make_endpoint(name="two")
    model = make_model("m", endpoint=one)
    model.replicas.create(endpoint=two, served_name="m-too")
    for endpoint in (one, one, two):
        ended(project, model, now - timedelta(minutes=2), endpoint=endpoint)
    failed: dict[str, Any] = {"state": "failed", "error": "The endpoint failed (500)."}
    ended(project, model, now - timedelta(minutes=2), endpoint=one, **failed)
    for queue in ("batch", "batch", "interactive"):
        Generation.objects.create(
            project=project, model=model, queue=queue, messages=[], state="running", endpoint=one
        )
    waiting = Generation.objects.create(project=project, model=model, queue="batch", messages=[])
    held = Generation.objects.create(project=project, model=model, queue="batch", messages=[])
    Generation.objects.filter(pk=waiting.pk).update(not_before=now - timedelta(seconds=200))
    assert hold([held.pk]) == 1
    tally(now=now)
    first, second = overview().endpoints
    assert (first.n_interactive, first.n_batch, first.n_waiting, first.oldest) == (
        *(1, 2, 1),
        "3 min",
    )
    assert (first.lately.done_hour, first.failed_hour, second.lately.done_day) == (2, "33.3", 1)
    assert [(f.kind, f.hour, f.day) for f in first.failures] == [("server error", 1, 1)]
    assert first.lately.median_first_token == pytest.approx(0.45, abs=0.06)
    card = first.models[0]
    assert (card.replicas, card.n_running, card.lately.done_day) == (["two"], 3, 3)
    assert second.serves_too == ["m"]
    assert let_go([held.pk, waiting.pk]) == 1


def test_a_breaker_is_open_closed_or_probing(project: Project) -> None:
    now = timezone.now()
    make_endpoint(name="a")
    make_endpoint(name="b", open_until=now + timedelta(seconds=9))
    make_endpoint(
        name="c",
        open_until=now - timedelta(seconds=1),
        probing_until=now + timedelta(seconds=9),
    )
    assert [card.breaker for card in overview().endpoints] == ["closed", "open", "probing"]


def test_nothing_drawn_is_no_rate() -> None:
    assert Lately().failed_share_day is None
    assert Lately().tokens_a_second == 0

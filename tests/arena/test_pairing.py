"""Who meets whom, from the rows."""

import random
from collections import Counter

import pytest

from arena import contenders
from arena.battling import pairing
from arena.models import ArenaRules, Tally
from projects.errors import Unavailable
from projects.models import Project
from tests.arena.rows import make_arena, make_contenders
from tests.factories import make_member
from workers.models import Endpoint, LanguageModel

pytestmark = pytest.mark.django_db


def voted(project: Project, a: LanguageModel, b: LanguageModel, ties: int) -> None:
    left, right = sorted((a, b), key=lambda model: model.pk)
    Tally.objects.create(project=project, left=left, right=right, ties=ties)


def drawn(project: Project, n: int = 400, *, is_member: bool = False) -> Counter[tuple[str, str]]:
    rng = random.Random(7)
    pairs = (pairing.choose(project=project, is_member=is_member, rng=rng) for _ in range(n))
    return Counter((pair.model_a.name, pair.model_b.name) for pair in pairs)


def test_a_pair_with_a_newcomer_is_preferred_above_an_even_floor() -> None:
    a, b, _ = make_contenders("a", "b", "c")
    project = make_arena()
    voted(project, a, b, 10**6)
    found = drawn(project)
    assert len(found) == 6
    assert found["a", "b"] + found["b", "a"] < 40


def test_sides_are_drawn_evenly() -> None:
    make_contenders("a", "b")
    found = drawn(make_arena())
    assert 160 < found["a", "b"] < 240
    assert found["a", "b"] + found["b", "a"] == 400


def test_the_chance_that_a_pairing_tells_is_that_of_its_pair() -> None:
    a, b, _ = make_contenders("a", "b", "c")
    project = make_arena()
    voted(project, a, b, 500)
    rng = random.Random(1)
    pairs = [pairing.choose(project=project, is_member=False, rng=rng) for _ in range(200)]
    told = {frozenset((pair.model_a.name, pair.model_b.name)): pair.chance for pair in pairs}
    assert sum(told.values()) == pytest.approx(1)
    assert sum(pairing.shares(project=project, is_member=False).values()) == pytest.approx(2)


def test_the_floor_of_the_rules_can_make_it_all_even() -> None:
    a, b, c = make_contenders("a", "b", "c")
    project = make_arena()
    voted(project, a, b, 500)
    ArenaRules.objects.create(project=project, even_percent=100)
    shares = pairing.shares(project=project, is_member=False)
    assert shares == {model.pk: pytest.approx(2 / 3) for model in (a, b, c)}


def test_the_owners_weight_moves_the_share() -> None:
    a, _, _ = make_contenders("a", "b", "c")
    project = make_arena()
    owner = make_member(project, role="owner")
    before = pairing.shares(project=project, is_member=False)[a.pk]
    contenders.change(by=owner, project=project, model_id=a.pk, weight=5)
    assert pairing.shares(project=project, is_member=False)[a.pk] > before


def test_paused_and_members_only_models_are_not_met() -> None:
    a, _, c = make_contenders("a", "b", "c")
    project = make_arena()
    owner = make_member(project, role="owner")
    contenders.change(by=owner, project=project, model_id=c.pk, is_members_only=True)
    assert {name for pair in drawn(project, 50) for name in pair} == {"a", "b"}
    assert {name for pair in drawn(project, 50, is_member=True) for name in pair} == {"a", "b", "c"}
    contenders.change(by=owner, project=project, model_id=a.pk, is_paused=True)
    with pytest.raises(Unavailable, match="only one is ready"):
        pairing.choose(project=project, is_member=False)
    assert [m.name for m in pairing.contenders(project=project, is_member=True)] == ["b", "c"]


def test_models_of_a_server_that_is_down_are_not_met() -> None:
    a, b = make_contenders("a", "b")
    Endpoint.objects.filter(language_models=a).update(health=Endpoint.Health.DOWN)
    expected = [] if a.endpoint_id == b.endpoint_id else ["b"]
    found = pairing.contenders(project=make_arena(), is_member=True)
    assert [model.name for model in found] == expected

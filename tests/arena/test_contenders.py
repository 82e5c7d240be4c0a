"""Owners' changes of who takes part, and the register of them."""

from functools import partial
from typing import Any

import pytest

from arena import contenders
from arena.models import ContenderChange
from projects.errors import InvalidInput, NotFound, NotPermitted
from projects.models import ArenaAccess, AuditEvent
from tests.arena.rows import make_arena, make_contenders
from tests.factories import make_member
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db


def lines() -> list[tuple[str, str, float, str]]:
    rows = ContenderChange.objects.order_by("pk").select_related("model")
    return [(row.model.name, row.what, row.weight, row.why) for row in rows]


def test_every_change_is_a_line_of_the_register() -> None:
    a, _ = make_contenders("a", "b")
    project = make_arena()
    owner = make_member(project, role="owner")
    change = partial(contenders.change, by=owner, project=project, model_id=a.pk)
    change(weight="2.5", why="Few votes yet")
    change(is_paused=True, why="Its server moves")
    change(is_paused=True, why="Said twice")
    change(is_paused=False)
    assert lines() == [
        ("a", "weighed", 2.5, "Few votes yet"),
        ("a", "paused", 2.5, "Its server moves"),
        ("a", "resumed", 2.5, ""),
    ]
    assert AuditEvent.objects.filter(verb="contender.changed").count() == 3


@pytest.mark.parametrize(
    "weight", ["0", "21", "nan", "inf", "-1", "many", None, True, [1], "9" * 30]
)
def test_a_weight_out_of_bounds_is_refused_by_name(weight: Any) -> None:
    a, _ = make_contenders("a", "b")
    project = make_arena()
    owner = make_member(project, role="owner")
    with pytest.raises(InvalidInput, match=r"weight: must be a number from 0\.05 to 20"):
        contenders.change(by=owner, project=project, model_id=a.pk, weight=weight, is_paused=True)
    assert lines() == []


def test_only_owners_change_who_takes_part() -> None:
    a, _ = make_contenders("a", "b")
    project = make_arena()
    for role in ("reviewer", "labeler"):
        with pytest.raises(NotPermitted):
            contenders.change(
                by=make_member(project, role=role), project=project, model_id=a.pk, weight=2
            )
    with pytest.raises(NotFound):
        contenders.change(
            by=make_member(project, role="owner"), project=project, model_id=10**6, weight=2
        )


def test_entering_and_leaving_are_noted_once() -> None:
    a, b = make_contenders("a", "b")
    project = make_arena()
    make_arena("shut", access=ArenaAccess.CLOSED)
    assert contenders.keep_register() == 2
    assert contenders.keep_register() == 0
    LanguageModel.objects.filter(pk=b.pk).update(is_active=False)
    assert contenders.keep_register() == 1
    LanguageModel.objects.filter(pk=b.pk).update(is_active=True)
    contenders.keep_register()
    assert lines() == [
        ("a", "entered", 1.0, ""),
        ("b", "entered", 1.0, ""),
        ("b", "left", 1.0, ""),
        ("b", "entered", 1.0, ""),
    ]
    assert [line.what for line in contenders.register_of(project)][:2] == ["entered", "left"]
    assert a.pk != b.pk


def test_a_line_of_the_register_cannot_be_changed() -> None:
    make_contenders("a", "b")
    make_arena()
    contenders.keep_register()
    with pytest.raises(Exception, match="never changes"):
        ContenderChange.objects.update(why="Nothing happened")

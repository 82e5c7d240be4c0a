"""Rows that the arena's tests share."""

from django.utils import timezone

from arena.battling import battles, consent
from arena.models import Battle
from arena.visitors import Visitor, visitor_digest
from projects.models import ArenaAccess, Project
from tests.factories import make_model, make_project
from workers.models import Generation, LanguageModel


def make_arena(slug: str = "open", *, access: str = ArenaAccess.PUBLIC) -> Project:
    return make_project(slug, arena_access=access)


def make_contenders(*names: str) -> list[LanguageModel]:
    return [make_model(name) for name in names or ("granite", "marble")]


def make_visitor(name: str = "vera") -> Visitor:
    return Visitor(visitor_digest(name))


def agreeing(project: Project) -> dict[str, str]:
    """What goes with a first message to say that the arena's terms are agreed to."""
    return {"agreed": consent.terms_of(project).digest}


def make_chat(
    project: Project | None = None,
    *,
    visitor: Visitor | None = None,
    mode: str = Battle.Mode.DIRECT,
    message: str = "Hello?",
) -> Battle:
    """A conversation with one named model, or with two side by side, whose reply is awaited."""
    if LanguageModel.objects.count() < 2:
        make_contenders()
    names = list(LanguageModel.objects.order_by("pk").values_list("name", flat=True))
    return battles.start(
        project=project or make_arena(),
        visitor=visitor or make_visitor(),
        message=message,
        mode=mode,
        models=names[: 1 if mode == Battle.Mode.DIRECT else 2],
    )


def make_battle(
    project: Project | None = None, *, visitor: Visitor | None = None, message: str = "Hello?"
) -> Battle:
    """A battle of two models made for it where there are none, whose replies are awaited."""
    if LanguageModel.objects.count() < 2:
        make_contenders()
    return battles.start(
        project=project or make_arena(), visitor=visitor or make_visitor(), message=message
    )


def reply(battle: Battle, a: str | None = "Answer A", b: str | None = "Answer B") -> None:
    """Finish the last turn's generations, as a worker would; None is a failure."""
    turn = battle.turns.order_by("number").last()
    assert turn is not None
    for pk, output in ((turn.generation_a_id, a), (turn.generation_b_id, b)):
        if pk is not None:
            finish(pk, output)
            battles.settle_turns(generation_ids=[pk])


def finish(pk: int, output: str | None, *, finish_reason: str = "stop") -> None:
    Generation.objects.filter(pk=pk, finished_at=None).update(
        state=Generation.State.FAILED if output is None else Generation.State.DONE,
        output=output or "",
        finish_reason=finish_reason if output is not None else "",
        finished_at=timezone.now(),
    )


def make_judged(battle: Battle | None = None) -> Battle:
    battle = battle or make_battle()
    reply(battle)
    return battle

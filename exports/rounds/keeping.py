"""Rounds are begun one after the other, named, told which model was trained from them, and the
newest can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from exports.models import Export, Round, SavedRecipe
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from projects.text import clean_name
from workers.models import LanguageModel

NAME_LIMIT = 80
MOST_ROUNDS = 1_000
CURRENT = 0
"""In place of a number: the round that is going on."""


@dataclass(frozen=True)
class Span:
    """A round with its end, which is the beginning of the next."""

    round: Round
    ended_at: datetime | None

    @property
    def began_at(self) -> datetime | None:
        return self.round.began_at

    @property
    def number(self) -> int:
        return self.round.number

    @property
    def is_current(self) -> bool:
        return self.ended_at is None

    def as_dict(self) -> dict[str, Any]:
        """As the manifest of an export tells it."""
        return {
            "number": self.number,
            "name": self.round.name,
            "from": self.began_at and self.began_at.isoformat(),
            "to": self.ended_at and self.ended_at.isoformat(),
        }


def spans_of(project: Project) -> list[Span]:
    """All rounds, in order. A project of which nobody said anything is in its first."""
    held = list(project.rounds.select_related("trained", "by").order_by("number"))
    rounds = held or [Round(project=project, number=1)]
    ended = [Span(each, later.began_at) for each, later in pairwise(rounds)]
    return [*ended, Span(rounds[-1], None)]


def chosen_of(project: Project, numbers: tuple[int, ...]) -> list[Span]:
    """Those of these numbers; a number that no round has chooses none."""
    spans = spans_of(project) if numbers else []
    return [
        span for span in spans if span.number in numbers or (span.is_current and CURRENT in numbers)
    ]


def begin(*, by: User, project: Project, number: Any, name: Any = "") -> Round:
    """Begin the next round, whose number has to be given: who asks twice begins one."""
    membership(by, project.slug, roles=OWNERS)
    name = _name(name)
    if type(number) is not int:
        raise InvalidInput.field("number", "must be the number of the next round")
    with transaction.atomic():
        latest = _latest(project)
        if number <= latest.number:
            raise Conflict(f"Round {number} has begun already.")
        if number != latest.number + 1:
            raise InvalidInput.field("number", f"must be {latest.number + 1}, the next round")
        if number > MOST_ROUNDS:
            raise Conflict(f"A project has at most {MOST_ROUNDS:,} rounds.")
        begun = Round.objects.create(
            project=project, number=number, name=name, began_at=timezone.now(), by=by
        )
        _record("round.begun", by, begun, name=name)
    return begun


def change(*, by: User, project: Project, number: int, given: dict[str, Any]) -> Round:
    """Its name, the model that was trained from it, or both; what is not given stays."""
    membership(by, project.slug, roles=OWNERS)
    if not given or given.keys() - {"name", "trained"}:
        raise InvalidInput.field("request", "must hold name, trained or both")
    new = {name: _value(name, value) for name, value in given.items()}
    with transaction.atomic():
        _latest(project)
        held = _held(project, number)
        before = {name: _said(getattr(held, name)) for name in new}
        for name, value in new.items():
            setattr(held, name, value)
        held.save(update_fields=list(new))
        told = {name: _said(value) for name, value in new.items()}
        _record("round.changed", by, held, before=before, **told)
    return held


def take_back(*, by: User, project: Project, number: int) -> None:
    """The newest was begun by mistake: what was judged in it is of the round before again."""
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        latest = _latest(project)
        held = _held(project, number)
        if held.number != latest.number or held.number == 1:
            raise Conflict("Only the newest round can be taken back, and the first never.")
        if users := [*_exports_by(held), *_recipes_by(held)]:
            raise Conflict(f"Round {number} is chosen by {users[0]}, so that it stays.")
        _record("round.taken_back", by, held, name=held.name)
        held.delete()


def _latest(project: Project) -> Round:
    """Locked with all others of the project, so that one follows the other."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    latest = project.rounds.order_by("-number").first()
    return latest or Round.objects.create(project=project, number=1)


def _held(project: Project, number: int) -> Round:
    found = project.rounds.filter(number=number).first() if 0 < number <= MOST_ROUNDS else None
    if found is None:
        raise NotFound("There is no such round.")
    return found


def _exports_by(held: Round) -> Iterator[str]:
    """What chose it by its number, holds it as the one that went on, or may come to."""
    rows = Export.objects.filter(project=held.project_id)
    found = rows.filter(
        Q(recipe__selection__rounds__contains=held.number)
        | Q(manifest__rounds__contains=[{"number": held.number}])
        | Q(recipe__selection__rounds__contains=CURRENT, manifest={})
    )
    for export in found[:1]:
        yield f"an export of {export.created_at:%-d %B %Y}"


def _recipes_by(held: Round) -> Iterator[str]:
    rows = SavedRecipe.objects.filter(project=held.project_id)
    for saved in rows.filter(data__selection__rounds__contains=held.number)[:1]:
        yield f"the recipe {saved.name}"


def _value(name: str, value: Any) -> Any:
    return _name(value) if name == "name" else _model(value)


def _name(name: Any) -> str:
    return clean_name(name, field="name", limit=NAME_LIMIT, required=False)


def _model(name: Any) -> LanguageModel | None:
    """By its name; none for an empty one."""
    name = clean_name("" if name is None else name, field="trained", limit=200, required=False)
    if not name:
        return None
    found = LanguageModel.objects.filter(name=name).first()
    if found is None:
        raise InvalidInput.field("trained", f"there is no model “{name}”")
    return found


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _record(verb: str, by: User, held: Round, **detail: Any) -> None:
    audit.record(verb=verb, by=by, project=held.project, subject=held, number=held.number, **detail)

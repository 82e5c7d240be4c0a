from typing import Any

import pytest
from django.db import IntegrityError, transaction

from arena.battling import notes, votes
from arena.models import Battle, VoteNote
from projects.errors import Conflict, InvalidInput, NotFound
from tests.arena.rows import make_judged, make_visitor

pytestmark = pytest.mark.django_db


def voted(verdict: str = "a") -> Battle:
    battle = make_judged()
    votes.cast(battle=battle, visitor=make_visitor(), verdict=verdict)
    return battle


def add(battle: Battle, degree: Any = None, reasons: Any = ()) -> VoteNote:
    return notes.add_note(
        battle=battle, visitor=make_visitor(), degree=degree, reasons=list(reasons)
    )


def test_of_several_notes_the_last_holds() -> None:
    battle = voted()
    add(battle, -3, ["tone", "accuracy", "tone"])
    last = add(battle, -1, [])
    assert (last.degree, last.reasons) == (-1, [])
    assert notes.note_on(battle.vote) == last
    assert VoteNote.objects.order_by("pk")[0].reasons == ["accuracy", "tone"]


@pytest.mark.parametrize(
    ("verdict", "degree"),
    [("a", 1), ("a", 0), ("b", -1), ("tie", 2), ("both_bad", 0), ("a", 4), ("a", True),
     ("a", "-1"), ("a", -1.0), ("a", 10**30)],
)  # fmt: skip
def test_a_degree_agrees_with_the_verdict(verdict: str, degree: Any) -> None:
    battle = voted(verdict)
    with pytest.raises(InvalidInput, match="degree: must be"):
        add(battle, degree)
    assert VoteNote.objects.count() == 0


@pytest.mark.parametrize("reasons", [None, "tone", ["luck"], [1], [["tone"]], {"tone": 1}])
def test_reasons_are_among_the_known(reasons: Any) -> None:
    battle = voted()
    with pytest.raises(InvalidInput, match="reasons: must be"):
        notes.add_note(battle=battle, visitor=make_visitor(), degree=None, reasons=reasons)


def test_before_the_vote_and_for_others_there_is_nothing_to_add() -> None:
    with pytest.raises(Conflict, match="no vote yet"):
        add(make_judged())
    battle = Battle.objects.get()
    with pytest.raises(NotFound):
        notes.add_note(battle=battle, visitor=make_visitor("mallory"), degree=None, reasons=[])


def test_notes_never_change_and_are_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    battle = voted()
    note = add(battle, -2)
    with pytest.raises(Conflict, match="At most 1 times"):
        add(battle, -1)
    with pytest.raises(IntegrityError), transaction.atomic():
        VoteNote.objects.filter(pk=note.pk).update(degree=-1)

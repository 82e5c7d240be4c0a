from typing import Any

import pytest
from django.db import IntegrityError, transaction

from arena.battling import reports, votes
from arena.models import AnswerReport, Battle
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.arena.rows import make_arena, make_battle, make_chat, make_judged, make_visitor, reply
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def make_report(battle: Battle, **said: Any) -> AnswerReport:
    given: dict[str, Any] = {"number": 1, "side": "b", "reason": "false", "note": " No. ", **said}
    return reports.report(battle=battle, visitor=make_visitor(), **given)


def waiting(project: Project) -> list[AnswerReport]:
    return list(reports.reports_of(project=project, are_handled=False))


def test_a_report_is_kept_once_a_visitor_and_reply() -> None:
    battle = make_judged()
    first = make_report(battle)
    assert (first.side, first.reason, first.note) == ("b", "false", "No.")
    assert make_report(battle, reason="broken") == first
    make_report(battle, side="a")
    assert len(waiting(battle.project)) == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [({"reason": "dull"}, "reason"), ({"side": "c"}, "side"), ({"note": "x" * 1_001}, "note"),
     ({"note": "a\0"}, "note"), ({"note": ["x"]}, "note")],
)  # fmt: skip
def test_what_breaks_a_rule_names_its_field(said: dict[str, Any], field: str) -> None:
    battle = make_judged()
    with pytest.raises(InvalidInput, match=f"{field}: must"):
        make_report(battle, **said)
    assert AnswerReport.objects.count() == 0


def test_only_replies_that_are_there_are_reported() -> None:
    battle = make_battle()
    with pytest.raises(NotFound, match="no such reply"):
        make_report(battle)
    chat = make_chat(make_arena("chats"))
    reply(chat, "Hello.")
    with pytest.raises(InvalidInput, match="side: must be a"):
        make_report(chat)


def test_staff_close_a_report_once_and_say_what_was_done(
    project: Project, reviewer: User, labeler: User
) -> None:
    found = make_report(make_judged(make_battle(project)))
    with pytest.raises(NotPermitted):
        reports.handle(by=labeler, report=found, outcome="Seen.")
    with pytest.raises(InvalidInput, match="outcome: must not be blank"):
        reports.handle(by=reviewer, report=found, outcome=" ")
    closed = reports.handle(by=reviewer, report=found, outcome="The model was paused.")
    assert (closed.handled_by, closed.outcome) == (reviewer, "The model was paused.")
    with pytest.raises(Conflict, match="handled already"):
        reports.handle(by=reviewer, report=found, outcome="Again.")
    assert AuditEvent.objects.filter(verb="answer_report.handled").count() == 1
    assert waiting(project) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerReport.objects.update(outcome="Something else")


def test_the_list_names_models_only_of_battles_that_have_their_vote(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    battle = make_judged(make_battle(project))
    make_report(battle, note="<b>Look</b> at this")
    client = signed_in(owner)
    path = f"/projects/{project.slug}/arena/reports/"
    before = client.get(path).content.decode()
    assert "Model B" in before
    assert "granite" not in before
    assert "&lt;b&gt;Look" in before
    votes.cast(battle=battle, visitor=make_visitor(), verdict="a")
    assert battle.model_b is not None
    assert battle.model_b.name in client.get(path).content.decode()
    closed = client.post(f"{path}{AnswerReport.objects.get().pk}/", {"outcome": "Seen."})
    assert closed.status_code == 302
    assert "Seen." in client.get(f"{path}?only=handled").content.decode()

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from altcha.v1 import solve_challenge
from django.test import Client

from arena.battling import challenge, rates
from arena.integrity import bursting, suspicion
from arena.integrity.bursts import Burst
from arena.models import ArenaRules, Battle
from arena.visitors import Visitor
from projects.errors import InvalidInput, TooMany
from projects.models import Project
from tests.arena.rows import agreeing, make_arena, make_contenders, make_visitor
from tests.factories import make_user

pytestmark = pytest.mark.django_db
Challenge = ArenaRules.Challenge


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge, "LARGEST_NUMBER", 200)


def always(project: Project) -> ArenaRules:
    return ArenaRules.objects.create(project=project, challenge=Challenge.ALWAYS)


def solved(project: Project, **changes: Any) -> str:
    told = challenge.fresh(project=project)
    found = solve_challenge(
        told["challenge"], told["salt"], told["algorithm"], told["maxNumber"], 0
    )
    assert found is not None
    told.pop("maxNumber")
    return packed(told | {"number": found.number} | changes)


def packed(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_a_solution_is_good_once() -> None:
    project, visitor = make_arena(), make_visitor()
    rules, proof = always(project), solved(project)
    challenge.require(rules=rules, visitor=visitor, proof=proof)
    with pytest.raises(InvalidInput, match="used already"):
        challenge.require(rules=rules, visitor=visitor, proof=proof)


def test_a_solution_is_good_in_its_arena_only() -> None:
    one, other = make_arena("one"), make_arena("two")
    with pytest.raises(InvalidInput, match="does not solve"):
        challenge.require(rules=always(other), visitor=make_visitor(), proof=solved(one))


def test_an_old_solution_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_arena()
    monkeypatch.setattr(challenge, "MINUTES", -1)
    proof = solved(project)
    monkeypatch.setattr(challenge, "MINUTES", 20)
    with pytest.raises(InvalidInput, match="last few minutes"):
        challenge.require(rules=always(project), visitor=make_visitor(), proof=proof)


@pytest.mark.parametrize(
    "changes",
    [{"number": 201}, {"number": -1}, {"number": "1"}, {"number": True}, {"salt": 1},
     {"signature": "0" * 64}, {"algorithm": "MD5"}, {"challenge": "ä"}, {"salt": "\ud800"}],
)  # fmt: skip
def test_a_proof_that_was_tampered_with_is_refused(changes: dict[str, Any]) -> None:
    project = make_arena()
    with pytest.raises(InvalidInput, match="proof"):
        challenge.require(
            rules=always(project), visitor=make_visitor(), proof=solved(project, **changes)
        )


@pytest.mark.parametrize(
    "proof",
    [7, ["x"], {}, "x", "ä", "\ud800", packed([]), packed("x"), packed(None), "A" * 100_000,
     base64.b64encode(b"[" * 1_000).decode(), base64.b64encode(b"\xff\x00").decode()],
)  # fmt: skip
def test_what_is_no_proof_is_refused_naming_the_field(proof: Any) -> None:
    rules = always(make_arena())
    with pytest.raises((InvalidInput, TooMany)):
        challenge.require(rules=rules, visitor=make_visitor(), proof=proof)


def test_never_is_never_and_accounts_are_not_asked_under_load() -> None:
    project = make_arena()
    suspicion.suspect(project_id=project.pk, digests=[make_visitor().digest])
    never = ArenaRules(project=project, challenge=Challenge.NEVER)
    assert challenge.is_asked(rules=never, visitor=make_visitor()) is False
    sometimes = ArenaRules(project=project)
    assert challenge.is_asked(rules=sometimes, visitor=make_visitor()) is True
    account = Visitor(make_visitor().digest, make_user())
    assert challenge.is_asked(rules=sometimes, visitor=account) is False


def test_it_is_asked_on_suspicion_near_a_cap_under_load_and_during_a_burst() -> None:
    rules = ArenaRules(project=make_arena(), battles_a_session=4)
    quiet = make_visitor("quiet")
    assert challenge.is_asked(rules=rules, visitor=quiet) is False
    busy = make_visitor("busy")
    for _ in range(3):
        rates.spend_battle(rules=rules, visitor=busy)
    assert challenge.is_asked(rules=rules, visitor=busy) is True
    network = replace(quiet, network="n" * 64)
    suspicion.suspect(project_id=rules.project_id, digests=["n" * 64])
    assert challenge.is_asked(rules=rules, visitor=network) is True
    assert challenge.is_asked(rules=rules, visitor=quiet) is False
    bursting.remember(project_id=rules.project_id, bursts=[Burst(0, 1, 0, 1, None)])
    assert challenge.is_asked(rules=rules, visitor=quiet) is True
    bursting.remember(project_id=rules.project_id, bursts=[])
    assert challenge.is_asked(rules=rules, visitor=quiet) is False
    for number in range(challenge.BATTLES_A_MINUTE + 1):
        rates.spend_battle(rules=rules, visitor=make_visitor(str(number)))
    assert challenge.is_asked(rules=rules, visitor=quiet) is True


def test_a_page_asks_for_the_calculation_and_takes_its_proof(client: Client) -> None:
    project = make_arena()
    make_contenders()
    always(project)
    page = client.get("/arena/open/").content.decode()
    assert 'data-challenge="/arena/open/challenge/"' in page
    asked = client.get("/arena/open/challenge/")
    assert sorted(asked.json()) == ["algorithm", "challenge", "maxNumber", "salt", "signature"]
    message = {"message": "Hello?", **agreeing(project)}
    refused = client.post("/arena/open/battles/", message)
    assert refused.status_code == 429
    assert "Hello?" in refused.content.decode()
    assert Battle.objects.count() == 0
    begun = client.post("/arena/open/battles/", message | {"proof": solved(project)})
    assert begun.status_code == 302
    assert Battle.objects.count() == 1

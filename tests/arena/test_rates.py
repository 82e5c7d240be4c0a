from dataclasses import replace

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from arena.battling import rates
from arena.models import ArenaRules
from arena.visitors import Visitor, network_digest, network_of
from projects.errors import TooMany
from projects.models import Project
from tests.arena.rows import make_arena, make_visitor
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def rules(project: Project, **changes: int) -> ArenaRules:
    return ArenaRules(project=project, **changes)


def test_a_browser_has_a_cap_of_its_own() -> None:
    capped = rules(make_arena(), battles_a_session=2)
    vera, other = make_visitor("vera"), make_visitor("other")
    for _ in range(2):
        rates.spend_battle(rules=capped, visitor=vera)
    with pytest.raises(TooMany, match="At most 2 battles in 10 minutes"):
        rates.spend_battle(rules=capped, visitor=vera)
    rates.spend_battle(rules=capped, visitor=other)


def test_browsers_of_one_network_share_its_cap() -> None:
    capped = rules(make_arena(), battles_a_network=3)
    network = network_digest("203.0.113.7")
    for number in range(3):
        visitor = replace(make_visitor(f"v{number}"), network=network)
        rates.spend_battle(rules=capped, visitor=visitor)
    with pytest.raises(TooMany, match="3 battles"):
        rates.spend_battle(rules=capped, visitor=replace(make_visitor("v9"), network=network))
    elsewhere = replace(make_visitor("v9"), network=network_digest("198.51.100.7"))
    rates.spend_battle(rules=capped, visitor=elsewhere)


def test_an_account_has_one_cap_in_all_its_browsers() -> None:
    capped, user = rules(make_arena(), battles_an_account=2), make_user()
    for number in range(2):
        rates.spend_battle(rules=capped, visitor=Visitor(make_visitor(str(number)).digest, user))
    with pytest.raises(TooMany):
        rates.spend_battle(rules=capped, visitor=Visitor("", user))


def test_arenas_do_not_share_their_caps() -> None:
    vera = make_visitor()
    rates.spend_battle(rules=rules(make_arena("one"), battles_a_session=1), visitor=vera)
    rates.spend_battle(rules=rules(make_arena("two"), battles_a_session=1), visitor=vera)


def test_votes_are_capped_by_the_day() -> None:
    capped, vera = rules(make_arena(), votes_a_day=1), make_visitor()
    rates.spend_vote(rules=capped, visitor=vera)
    with pytest.raises(TooMany, match="At most 1 votes in a day"):
        rates.spend_vote(rules=capped, visitor=vera)


def test_a_network_is_a_household_or_office() -> None:
    assert network_digest("203.0.113.7") == network_digest("203.0.113.250")
    assert network_digest("203.0.113.7") != network_digest("203.0.114.7")
    assert network_digest("2001:db8:1:2::1") == network_digest("2001:db8:1:ffff::9")
    assert network_digest("2001:db8:1::1") != network_digest("2001:db8:2::1")
    assert network_digest("::ffff:203.0.113.7") == network_digest("203.0.113.9")
    assert network_digest("fe80::1%eth0") == network_digest("fe80::2")
    assert "203.0.113" not in network_digest("203.0.113.7")


@pytest.mark.parametrize("address", ["", "unix:", "127.0.0.1", "::1", "0.0.0.0", "nonsense", "\0"])
def test_what_says_nothing_of_a_visitor_is_no_network(address: str) -> None:
    assert network_digest(address) == ""


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "192.0.2.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        # Whoever writes the header themselves stands on the left; what our proxy saw is last.
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1, 192.0.2.77", "198.51.100.1"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_only_proxies_that_are_known_are_believed(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR="192.0.2.1")
    assert network_of(request) == network_digest(address)

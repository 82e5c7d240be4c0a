"""How often one visitor may ask: a browser, an account and a network each have a cap."""

from dataclasses import dataclass

from django.core.cache import cache

from arena.models import ArenaRules
from arena.visitors import Visitor
from projects.errors import TooMany

DAY = 24 * 60


@dataclass(frozen=True)
class Cap:
    what: str
    most: int
    minutes: int

    @property
    def period(self) -> str:
        return "a day" if self.minutes == DAY else f"{self.minutes} minutes"


BATTLES = Cap("battles", most=20, minutes=10)
MESSAGES = Cap("messages", most=60, minutes=10)
LOAD_MINUTES = 1


def spend_battle(*, rules: ArenaRules, visitor: Visitor) -> None:
    """Count one more battle of this visitor's; raises TooMany beyond a cap of the arena's rules."""
    _count(_load_key(rules), LOAD_MINUTES)
    for cap, key in _battle_caps(rules, visitor):
        _spend(cap, key)


def spend_vote(*, rules: ArenaRules, visitor: Visitor) -> None:
    """Count one more vote of this browser's or account's; raises TooMany beyond the day's cap."""
    whose = f"user-{visitor.user.pk}" if visitor.user else visitor.digest
    _spend(Cap("votes", most=rules.votes_a_day, minutes=DAY), f"{rules.project_id}:{whose}")


def spend(cap: Cap, *, visitor: str) -> None:
    """Count one more of this visitor's; raises TooMany beyond the cap."""
    _spend(cap, visitor)


def battles_lately(*, rules: ArenaRules) -> int:
    """How many battles were begun in this arena in about the last minute."""
    return int(cache.get(_load_key(rules), 0))


def is_near_a_cap(*, rules: ArenaRules, visitor: Visitor) -> bool:
    """Whether more than half of what a browser or a network may begin is used up."""
    caps = [(cap.most, _key(cap, key)) for cap, key in _battle_caps(rules, visitor)]
    counts = cache.get_many([key for _, key in caps])
    return any(2 * int(counts.get(key, 0)) > most for most, key in caps)


def _battle_caps(rules: ArenaRules, visitor: Visitor) -> list[tuple[Cap, str]]:
    caps = []
    if visitor.digest:
        caps.append((rules.battles_a_session, visitor.digest))
    if visitor.user:
        caps.append((rules.battles_an_account, f"user-{visitor.user.pk}"))
    if visitor.network:
        caps.append((rules.battles_a_network, f"network-{visitor.network}"))
    return [
        (Cap(BATTLES.what, most, BATTLES.minutes), f"{rules.project_id}:{whose}")
        for most, whose in caps
    ]


def _spend(cap: Cap, key: str) -> None:
    if _count(_key(cap, key), cap.minutes) > cap.most:
        raise TooMany(f"At most {cap.most} {cap.what} in {cap.period}. Please wait a little.")


def _key(cap: Cap, key: str) -> str:
    return f"arena:{cap.what}:{key}"


def _load_key(rules: ArenaRules) -> str:
    return f"arena:load:{rules.project_id}"


def _count(key: str, minutes: int) -> int:
    cache.add(key, 0, timeout=minutes * 60)
    try:
        return int(cache.incr(key))
    except ValueError:  # the key's time ran out between the two
        return 1

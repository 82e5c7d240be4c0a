"""How often one visitor may ask."""

from dataclasses import dataclass

from django.core.cache import cache

from projects.errors import TooMany


@dataclass(frozen=True)
class Cap:
    what: str
    most: int
    minutes: int


BATTLES = Cap("battles", most=20, minutes=10)
MESSAGES = Cap("messages", most=60, minutes=10)


def spend(cap: Cap, *, visitor: str) -> None:
    """Count one more of this visitor's; raises TooMany beyond the cap."""
    key = f"arena:{cap.what}:{visitor}"
    cache.add(key, 0, timeout=cap.minutes * 60)
    try:
        count = cache.incr(key)
    except ValueError:  # the key's time ran out between the two
        count = 1
    if count > cap.most:
        raise TooMany(
            f"At most {cap.most} {cap.what} in {cap.minutes} minutes. Please wait a little."
        )
